package dev.lastword.examples.spring;

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

/** Readers who leave, come back and stop, and what is saved then. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class ChatCheckTest {
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

  private static String home() {
    return "http://127.0.0.1:" + chat.getEnvironment().getProperty("local.server.port");
  }

  private static String stream() {
    return home() + "/lastword/streams/{{header:lastword-stream}}";
  }

  @LastwordCheck
  Iterable<DynamicTest> answersSurvive() {
    return LastwordChecks.of(home() + "/ask?question={{run}}")
        .with("method", "POST")
        .verify(home() + "/messages?question={{run}}")
        .with("expect-complete", "/outcome=completed")
        .resume(stream())
        .with("stop", stream() + "/cancel")
        .skip("LW018"); // no browser in this build
  }

  /** Without a line of Lastword. Its row has no text, so what is looked for is the row. */
  @LastwordCheck
  Iterable<DynamicTest> answersOfAPlainFluxSurvive() {
    return LastwordChecks.of(home() + "/plain?question={{run}}")
        .verify(home() + "/messages?question={{run}}")
        .expect("by its own save")
        .only("LW001", "LW003", "LW008", "LW009", "LW011");
  }
}
