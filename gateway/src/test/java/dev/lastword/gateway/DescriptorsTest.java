package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that may open few files: whoever takes them all keeps nobody from being answered. */
class DescriptorsTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path folder;
  private ScriptedUpstream upstream;
  private GatewayProcess gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    var long40k = "Hello" + "o".repeat(40_000); // fifty of them are more than a segment
    upstream.on(CHAT, x -> x.stream().delta(long40k).finish().data("[DONE]").end());
    upstream.on("/v1/responses", x -> assertThat(x.peerCloses(120)).isTrue());
    gateway =
        started(
            "serve",
            "--upstream",
            upstream.url(),
            "--listen",
            "127.0.0.1:0",
            "--data",
            "d",
            "--set",
            "journal.segment-bytes=1048576",
            "--set",
            "limits.owner-unattended-max=1000"); // all that the process may leave alone
  }

  private GatewayProcess started(String... args) throws IOException {
    var few = List.of("sh", "-c", "ulimit -n 424; exec \"$@\"", "sh");
    return GatewayProcess.start(folder, few, Map.of(), List.of(args));
  }

  @AfterEach
  void stop() throws Exception {
    gateway.process().destroyForcibly();
    upstream.close();
  }

  private static String body(InetSocketAddress at, String method, String target)
      throws IOException {
    try (var client = new RawClient(at)) {
      return (method.equals("GET") ? client.get(target) : client.post(target, "{}")).reply().body();
    }
  }

  @Test
  void givenMoreIdleConnectionsThanFiles_whenSomebodyAsks_thenItIsAnsweredSoon_andTheJournalGoesOn()
      throws Exception {
    var at = gateway.ready();
    var idle = new ArrayList<Socket>();
    try {
      for (int i = 0; i < 1_200; i++) {
        var one = new Socket();
        one.connect(at);
        idle.add(one);
      }
      // Behind all of them in the kernel's queue; rounds of idle ones go within two seconds each.
      try (var client = new RawClient(at)) {
        long asked = System.nanoTime();
        client.timeoutMs(60_000).post(CHAT, "{}");
        assertThat(client.reply().body()).contains("Hello", "[DONE]");
        assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - asked)).isLessThan(30);
      }
      for (int i = 0; i < 50; i++) {
        assertThat(body(at, "POST", CHAT)).contains("[DONE]");
      }
    } finally {
      for (var one : idle) {
        one.close();
      }
    }
    assertThat(body(at, "GET", "/healthz")).contains("\"journal\":\"open\"");
    assertThat(gateway.err())
        .contains("gateway.descriptors")
        .contains("server.accepting_paused")
        .doesNotContain("ERROR");
  }

  @Test
  void givenClientsThatPostAndLeave_whenTheUpstreamIsSilent_thenOthersAreAnswered_andItIsCounted()
      throws Exception {
    var at = gateway.ready();
    for (int round = 0; round < 12; round++) {
      var leaving = new ArrayList<RawClient>();
      for (int i = 0; i < 50; i++) {
        leaving.add(new RawClient(at));
        leaving.getLast().post("/v1/responses", "{\"model\":\"m\"}");
      }
      Awaitility.await().atMost(30, TimeUnit.SECONDS).until(() -> upstream.exchanges().size() > 40);
      for (var client : leaving) {
        client.close();
      }
    }

    Awaitility.await()
        .atMost(30, TimeUnit.SECONDS)
        .until(() -> body(at, "POST", CHAT).contains("[DONE]"));
    var metrics = body(at, "GET", "/metrics");
    assertThat(gauges(metrics, "lastword_upstream_calls")).allMatch(calls -> calls > 40);
    assertThat(gauges(metrics, "lastword_sockets")).allMatch(sockets -> sockets < 300);
    assertThat(body(at, "GET", "/healthz")).contains("\"journal\":\"open\"");
    assertThat(gateway.err()).doesNotContain("ERROR");
  }

  @Test
  void givenSocketsOfHooks_thenAnEighthOfAllIsTheirs_andEachIsGivenBackOnce() throws Exception {
    var descriptors = new Descriptors(80);
    var sockets = new HookSockets(descriptors);
    var open = new ArrayList<Socket>();
    for (int i = 0; i < 10; i++) {
      open.add(sockets.createSocket());
    }

    assertThatThrownBy(sockets::createSocket).isInstanceOf(SocketException.class);
    assertThat(descriptors.open()).isEqualTo(10);
    open.getFirst().close();
    open.getFirst().close();

    assertThat(descriptors.open()).isEqualTo(9);
    sockets.createSocket().close();
    assertThat(descriptors.open()).isEqualTo(9);
  }

  @Test
  void givenASlowHook_whenMoreEndThanItsFilesAreLeft_thenOthersAreAnswered_andAllAreSaved()
      throws Exception {
    gateway.process().destroyForcibly().waitFor();
    try (var hook = HookReceiver.start()) {
      Files.writeString(
          folder.resolve("lastword.yaml"),
          """
          listen: 127.0.0.1:0
          data: d
          save: { retry-max-ms: 200 }
          hooks:
            slow:
              type: webhook
              url: %s
              secret: whsec_bGFzdHdvcmQgYmVuY2ggc2VjcmV0
              allow: [127.0.0.0/8]
          routes:
            - { path: /v1/chat, upstream: "%s", save: [slow] }
            - { path: /, upstream: "%s" }
          """
              .formatted(hook.url(), upstream.url(), upstream.url()));
      gateway = started("serve", "--config", "lastword.yaml");
      var at = gateway.ready();
      var waiting = new ArrayList<RawClient>();
      // Each has a socket to the upstream as well: all have to fit, and not to fit among the
      // hook's.
      for (int i = 0; i < 60; i++) {
        waiting.add(new RawClient(at).timeoutMs(60_000).post(CHAT, "{}"));
      }
      Awaitility.await()
          .atMost(30, TimeUnit.SECONDS)
          .until(() -> gateway.err().contains("save.failed"));

      assertThat(body(at, "GET", "/healthz")).contains("\"journal\":\"open\"");
      hook.answerAll(204);

      for (var client : waiting) {
        assertThat(client.reply().body()).contains("[DONE]");
        client.close();
      }
    }
    assertThat(gateway.err()).doesNotContain("ERROR");
  }

  private static List<Double> gauges(String metrics, String name) {
    var values =
        metrics
            .lines()
            .filter(line -> line.startsWith(name + " "))
            .map(line -> Double.parseDouble(line.substring(name.length() + 1)))
            .toList();
    assertThat(values).as(name).hasSize(1);
    return values;
  }
}
