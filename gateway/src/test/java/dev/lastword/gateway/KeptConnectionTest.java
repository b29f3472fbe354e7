package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that are kept for the next request, and upstreams that let go of them first. */
class KeptConnectionTest {
  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    gateway = TestGateway.start(data, upstream);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private void hint(String path, String keepAlive) {
    upstream.on(
        path,
        x ->
            x.raw(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: " + keepAlive + "\r\n\r\nok"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"timeout=1", "timeout=0", "max=5, timeout=1", "Timeout = \"1\"", "timeout=1;x"})
  void givenUpstreamThatKeepsForASecond_thenItsConnectionIsNotUsedAgain(String keepAlive)
      throws Exception {
    hint("/short", keepAlive);
    try (var client = gateway.client()) {
      client.get("/short").reply();
      client.get("/short").reply();
    }
    assertThat(upstream.connections()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"timeout=60", "max=100", "timeout=x", "", "mytimeout=1"})
  void givenUpstreamThatKeepsForLonger_thenItIs(String keepAlive) throws Exception {
    hint("/long", keepAlive);
    try (var client = gateway.client()) {
      client.get("/long").reply();
      client.get("/long").reply();
    }
    assertThat(upstream.connections()).isEqualTo(1);
  }

  @Test
  void givenNoHint_thenIdleConnectionsAreLetGoBeforeTheFiveSecondsOfCommonServers()
      throws Exception {
    var closed = new CountDownLatch(1);
    upstream.on(
        "/idle",
        x -> {
          x.respond(200, "text/plain", "idle");
          if (x.peerCloses(10)) {
            closed.countDown();
          }
        });
    gateway.get("/idle");
    assertThat(closed.await(5_500, TimeUnit.MILLISECONDS)).as("4 s, and a sweep").isTrue();
  }

  @Test
  void givenKeptConnectionThatIsOlderThanItsTime_whenNoSweepHasComeBy_thenItIsNotUsed()
      throws Exception {
    try (var hasty =
        TestGateway.start(data.resolve("hasty"), upstream.url(), Map.of(Setting.KEEP, "0"))) {
      upstream.on("/a", x -> x.respond(200, "text/plain", "a"));
      hasty.get("/a");
      hasty.get("/a");
    }
    assertThat(upstream.connections()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, false, 2, 200",
    "HEAD, false, 2, 200",
    "OPTIONS, false, 2, 200",
    "PUT, false, 2, 200",
    "DELETE, false, 2, 200",
    "POST, false, 1, 502",
    "PATCH, false, 1, 502",
    "POST, true, 1, 502",
    "PUT, true, 1, 502",
    "GET, true, 1, 502",
  })
  void givenUpstreamThatLetsGoAtTheRequest_thenOnlyWhatMayBeRepeatedIs(
      String method, boolean body, int asked, int status) throws Exception {
    var times = new AtomicInteger();
    upstream.on("/first", x -> x.respond(200, "text/plain", "first"));
    upstream.on(
        "/gone",
        x -> {
          if (times.incrementAndGet() == 1) {
            x.reset(); // its own idle timeout passed while the request was on its way
          } else {
            x.raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
          }
        });
    try (var client = gateway.client()) {
      client.get("/first").reply();
      client.send(
          method
              + " /gone HTTP/1.1\r\nHost: localhost\r\n"
              + (body ? "Content-Length: 2\r\n\r\n{}" : "\r\n"));
      var head = client.head();
      assertThat(head.status()).isEqualTo(status);
      if (status == 502) {
        assertThat(client.body(head, Long.MAX_VALUE).body()).contains("upstream_kept_closed");
      }
    }
    assertThat(times).hasValue(asked);
  }

  @Test
  void givenUpstreamThatHadLetGoAlready_whenAPostFollows_thenItGoesOverAnotherConnection()
      throws Exception {
    var answered = new CountDownLatch(1);
    upstream.on(
        "/last",
        x -> {
          x.respond(200, "text/plain", "last");
          answered.await();
          x.cut();
        });
    upstream.on("/post", x -> x.respond(200, "text/plain", "posted"));
    for (int i = 0; i < 20; i++) {
      try (var client = gateway.client()) {
        client.get("/last").reply();
        answered.countDown();
        // Its goodbye is perhaps still in the kernel.
        assertThat(client.post("/post", "{}").reply().status()).isIn(200, 502);
      }
    }
  }

  @Test
  void givenFreshConnectionThatTheUpstreamDrops_thenItIsNotCalledAKeptOne() throws Exception {
    upstream.on("/drop", x -> x.cut());
    assertThat(gateway.post("/drop", "{}").body()).contains("upstream_closed");
  }
}
