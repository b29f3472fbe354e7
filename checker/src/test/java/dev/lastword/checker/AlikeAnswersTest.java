package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.Endpoint.Script;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Answers that are the same in every run: one run's must not be taken for another's. */
final class AlikeAnswersTest {
  private static final int WORDS = 10;

  private final Map<String, String> rows = new ConcurrentHashMap<>();
  private final AtomicInteger chats = new AtomicInteger();

  private static String word(int i) {
    return "always-" + i + " ";
  }

  private static String answer() {
    var text = new StringBuilder();
    for (int i = 0; i < WORDS; i++) {
      text.append(word(i));
    }
    return text.toString();
  }

  /**
   * Gives the same answer to everybody.
   *
   * @param conversation the one in which all of them are saved, {@code ""} for one of its own each
   * @param keepsAll whether more than the first is saved
   */
  private Script alike(String conversation, boolean keepsAll) {
    return exchange -> {
      if (exchange.path.startsWith("/rows/")) {
        var text = rows.get(exchange.path.substring("/rows/".length()));
        exchange.reply(text == null ? 404 : 200, "text/plain", text == null ? "" : text);
        return;
      }
      var place = conversation.isEmpty() ? exchange.id : conversation;
      boolean kept = chats.getAndIncrement() == 0 || keepsAll;
      exchange.open("X-Conversation: " + place);
      try {
        for (int i = 0; i < WORDS; i++) {
          exchange.event(word(i));
          Thread.sleep(2); // a model's pace
        }
      } catch (IOException e) {
        // the work goes on without its reader
      }
      if (kept) {
        rows.put(place, answer());
      }
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  private static Checked check(Script script, String... more) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      return Checked.endpoint(
          endpoint,
          List.of(
                  List.of("--verify", endpoint.url("/rows/{{header:x-conversation}}")),
                  List.of(more))
              .stream()
              .flatMap(List::stream)
              .toArray(String[]::new));
    }
  }

  @Test
  void givenOneLastingConversation_whenOnlyTheFirstAnswerIsSaved_thenNothingPasses()
      throws Exception {
    var codes = List.of("LW001", "LW003", "LW004", "LW011", "LW024");

    var checked = check(alike("c-1", false), "--only", String.join(",", codes), "--readers", "3");

    for (var code : codes) {
      assertThat(checked.verdict(code)).as(code + checked.out()).isNotEqualTo("pass");
    }
    assertThat(checked.detail("LW001")).contains("an earlier run's answer", "{{run}}");
    assertThat(checked.exitCode()).isEqualTo(3);
  }

  @Test
  void givenAConversationForEach_whenAnswersAreAlike_thenEachIsJudged() throws Exception {
    var right = check(alike("", true), "--only", "LW001,LW003,LW011", "--readers", "3");
    rows.clear();
    chats.set(0);
    var losing = check(alike("", false), "--only", "LW001");

    assertThat(right.exitCode()).as(right.out()).isZero();
    assertThat(right.verdict("LW001")).isEqualTo("pass");
    assertThat(losing.verdict("LW001")).as(losing.out()).isEqualTo("fail");
  }
}
