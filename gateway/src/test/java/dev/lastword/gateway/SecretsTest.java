package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    var tokens = new ArrayList<String>();
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
          var head =
              client
                  .post(
                      CHAT + "?key=secret-query",
                      "{\"messages\":[{\"role\":\"user\",\"content\":\"secret-question\"}]}",
                      "Authorization: Bearer secret-token",
                      "X-Api-Key: secret-key",
                      "Cookie: a=secret-cookie")
                  .reply();
          var link = head.header("lastword-resume");
          read(gateway, link);
          read(gateway, link.replace("token=", "token=forged"));
          tokens.add(link.substring(link.indexOf("token=") + 6));
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
        .doesNotContain("secret")
        .doesNotContain(tokens)
        .doesNotContain("token=");
    assertThat(tokens).hasSize(2).doesNotContain("");
    assertThat(kept())
        .contains("secret-answer")
        .doesNotContain("secret-token")
        .doesNotContain("secret-key")
        .doesNotContain("secret-query")
        .doesNotContain("secret-cookie")
        .doesNotContain(tokens);
  }

  /** Some of them end in a broken connection. */
  private static void read(TestGateway gateway, String target) throws IOException {
    try (var client = gateway.client()) {
      client.get(target).reply();
    }
  }

  /** Everything in the data directory, as text. */
  private String kept() throws IOException {
    var text = new StringBuilder();
    try (var files = Files.walk(data)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        text.append(Files.readString(file, ISO_8859_1));
      }
    }
    return text.toString();
  }

  @Test
  void givenSecretsOfARoute_whenAnswersSucceedAndFail_thenTheyGoToTheUpstreamAndNowhereElse()
      throws Exception {
    var logger = (Logger) LoggerFactory.getLogger("dev.lastword");
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    logger.addAppender(lines);
    logger.setLevel(Level.DEBUG);
    var said = new StringBuilder();
    try (var upstream = ScriptedUpstream.start()) {
      var file =
          Files.writeString(
              data.resolve("lastword.yaml"),
              """
              routes:
                - path: /
                  upstreams: [http://127.0.0.1:1, %s]
                  upstream-headers: { Authorization: "Bearer ${KEY}", X-Literal: hidden-literal }
              """
                  .formatted(upstream.url()));
      try (var gateway =
          TestGateway.ofFile(data.resolve("d"), file, Map.of("KEY", "hidden-of-environment"))) {
        upstream.on(CHAT, x -> x.stream().delta("a").finish().data("[DONE]").end());
        upstream.on("/cut", x -> x.cut());
        upstream.on("/broken", x -> x.stream().delta("a").cut());
        for (var path : List.of(CHAT, "/cut", "/broken")) {
          try (var client = gateway.client()) {
            var reply = client.post(path, "{}").reply();
            said.append(reply.headers()).append(reply.body());
          }
        }
        assertThat(upstream.last().headers())
            .containsEntry("authorization", "Bearer hidden-of-environment")
            .containsEntry("x-literal", "hidden-literal");
        Files.writeString(file, Files.readString(file).replace("${KEY}", "hidden-new${MISSING}"));
        gateway.reload();
        said.append(gateway.get("/metrics").body());
      }
    } finally {
      logger.detachAppender(lines);
      logger.setLevel(Level.INFO);
    }
    lines.list.forEach(event -> said.append(event.getFormattedMessage()).append('\n'));
    try (var files = Files.walk(data.resolve("d"))) {
      for (var kept : files.filter(Files::isRegularFile).toList()) {
        said.append(Files.readString(kept, ISO_8859_1));
      }
    }

    assertThat(said)
        .contains("relay.failover", "config.refused", "upstream_closed")
        .doesNotContain("hidden");
  }
}
