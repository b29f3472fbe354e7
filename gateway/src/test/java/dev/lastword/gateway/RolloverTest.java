package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections of EventSources that are ended before a proxy cuts them. */
class RolloverTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String EVENT_SOURCE = "Accept: text/event-stream";
  private static final long ROLLOVER_MS = 1_000;

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;
  private final CountDownLatch enough = new CountDownLatch(1);

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    gateway =
        TestGateway.start(
            data,
            upstream.url(),
            Map.of(
                Setting.ROLLOVER, Long.toString(ROLLOVER_MS),
                Setting.STREAM_SUBSCRIBERS, "3",
                Setting.HEARTBEAT, "100"));
  }

  @AfterEach
  void stop() throws Exception {
    enough.countDown();
    gateway.close();
    upstream.close();
  }

  /** Begins an answer that says a word every so often until it is enough. */
  private String talking(RawClient client, long everyMs, String... fields) throws Exception {
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("a");
          while (!enough.await(everyMs, TimeUnit.MILLISECONDS)) {
            x.delta("b");
          }
          x.finish().data("[DONE]").end();
        });
    return client.post(CHAT, "{}", fields).head().header("lastword-stream");
  }

  private RawClient.Reply read(String id, String after) throws Exception {
    try (var reader = gateway.client()) {
      return after.isEmpty()
          ? reader.get("/v1/stream/" + id, EVENT_SOURCE).reply()
          : reader.get("/v1/stream/" + id, EVENT_SOURCE, "Last-Event-ID: " + after).reply();
    }
  }

  private static List<String> ids(String body) {
    return body.lines().filter(line -> line.startsWith("id: ")).map(x -> x.substring(4)).toList();
  }

  @Test
  void givenTalkingStream_whenTheTimeIsOver_thenTheConnectionBreaksBehindAnEvent_andNothingIsLost()
      throws Exception {
    try (var asking = gateway.client()) {
      var id = talking(asking, 20);
      Thread.sleep(ROLLOVER_MS / 2); // in the middle of the loop's beat
      var seen = new ArrayList<String>();
      for (int i = 0; i < 3; i++) {
        long begun = System.nanoTime();
        var part = read(id, seen.isEmpty() ? "" : seen.getLast());
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun))
            .isBetween(ROLLOVER_MS / 2, 5 * ROLLOVER_MS);
        assertThat(part.end()).isEqualTo(RawClient.End.CUT);
        // The reader is asked to be back soon, by the event that was its last.
        assertThat(part.body())
            .matches(Pattern.compile("retry: [123]\\d{3}\nid: .*", Pattern.DOTALL))
            .containsPattern("\n\nretry: [1-5]\\d\\d\nid: [^\n]+\ndata: [^\n]+\n\n(id: .*)?$")
            .endsWith("\n\n");
        seen.addAll(ids(part.body()));
      }
      enough.countDown();
      var last = read(id, seen.getLast());
      assertThat(last.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(last.body()).endsWith("data: [DONE]\n\n");
      seen.addAll(ids(last.body()));
      assertThat(seen).isEqualTo(ids(gateway.get("/v1/stream/" + id).body()));
      assertThat(gateway.get("/metrics").body())
          .contains("lastword_subscribers_rolled_over_total 3.0");
    }
  }

  @Test
  void givenSilentStream_whenTheTimeIsOver_thenTheConnectionBreaksBehindAHeartbeat()
      throws Exception {
    try (var asking = gateway.client()) {
      var id = talking(asking, 60_000);
      var part = read(id, "");
      assertThat(part.end()).isEqualTo(RawClient.End.CUT);
      assertThat(ids(part.body())).containsExactly("1-1");
      assertThat(part.body()).endsWith(": hb\n");
      var again = read(id, "1-1");
      assertThat(again.end()).isEqualTo(RawClient.End.CUT);
      assertThat(ids(again.body())).isEmpty();
    }
  }

  @Test
  void givenReadersWhoDoNotComeBack_whenTheTimeIsOver_thenTheirConnectionsStayOpen()
      throws Exception {
    try (var asking = gateway.client();
        var fetching = gateway.client()) {
      upstream.on(
          CHAT,
          x -> {
            x.stream().delta("a");
            enough.await();
            x.finish().data("[DONE]").end();
          });
      var begun = asking.post(CHAT, "{}", EVENT_SOURCE).head();
      var other = fetching.get("/v1/stream/" + begun.header("lastword-stream")).head();
      Thread.sleep(2 * ROLLOVER_MS);
      enough.countDown();
      assertThat(asking.body(begun, Long.MAX_VALUE).body()).endsWith("data: [DONE]\n\n");
      assertThat(fetching.body(other, Long.MAX_VALUE).end()).isEqualTo(RawClient.End.CLEAN);
    }
  }

  @Test
  void givenAsManyReadersAsMayBe_whenAnEventSourceComesBack_thenItIsNotRefusedForGood()
      throws Exception {
    try (var asking = gateway.client();
        var one = gateway.client();
        var two = gateway.client()) {
      var id = talking(asking, 60_000);
      one.get("/v1/stream/" + id).head();
      two.get("/v1/stream/" + id).head();
      try (var back = gateway.client()) {
        back.get("/v1/stream/" + id, EVENT_SOURCE, "Last-Event-ID: 1-1");
        assertThat(back.rest()).isEmpty();
      }
      try (var fresh = gateway.client()) {
        assertThat(fresh.get("/v1/stream/" + id, EVENT_SOURCE).reply().status()).isEqualTo(503);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST /v1/chat/completions", "GET /feed"})
  void givenAStreamThatEndsWithItsLastReader_whenThatIsLetGo_thenItsComingBackIsWaitedFor(
      String request) throws Exception {
    upstream.on(
        "/feed",
        x -> {
          x.stream().data("tick");
          enough.await();
          x.data("tock").end();
        });
    String id;
    RawClient.Reply part;
    try (var reader = gateway.client()) {
      RawClient.Reply head;
      try (var asking = gateway.client()) {
        id =
            request.startsWith("GET")
                ? asking.get("/feed").head().header("lastword-stream")
                : talking(asking, 60_000, "Lastword-On-Disconnect: cancel");
        head = reader.get("/v1/stream/" + id, EVENT_SOURCE).head(); // it reads from here on
      }
      part = reader.body(head, Long.MAX_VALUE);
    }
    assertThat(part.end()).isEqualTo(RawClient.End.CUT);
    await()
        .during(Rollover.RETRY_MS_MAX, TimeUnit.MILLISECONDS)
        .until(() -> gateway.json("/api/streams/" + id).get("outcome").isNull());
    try (var back = gateway.client()) {
      var head = back.get("/v1/stream/" + id, EVENT_SOURCE, "Last-Event-ID: 1-1").head();
      enough.countDown();
      var rest = back.body(head, Long.MAX_VALUE);
      assertThat(rest.body()).doesNotContain("cancelled");
      assertThat(rest.end()).isEqualTo(RawClient.End.CLEAN);
    }
    assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("completed");
  }
}
