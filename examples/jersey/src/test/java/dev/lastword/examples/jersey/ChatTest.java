package dev.lastword.examples.jersey;

import dev.lastword.checker.junit.LastwordCheck;
import dev.lastword.checker.junit.LastwordChecks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.glassfish.grizzly.http.server.HttpServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readers who leave and come back, and what is saved then. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class ChatTest {
  @TempDir static Path dir;
  private static HttpServer chat;

  @BeforeAll
  static void start() throws Exception {
    chat = Chat.start(dir, 0, Duration.ofMillis(10));
  }

  @AfterAll
  static void stop() {
    chat.shutdownNow();
  }

  @LastwordCheck
  Iterable<DynamicTest> answersSurvive() {
    var home = "http://127.0.0.1:" + chat.getListeners().iterator().next().getPort();
    return LastwordChecks.of(home + "/ask")
        .data("What of {{run}}?")
        .verify(home + "/messages/{{header:x-message-id}}")
        .resume(home + "/lastword/streams/{{header:lastword-stream}}")
        .skip("LW018"); // no browser in this build
  }
}
