package dev.lastword.examples.springai;

import dev.lastword.checker.junit.LastwordCheck;
import dev.lastword.checker.junit.LastwordChecks;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** Readers who leave, come back and stop, and what the memory has then. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class ChatTest {
  @TempDir static Path dir;
  private static ConfigurableApplicationContext chat;

  @BeforeAll
  static void start() {
    chat =
        SpringApplication.run(
            Chat.class, "--server.port=0", "--chat.data=" + dir, "--chat.pace=10ms");
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  @LastwordCheck
  Iterable<DynamicTest> answersSurvive() {
    var home = "http://127.0.0.1:" + chat.getEnvironment().getProperty("local.server.port");
    var stream = home + "/lastword/streams/{{header:lastword-stream}}";
    return LastwordChecks.of(home + "/chats/{{run}}")
        .data("What of {{run}}?")
        .verify(home + "/chats/{{run}}")
        .resume(stream)
        .with("stop", stream + "/cancel")
        .skip("LW018"); // no browser in this build
  }
}
