package dev.lastword.examples.plain;

import dev.lastword.checker.junit.LastwordCheck;
import dev.lastword.checker.junit.LastwordChecks;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readers who leave, come back and stop, and what is saved then. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class ChatCheckTest {
  /** Quicker than a person reads. */
  private static final Model QUICK =
      (question, tokens) -> {
        var text = "You asked: " + question + " All is well, and it is kept.";
        for (var word : text.split("(?<= )")) {
          Thread.sleep(10);
          tokens.accept(word);
        }
      };

  @TempDir static Path dir;
  private static Chat chat;

  @BeforeAll
  static void start() throws Exception {
    chat = new Chat(dir, 0, QUICK);
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  @LastwordCheck
  Iterable<DynamicTest> answersSurvive() {
    var answer = chat.address() + "/answers/{{header:lastword-stream}}";
    return LastwordChecks.of(chat.address() + "/ask")
        .data("What of {{run}}, which is asked in words enough to be read half-way?")
        .verify(chat.address() + "/messages/{{header:lastword-stream}}")
        .with("expect-complete", "^completed ")
        .resume(answer)
        .with("stop", answer + "/stop")
        .skip("LW018"); // no browser in this build
  }
}
