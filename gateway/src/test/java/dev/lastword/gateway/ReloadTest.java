package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** A configuration that is read again while the gateway runs. */
class ReloadTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path folder;
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private ScriptedUpstream one;
  private ScriptedUpstream two;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    one = ScriptedUpstream.start();
    two = ScriptedUpstream.start();
    one.on("/x", x -> x.respond(200, "text/plain", "one"));
    two.on("/x", x -> x.respond(200, "text/plain", "two"));
    write("routes: [{ path: /, upstream: ONE }]");
    gateway = TestGateway.ofFile(folder.resolve("data"), file(), Map.of());
    lines.start();
    ((Logger) LoggerFactory.getLogger("dev.lastword")).addAppender(lines);
  }

  @AfterEach
  void stop() throws Exception {
    ((Logger) LoggerFactory.getLogger("dev.lastword")).detachAppender(lines);
    gateway.close();
    one.close();
    two.close();
  }

  private Path file() {
    return folder.resolve("lastword.yaml");
  }

  private void write(String yaml) throws Exception {
    Files.writeString(file(), yaml.replace("ONE", one.url()).replace("TWO", two.url()));
  }

  private List<String> log() {
    return List.copyOf(lines.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Test
  void givenAStreamThatRuns_whenItsRouteIsGone_thenItGoesOn_andOthersFindTheNewOne()
      throws Exception {
    var go = new CountDownLatch(1);
    one.on(
        CHAT,
        x -> {
          x.stream().delta("first");
          go.await(20, TimeUnit.SECONDS);
          x.delta("second").finish().data("[DONE]").end();
        });
    try (var reader = gateway.client()) {
      reader.post(CHAT, "{}").head();
      reader.readUntil("first");

      write("routes: [{ path: /x, upstream: TWO }]");
      gateway.reload();

      assertThat(gateway.get("/x").body()).isEqualTo("two");
      assertThat(gateway.post(CHAT, "{}").statusCode()).isEqualTo(404);
      go.countDown();
      assertThat(reader.readUntil("[DONE]")).contains("second");
    }
    assertThat(log()).contains("config.reloaded routes=1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "routes: [{ path: /x, upstream: TWO }]\nlimits: { body-bytes-max: many }",
        "routes: [{ path: /x, upstream: TWO, upstream-headers: { A: '${MISSING}' } }]",
        "routes: [{ path: /x, upstream: TWO",
        "routes: [{ path: /x, upstream: 'https://h', ca-file: /nowhere.pem }]",
        "listen: 127.0.0.1:0"
      })
  void givenAWrongFile_whenItIsReadAgain_thenItIsRefusedWithItsReason_andTheOldOneStays(String yaml)
      throws Exception {
    write(yaml);

    gateway.reload();

    assertThat(gateway.get("/x").body()).isEqualTo("one");
    assertThat(log()).anyMatch(line -> line.startsWith("config.refused reason="));
    write("routes: [{ path: /, upstream: TWO }]");
    gateway.reload();
    assertThat(gateway.get("/x").body()).isEqualTo("two");
  }

  @Test
  void givenAnUpstreamThatStays_whenRead_thenItsConnectionsAreKept() throws Exception {
    gateway.get("/x");

    write("routes: [{ path: /, upstream: ONE }, { path: /two, upstream: TWO }]");
    gateway.reload();
    gateway.get("/x");

    assertThat(one.connections()).isEqualTo(1);
  }

  @Test
  void givenLimitsAndOrigins_whenReadAgain_thenTheyHoldForWhatComes() throws Exception {
    one.on("/y", x -> x.respond(200, "text/plain", "taken"));
    assertThat(gateway.post("/y", "12345678901").statusCode()).isEqualTo(200);
    assertThat(gateway.post("/y", "1", "Origin", "https://app.example").statusCode())
        .isEqualTo(403);

    write(
        """
        routes: [{ path: /, upstream: ONE }]
        limits: { body-bytes-max: 10 }
        access: { origins: [https://app.example, https://b.example] }
        """);
    gateway.reload();

    assertThat(gateway.post("/y", "12345678901").statusCode()).isEqualTo(413);
    for (var origin : List.of("https://app.example", "https://b.example")) {
      assertThat(gateway.post("/y", "1", "Origin", origin).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void givenAnUploadThatRuns_whenALowerLimitIsRead_thenItGoesOnAsItBegan() throws Exception {
    one.on("/y", x -> x.respond(200, "text/plain", "" + x.body().length));
    try (var client = gateway.client()) {
      client.send("POST /y HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n12345");
      Awaitility.await()
          .until(() -> gateway.get("/metrics").body().contains("lastword_upstream_calls 1.0"));

      write("routes: [{ path: /, upstream: ONE }]\nlimits: { body-bytes-max: 10 }");
      gateway.reload();
      client.send("678901");

      assertThat(client.reply().body()).isEqualTo("11");
    }
    assertThat(gateway.post("/y", "12345678901").statusCode()).isEqualTo(413);
  }

  @Test
  void givenNamesOfTheAdministratorsAddress_whenReadAgain_thenTheNewOnesHoldThereToo()
      throws Exception {
    var yaml =
        """
        routes: [{ path: /, upstream: ONE }]
        admin: { token: let-me-see-everything-of-all, listen: '127.0.0.1:0' }
        access: { hosts: [%s] }
        """;
    write(yaml.formatted("ops.old.example"));
    try (var guarded = TestGateway.ofFile(folder.resolve("guarded"), file(), Map.of())) {
      var address = guarded.gateway().adminAddress().orElseThrow();
      assertThat(healthAt(address, "ops.old.example")).isEqualTo(200);
      assertThat(healthAt(address, "ops.new.example")).isEqualTo(421);

      write(yaml.formatted("ops.new.example"));
      guarded.reload();

      assertThat(healthAt(address, "ops.new.example")).isEqualTo(200);
      assertThat(healthAt(address, "ops.old.example")).isEqualTo(421);
      assertThat(healthAt(address, "localhost")).isEqualTo(200);
    }
  }

  private static int healthAt(InetSocketAddress address, String host) throws Exception {
    try (var client = new RawClient(address)) {
      return client.send("GET /healthz HTTP/1.1\r\nHost: " + host + "\r\n\r\n").reply().status();
    }
  }

  @Test
  void givenAnotherAddress_whenReadAgain_thenOnlyThatWaits_andNamesAreCheckedAsBefore()
      throws Exception {
    write(
        """
        routes: [{ path: /, upstream: TWO }]
        retention: { days: 5 }
        """);

    gateway.reload();

    assertThat(log()).contains("config.needs_restart keys=retention.days");
    assertThat(gateway.get("/x").body()).isEqualTo("two");
  }

  @Test
  void givenWhatIsDecidedAtTheStart_whenItIsReadAgain_thenItStaysAlsoForWhatIsOpenedLater()
      throws Exception {
    var loops = gateway.gateway().config().loops();
    write("loops: %d\nroutes: [{ path: /, upstream: TWO }]".formatted(loops + 5));

    gateway.reload();

    assertThat(gateway.get("/x").body()).isEqualTo("two");
    assertThat(gateway.gateway().config().loops()).isEqualTo(loops);
    assertThat(log()).contains("config.needs_restart keys=loops");
  }

  @Test
  void givenAListenerOnLoopback_whenTheFileNamesAnother_thenForeignNamesAreStillRefused()
      throws Exception {
    var open = new Access(false, java.util.Set.of(), java.util.Set.of());
    var here = new Access(true, java.util.Set.of(), java.util.Set.of());

    assertThat(open.heardOn(here).loopback()).isTrue();
    assertThat(here.heardOn(open).loopback()).isFalse();
  }

  @Test
  void givenTheProcess_whenSighupComes_thenItReadsItsFileAgain() throws Exception {
    assumeFalse(hangupsAreIgnored(), "this process was started by nohup, and so are its children");
    var process =
        GatewayProcess.start(
            folder,
            List.of(),
            Map.of(),
            List.of("serve", "--config", file().toString(), "--listen", "127.0.0.1:0"));
    try (process;
        var client = new RawClient(process.ready())) {
      assertThat(client.get("/x").reply().body()).isEqualTo("one");

      write("routes: [{ path: /, upstream: TWO }]");
      hangUp(process);
      Awaitility.await().until(() -> process.err().contains("config.reloaded"));
      assertThat(client.get("/x").reply().body()).isEqualTo("two");

      write("routes: 5");
      hangUp(process);
      Awaitility.await().until(() -> process.err().contains("config.refused"));
      assertThat(client.get("/x").reply().body()).isEqualTo("two");
    }
  }

  private static boolean hangupsAreIgnored() throws Exception {
    var ignored =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .findFirst()
            .orElseThrow();
    return (Long.parseUnsignedLong(ignored.substring(7).strip(), 16) & 1) != 0;
  }

  private static void hangUp(GatewayProcess process) throws Exception {
    new ProcessBuilder("kill", "-HUP", "" + process.process().pid()).start().waitFor();
  }
}
