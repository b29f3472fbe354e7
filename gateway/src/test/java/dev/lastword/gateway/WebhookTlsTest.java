package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.lastword.dialect.AssembledResponse;
import dev.lastword.hooks.AnswerReceipt;
import dev.lastword.hooks.WebhookHook;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.SavedResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import javax.net.ssl.SSLServerSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A webhook over TLS has to be who it says it is. */
class WebhookTlsTest {
  @TempDir Path folder;

  private static SavedResponse response() {
    return new SavedResponse(
        StreamId.random(),
        Outcome.COMPLETED,
        "",
        Map.of(),
        new AssembledResponse("Hello", List.of(), null, "{}"),
        3,
        "",
        1,
        2);
  }

  private static void save(int port, Optional<Path> caFile) throws Exception {
    try (var hook = hook(port, caFile, Duration.ofSeconds(30))) {
      hook.save(response()).toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
  }

  private static WebhookHook hook(int port, Optional<Path> caFile, Duration timeout) {
    var config =
        new HookConfig.Webhook(
            "audit",
            URI.create("https://localhost:" + port + "/saved"),
            List.of("a secret of some length"),
            List.of(
                AddressBlock.parse("127.0.0.0/8").orElseThrow(),
                AddressBlock.parse("::1/128").orElseThrow()),
            4,
            caFile);
    return (WebhookHook)
        new HookMaker(timeout, SocketFactory.getDefault(), AnswerReceipt.NONE).apply(config);
  }

  @Test
  void givenAConnectionOfHttp2ThatHasDied_whenItIsCalledAgain_thenOnAnother() throws Exception {
    var its = TestCertificate.ofLocalhost(folder);
    var socket =
        (SSLServerSocket)
            its.serving()
                .getServerSocketFactory()
                .createServerSocket(0, 100, InetAddress.getByName("localhost"));
    var parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    try (var endpoint = FramedUpstream.on(socket);
        var hook =
            hook(
                endpoint.port(),
                Optional.of(its.writeCertificate(folder.resolve("ca.pem"))),
                Duration.ofSeconds(2))) {
      var first = hook.save(response()).toCompletableFuture();
      var peer = endpoint.peer();
      peer.fields(peer.request().stream(), true, ":status", "204");
      first.get(20, TimeUnit.SECONDS);

      peer.answerPings(false); // and it answers nothing else either
      int tries = 0;
      while (endpoint.connections() == 1 && tries < 5) {
        var dead = hook.save(response()).toCompletableFuture();
        tries++;
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> dead.isDone() || endpoint.connections() > 1);
      }

      assertThat(endpoint.connections()).isEqualTo(2);
    }
  }

  @Test
  void givenACertificateOfItsOwn_whenCalled_thenItIsSavedWhereTheFileNamesIt_andNotElsewhere()
      throws Exception {
    var its = TestCertificate.ofLocalhost(folder);
    var another = TestCertificate.ofLocalhost(folder);
    var server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getByName("localhost"), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(its.serving()));
    server.createContext(
        "/saved",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    try {
      int port = server.getAddress().getPort();
      var file = its.writeCertificate(folder.resolve("ca.pem"));
      var other = another.writeCertificate(folder.resolve("other.pem"));

      save(port, Optional.of(file));
      for (var wrong : List.of(Optional.of(other), Optional.<Path>empty())) {
        assertThatThrownBy(() -> save(port, wrong))
            .isInstanceOf(ExecutionException.class)
            .hasMessageContaining("SSLHandshakeException");
      }
    } finally {
      server.stop(0);
    }
  }

  @Test
  void givenTheFileWasReplaced_whenTheConfigurationIsReadAgain_thenItsCertificatesAreTrusted()
      throws Exception {
    var ca = TestCertificate.ofLocalhost(folder).writeCertificate(folder.resolve("ca.pem"));
    var other = TestCertificate.ofLocalhost(folder).writeCertificate(folder.resolve("other.pem"));
    var yaml =
        """
        hooks: { m: { type: webhook, url: "https://x", secret: "0123456789abcdef", ca-file: "%s" } }
        """
            .formatted(ca);
    var hooks =
        new SaveHooks(
            config(yaml).hooks(),
            it -> response -> CompletableFuture.failedFuture(new IllegalStateException(it.name())),
            new GatewayMetrics());
    var first = hooks.of("m").orElseThrow();

    hooks.prepare(config(yaml)).run();
    assertThat(hooks.of("m")).as("nothing has changed").containsSame(first);

    Files.copy(other, ca, StandardCopyOption.REPLACE_EXISTING);
    hooks.prepare(config(yaml)).run();
    assertThat(hooks.of("m").orElseThrow()).isNotSameAs(first);
  }

  private Config config(String yaml) throws Exception {
    var settings = new Settings(Map.of());
    settings.readFile(Files.writeString(folder.resolve("lastword.yaml"), yaml));
    return Config.of(settings);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"nowhere.pem | cannot read", "empty.pem | holds no", "text.pem | holds no"})
  void givenAFileThatHoldsNoCertificate_thenTheHookIsNotMade(String name, String said)
      throws Exception {
    Files.writeString(folder.resolve("empty.pem"), "");
    Files.writeString(folder.resolve("text.pem"), "not a certificate");

    assertThatThrownBy(() -> save(1, Optional.of(folder.resolve(name))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'ca-file'")
        .hasMessageContaining(said)
        .satisfies(e -> assertThat(e.getMessage()).contains(name));
  }
}
