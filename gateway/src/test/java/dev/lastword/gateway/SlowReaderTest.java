package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reader that does not read costs a cursor: neither memory nor anybody else's time. */
class SlowReaderTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final int EVENTS = 2_000;

  @TempDir Path data;

  @Test
  void givenReaderThatNeverReads_whenMegabytesGoBy_thenOthersGetThemAll_andItIsClosedAndCanResume()
      throws Exception {
    var content = "x".repeat(8_000);
    try (var upstream = ScriptedUpstream.start();
        var gateway =
            TestGateway.start(
                data,
                upstream.url(),
                Map.of(Setting.STALL, "3000", Setting.RESIDENT_BYTES, "262144"))) {
      upstream.on(
          CHAT,
          x -> {
            x.stream();
            for (int i = 0; i < EVENTS; i++) {
              x.delta(i + content);
            }
            x.finish().data("[DONE]").end();
          });
      try (var stalled = new RawClient(gateway.gateway().address(), 4_096);
          var healthy = gateway.client()) {
        var head = healthy.post(CHAT, "{}").head();
        var id = head.header("lastword-stream");
        stalled.get("/v1/stream/" + id);

        var whole = healthy.body(head, Long.MAX_VALUE);

        assertThat(whole.end()).isEqualTo(RawClient.End.CLEAN);
        assertThat(whole.body().lines().filter(line -> line.startsWith("data: {\"choices\"")))
            .hasSize(EVENTS + 1);
        assertThat(gateway.gateway().pendingBytesMax())
            .as("bytes that wait for one reader")
            .isLessThan(160 << 10);
        assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("completed");
        Awaitility.await()
            .untilAsserted(
                () ->
                    assertThat(gateway.get("/metrics").body())
                        .containsPattern("lastword_http_rejected_total\\{[^}]*stalled[^}]*} 1"));

        var seen = stalled.body(stalled.head(), Long.MAX_VALUE);
        assertThat(seen.end()).as("cut off").isNotEqualTo(RawClient.End.CLEAN);
        int last = (int) seen.body().lines().filter(line -> line.startsWith("id: ")).count() - 1;
        var rest = gateway.get("/v1/stream/" + id, "Last-Event-ID", "1-" + last).body();
        assertThat(rest.lines().filter(line -> line.startsWith("id: "))).hasSize(EVENTS + 2 - last);
      }
    }
  }
}
