package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each way in which an application's endpoint can fail for a while, seen by a reader. */
class HookFaultsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final Pattern FAILURES =
      Pattern.compile("lastword_save_failures_total\\{hook=\"messages\"} ([0-9]+)");

  @TempDir Path folder;

  private Path file(String upstream, String hook) throws Exception {
    return Files.writeString(
        folder.resolve("lastword.yaml"),
        """
        hooks:
          messages: { type: webhook, url: "%s", secret: "a secret of some length", allow: [127.0.0.0/8] }
        save: { hooks: [messages], timeout-ms: 400, retry-max-ms: 50 }
        routes: [{ path: /, upstream: "%s" }]
        """
            .formatted(hook, upstream));
  }

  private static int failures(TestGateway gateway) throws Exception {
    var found = FAILURES.matcher(gateway.get("/metrics").body());
    return found.find() ? Integer.parseInt(found.group(1)) : 0;
  }

  @ParameterizedTest
  @EnumSource
  void givenAnEndpointThatFails_thenTheEndingIsWithheld_untilItIsHealed_andEachCallSaysTheSame(
      FaultyReceiver.Fault fault) throws Exception {
    try (var upstream = ScriptedUpstream.start();
        var receiver = new FaultyReceiver(fault);
        var gateway =
            TestGateway.ofFile(
                folder.resolve("data"), file(upstream.url(), receiver.url()), Map.of());
        var client = gateway.client()) {
      upstream.on(CHAT, x -> x.stream().delta("Hello").finish().data("[DONE]").end());
      var head = client.post(CHAT, "{\"model\":\"m\",\"stream\":true}").head();
      var id = head.header("lastword-stream");
      client.readUntil("Hello");
      var seen = new AtomicReference<>("");
      var rest =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return client.body(head, Long.MAX_VALUE, seen::set).body();
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });

      Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> failures(gateway) >= 3);
      assertThat(rest).isNotDone();
      assertThat(seen.get()).doesNotContain("stop", "[DONE]", "save_pending");
      var stream = gateway.json("/api/streams/" + id);
      assertThat(stream.get("state").asString()).isEqualTo("complete");
      assertThat(stream.get("saved").asBoolean()).isFalse();

      receiver.heal();

      assertThat(rest).succeedsWithin(Duration.ofSeconds(20));
      assertThat(rest.join()).contains("\"stop\"", "[DONE]").doesNotContain("save_pending");
      assertThat(gateway.ended(id).get("saved").asBoolean()).isTrue();
      assertThat(receiver.calls()).isNotEmpty();
      assertThat(receiver.calls())
          .containsOnly(receiver.calls().getFirst())
          .extracting(FaultyReceiver.Received::id)
          .containsOnly(id);
      assertThat(receiver.calls().getFirst().body()).contains("\"text\":\"Hello\"");
    }
  }
}
