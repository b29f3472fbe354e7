package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Credentials and content stay out of log and metrics, at any level. */
class SecretsTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path data;

  @Test
  void givenSecretsInEveryPlace_whenAnswersSucceedAndFail_thenNoneIsLogged() throws Exception {
    var logger = (Logger) LoggerFactory.getLogger("dev.lastword");
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    logger.addAppender(lines);
    logger.setLevel(Level.DEBUG);
    String metrics;
    try (var upstream = ScriptedUpstream.start();
        var gateway = TestGateway.start(data, upstream)) {
      for (boolean whole : List.of(true, false)) {
        upstream.on(
            CHAT,
            x -> {
              x.stream().delta("secret-answer");
              if (whole) {
                x.finish().data("[DONE]");
              }
              x.end();
            });
        try (var client = gateway.client()) {
          client
              .post(
                  CHAT + "?key=secret-query",
                  "{\"messages\":[{\"role\":\"user\",\"content\":\"secret-question\"}]}",
                  "Authorization: Bearer secret-token",
                  "X-Api-Key: secret-key",
                  "Cookie: a=secret-cookie")
              .reply();
        }
      }
      gateway.get("/missing?token=secret-query", "Authorization", "Bearer secret-token");
      metrics = gateway.get("/metrics").body();
    } finally {
      logger.detachAppender(lines);
      logger.setLevel(Level.INFO);
    }

    var all = new StringBuilder(metrics);
    lines.list.forEach(event -> all.append(event.getFormattedMessage()).append('\n'));
    assertThat(all)
        .contains("seal.sealed")
        .contains("lastword_streams_released_total")
        .doesNotContain("secret");
  }
}
