package dev.lastword.examples.langchain4j;

import dev.lastword.checker.junit.LastwordCheck;
import dev.lastword.checker.junit.LastwordChecks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readers who leave, come back and stop, and what the memory has then. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class ChatTest {
  @TempDir static Path dir;
  private static Chat chat;

  @BeforeAll
  static void start() throws Exception {
    chat = new Chat(dir, 0, new ByHeart(Duration.ofMillis(10)));
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  @LastwordCheck
  Iterable<DynamicTest> answersSurvive() {
    var answer = chat.address() + "/answers/{{header:lastword-stream}}";
    return LastwordChecks.of(chat.address() + "/ask")
        .data("What of {{run}}?")
        .verify(chat.address() + "/memory/{{header:lastword-stream}}")
        .resume(answer)
        .with("stop", answer + "/stop")
        .skip("LW018"); // no browser in this build
  }
}
