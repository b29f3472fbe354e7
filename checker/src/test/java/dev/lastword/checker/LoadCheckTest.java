package dev.lastword.checker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Many readers, one who does not read, and one who accepts compression: LW011, LW016, LW013. */
final class LoadCheckTest {
  private static final int LARGE_BYTES = 1024 * 1024;

  private static Checked check(Endpoint.Script script, String... more) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      return Checked.endpoint(endpoint, more);
    }
  }

  /** Saves with one of two connections, and waits for one or does not. */
  private static Endpoint.Script pooled(boolean waits) {
    var connections = new Semaphore(2);
    return exchange -> {
      exchange.open();
      Scripts.words(exchange);
      if (waits) {
        connections.acquire();
      }
      if (waits || connections.tryAcquire()) {
        Thread.sleep(30); // a database's time
        exchange.save(Scripts.answer(exchange));
        connections.release();
      }
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  @Test
  void givenSavesThatQueue_whenManyReadAtOnce_thenAllAreSaved() throws Exception {
    var checked = check(pooled(true), "--only", "LW011", "--readers", "8");

    assertThat(checked.verdict("LW011")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.of("LW011").path("runs").asInt()).isEqualTo(8);
  }

  @Test
  void givenSavesThatGiveUp_whenManyReadAtOnce_thenLossesAreTold() throws Exception {
    var checked = check(pooled(false), "--only", "LW001,LW011");

    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.verdict("LW011")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.of("LW011").path("failed").asInt()).isGreaterThan(5);
  }

  /** An answer larger than sockets hold, written under a lock that all share or under none. */
  private static Endpoint.Script large(boolean shared) {
    var lock = new ReentrantLock();
    return exchange -> {
      if (shared) {
        lock.lock();
      }
      try {
        exchange.open();
        for (int i = 0; i < 8; i++) {
          exchange.event("x".repeat(LARGE_BYTES));
        }
        exchange.event("[DONE]");
        exchange.end();
      } finally {
        if (shared) {
          lock.unlock();
        }
      }
    };
  }

  private static Checked stalled(Endpoint.Script script) throws IOException, InterruptedException {
    try (var endpoint = new Endpoint(script)) {
      return Checked.run(
          "check", endpoint.url("/chat"), "--data", "{}", "--only", "LW016", "--json");
    }
  }

  @Test
  void givenALockThatAllWritesShare_whenOneReaderStalls_thenItIsTold() throws Exception {
    var checked = stalled(large(true));

    assertThat(checked.verdict("LW016")).as(checked.out()).isEqualTo("fail");
  }

  @Test
  void givenWritersOfTheirOwn_whenOneReaderStalls_thenItPasses() throws Exception {
    var checked = stalled(large(false));

    assertThat(checked.verdict("LW016")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenAStalledReader_whenItReadsOn_thenItIsToldWhetherTheServerHadNoticed() throws Exception {
    var waits = check(pooled(true), "--only", "LW016");
    var letsGo = stalled(impatient());

    assertThat(waits.of("LW016").path("detail").asString()).contains("read on and had the rest");
    assertThat(letsGo.verdict("LW016")).as(letsGo.out()).isEqualTo("pass");
    assertThat(letsGo.of("LW016").path("detail").asString()).contains("had let go of that one");
  }

  /** Breaks off whoever has not taken a large answer in a tenth of a second. */
  private static Endpoint.Script impatient() {
    return exchange -> {
      var watch =
          Thread.startVirtualThread(
              () -> {
                try {
                  Thread.sleep(100);
                  exchange.reset();
                } catch (InterruptedException | IOException e) {
                  // it was taken in time
                }
              });
      large(false).answer(exchange);
      watch.interrupt();
    };
  }

  /** Compresses for who accepts it: all at the end, or each event by itself. */
  private static Endpoint.Script compressing(boolean flushes) {
    return exchange -> {
      boolean gzip = exchange.headers.getOrDefault("accept-encoding", "").contains("gzip");
      exchange.open(gzip ? "Content-Encoding: gzip" : "Vary: Accept-Encoding");
      var bytes = new ByteArrayOutputStream();
      try (var compressed = new GZIPOutputStream(bytes, 512, true)) {
        for (int i = 0; i < 12; i++) {
          Thread.sleep(10); // what is held up is seen only where the answer takes time
          var event = "data: " + Scripts.word(exchange, i) + "\n\n";
          if (!gzip) {
            exchange.chunk(event);
            continue;
          }
          compressed.write(event.getBytes(UTF_8));
          if (flushes) {
            compressed.flush();
            exchange.chunk(bytes.toByteArray());
            bytes.reset();
          }
        }
        if (!gzip) {
          exchange.event("[DONE]");
          exchange.end();
          return;
        }
        compressed.write("data: [DONE]\n\n".getBytes(UTF_8));
      }
      exchange.chunk(bytes.toByteArray());
      exchange.end();
    };
  }

  private static Checked compressed(boolean flushes) throws IOException, InterruptedException {
    try (var endpoint = new Endpoint(compressing(flushes))) {
      return Checked.run(
          "check", endpoint.url("/chat"), "--data", "{}", "--only", "LW013", "--json");
    }
  }

  @Test
  void givenCompressionThatHoldsEventsUp_whenTheReaderAcceptsIt_thenItIsTold() throws Exception {
    var held = compressed(false);
    var flushed = compressed(true);

    assertThat(held.verdict("LW013")).as(held.out()).isEqualTo("fail");
    assertThat(flushed.verdict("LW013")).as(flushed.out()).isEqualTo("pass");
  }

  @Test
  void givenNoCacheControl_whenChecked_thenAGetIsAFaultAndAPostIsNot() throws Exception {
    Endpoint.Script bare =
        exchange -> {
          exchange.open();
          Scripts.words(exchange);
          exchange.event("[DONE]");
          exchange.end();
        };
    try (var endpoint = new Endpoint(bare)) {
      var get = Checked.run("check", endpoint.url("/chat"), "--only", "LW013", "--json");
      var post =
          Checked.run("check", endpoint.url("/chat"), "-d", "{}", "--only", "LW013", "--json");

      assertThat(get.verdict("LW013")).as(get.out()).isEqualTo("fail");
      assertThat(post.verdict("LW013")).as(post.out()).isEqualTo("pass");
      assertThat(post.detail("LW013")).contains("cache-control: no-cache is missing");
    }
  }
}
