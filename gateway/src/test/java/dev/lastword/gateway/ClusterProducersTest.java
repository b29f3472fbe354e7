package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.dialect.TokensDialect;
import dev.lastword.sse.EncodedEvents;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application whose requests come to whichever of two gateways. */
@Timeout(120)
class ClusterProducersTest {
  private static final String NOBODY = "http://127.0.0.1:9";
  private static final String ID = "an-id-that-a-client-chose";

  @TempDir Path data;
  private final ScriptedCluster cluster = new ScriptedCluster();
  private TestGateway a;
  private TestGateway b;

  @BeforeEach
  void start() throws Exception {
    a = gateway("a", 1);
    Files.createDirectories(data.resolve("b"));
    Files.copy(data.resolve("a/access.keys"), data.resolve("b/access.keys"));
    b = gateway("b", 2);
    cluster.at(1, a.url());
    cluster.at(2, b.url());
  }

  private TestGateway gateway(String name, int number) {
    return TestGateway.standing(
        data.resolve(name), NOBODY, Map.of(), new Standing.First(cluster.node(number)));
  }

  @AfterEach
  void stop() {
    a.close();
    b.close();
  }

  private static HttpResponse<String> say(TestGateway to, String path, int sequence, String... said)
      throws Exception {
    var events = List.of(said).stream().map(TokensDialect::token).toList();
    var wire = new String(EncodedEvents.of(events).wire(), StandardCharsets.UTF_8);
    return to.send(
        to.request(
                "/api/streams/" + ID + path,
                "Lastword-Producer",
                "p-1",
                "Lastword-Sequence",
                "" + sequence)
            .POST(BodyPublishers.ofString(wire))
            .build());
  }

  private static HttpResponse<String> open(TestGateway on) throws Exception {
    return on.post(
        "/api/streams",
        "{\"saves\":\"completed\",\"application\":\"chat\"}",
        "Lastword-Producer",
        "p-1",
        "Lastword-Stream",
        ID);
  }

  @Test
  void givenAStreamThatIsWrittenByWayOfBoth_thenItIsOne_andSavedByWayOfEither() throws Exception {
    assertThat(open(a).statusCode()).isEqualTo(201);
    assertThat(open(b).statusCode()).as("asked again elsewhere").isEqualTo(200);

    assertThat(say(b, "/events", 1, "Hel", "lo").body()).contains("\"next\":3");
    assertThat(say(a, "/events", 1, "Hel", "lo", "!").body()).contains("\"next\":4");
    var sealed = say(b, "/seal", 4);

    assertThat(sealed.body()).contains("\"state\":\"complete\"", "\"text\":\"Hello!\"");
    var waiting = "/api/streams?awaits=chat";
    assertThat(TestGateway.read(b.get(waiting, "Lastword-Producer", "p-1").body()).get("streams"))
        .hasSize(1);
    var saved = b.post("/api/streams/" + ID + "/saved", "", "Lastword-Producer", "p-1");
    assertThat(saved.body()).contains("\"outcome\":\"completed\"");
    assertThat(a.get("/v1/stream/" + ID).body()).contains("[DONE]");
    assertThat(b.json("/api/streams/" + ID).get("saved").asBoolean()).isTrue();
  }
}
