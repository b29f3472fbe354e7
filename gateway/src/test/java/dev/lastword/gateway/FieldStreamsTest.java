package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.sse.SseParser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Plays the streams of {@code field-streams/}: its README tells what a case consists of. */
class FieldStreamsTest {
  @TempDir Path data;

  static Stream<String> cases() throws IOException {
    return FieldCase.names();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void givenAStreamOfTheField_whenItIsPlayed_thenAllHoldsThatItExpects(String name)
      throws Exception {
    var played = FieldCase.of(name);
    assumeTrue(!played.json().has("check"), "its verdicts are tested with the checker");
    assumeTrue(
        !played.json().path("slow").asBoolean(false) || Boolean.getBoolean("lastword.slow"),
        "it takes minutes: -Dlastword.slow=true plays it");
    if (played.special().equals("clock")) {
      assumeTrue(FieldBoots.possible(), "libfaketime is not there to move the clock");
    }
    play(played);
  }

  private void play(FieldCase played) throws Exception {
    try (var upstream = FieldUpstream.of(played)) {
      if (played.special().equals("clock")) {
        FieldBoots.of(played, data, upstream.url()).run();
        return;
      }
      try (var gateway = TestGateway.start(data, upstream.url(), played.settings())) {
        if (played.special().equals("keep-alive")) {
          ask(played, gateway, upstream, new ArrayList<>());
          TimeUnit.MILLISECONDS.sleep(FieldCase.ms(played.json().path("idle_s")));
        }
        var early = new ArrayList<String>();
        var reply = ask(played, gateway, upstream, early);
        assertThat(early).as("said before it was saved").isEmpty();
        isWhatTheClientGets(played, reply);
        isWhatIsKept(played, gateway, reply);
      }
    }
  }

  /** Asks, and notes which of the texts to be held came before the upstream had sent all. */
  private static RawClient.Reply ask(
      FieldCase played, TestGateway gateway, FieldUpstream upstream, List<String> early)
      throws IOException {
    try (var client = gateway.client()) {
      var authority = Gateway.text(gateway.gateway().address());
      client.send(played.requestBytes(authority));
      return client.body(
          client.head(),
          Long.MAX_VALUE,
          soFar -> {
            for (var held : played.expect().path("held")) {
              if (soFar.contains(held.asString()) && !upstream.saidAll()) {
                early.add(held.asString());
              }
            }
          });
    }
  }

  static void isWhatTheClientGets(FieldCase played, RawClient.Reply reply) {
    var expect = played.expect();
    if (expect.has("status")) {
      assertThat(reply.status()).isEqualTo(expect.path("status").asInt());
    }
    if (expect.has("clean")) {
      assertThat(reply.end() == RawClient.End.CLEAN)
          .as("the body ends " + reply.end())
          .isEqualTo(expect.path("clean").asBoolean());
    }
    if (expect.path("same_events").asBoolean(false)) {
      assertThat(events(reply.body().getBytes(UTF_8))).isEqualTo(events(played.body()));
    }
    if (expect.path("body_same").asBoolean(false)) {
      assertThat(reply.body()).isEqualTo(played.text());
    }
    for (var text : expect.path("contains")) {
      assertThat(reply.body()).contains(text.asString());
    }
    for (var text : expect.path("lacks")) {
      assertThat(reply.body()).doesNotContain(text.asString());
    }
  }

  private static List<String> events(byte[] body) {
    var events = new ArrayList<String>();
    new SseParser(16 << 20, event -> events.add(event.type() + ": " + event.data()))
        .feed(body, 0, body.length);
    return events;
  }

  private static void isWhatIsKept(FieldCase played, TestGateway gateway, RawClient.Reply reply)
      throws Exception {
    var expect = played.expect();
    var id = reply.header("lastword-stream");
    if (!expect.path("stream").asBoolean(true)) {
      assertThat(id).isEmpty();
    }
    if (expect.has("meta") || expect.has("response") || played.json().has("probes")) {
      assertThat(id).as("it is a stream of ours").isNotEmpty();
      var meta = gateway.ended(id);
      has(expect.path("meta"), meta);
      isTheResponse(expect, gateway.get("/api/streams/" + id + "/response").body());
      for (var probe : played.json().path("probes")) {
        var path = probe.path("path").asString();
        assertThat(gateway.get(filled(path, meta)).statusCode())
            .as(probe.path("name").asString(path))
            .isEqualTo(probe.path("status").asInt());
      }
    }
  }

  static void has(JsonNode expected, JsonNode meta) {
    expected
        .properties()
        .forEach(
            each ->
                assertThat(meta.get(each.getKey()))
                    .as(each.getKey() + " of " + meta)
                    .isEqualTo(each.getValue()));
  }

  private static void isTheResponse(JsonNode expect, String body) {
    var response = TestGateway.read(body);
    expect
        .path("response")
        .properties()
        .forEach(
            each ->
                assertThat(at(response, each.getKey()))
                    .as(each.getKey() + " of " + body)
                    .isEqualTo(each.getValue().asString()));
    for (var text : expect.path("final_has")) {
      assertThat(response.path("final").toString()).contains(text.asString());
    }
    if (expect.path("unique_names").asBoolean(false)) {
      var strict =
          JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
      try (JsonParser parser = strict.createParser(body)) {
        while (parser.nextToken() != null) {}
      }
    }
  }

  private static String at(JsonNode response, String pointer) {
    return pointer.endsWith("/#")
        ? Integer.toString(response.at(pointer.substring(0, pointer.length() - 2)).size())
        : response.at(pointer).asString(response.at(pointer).toString());
  }

  private static String filled(String path, JsonNode meta) {
    var last = meta.path("lastId").asString();
    int dash = last.indexOf('-');
    long middle = (Long.parseLong(last.substring(dash + 1)) + 1) / 2;
    return path.replace("{id}", meta.path("id").asString())
        .replace("{last}", last)
        .replace("{mid}", last.substring(0, dash + 1) + middle);
  }
}
