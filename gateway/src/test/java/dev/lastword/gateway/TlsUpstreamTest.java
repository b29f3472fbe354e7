package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An upstream over TLS has to be who it says it is. */
class TlsUpstreamTest {
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir Path folder;

  private KeyStore keys(String names) throws Exception {
    var file = folder.resolve("keys.p12");
    var keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    var process =
        new ProcessBuilder(
                keytool,
                "-genkeypair",
                "-alias",
                "it",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=test",
                "-ext",
                "SAN=" + names,
                "-keystore",
                file.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit")
            .redirectErrorStream(true)
            .start();
    try (InputStream said = process.getInputStream()) {
      said.readAllBytes();
    }
    assertThat(process.waitFor()).isZero();
    var store = KeyStore.getInstance("PKCS12");
    try (var in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    return store;
  }

  private Path certificate(KeyStore store) throws Exception {
    var body =
        Base64.getMimeEncoder(64, new byte[] {'\n'})
            .encodeToString(store.getCertificate("it").getEncoded());
    return Files.writeString(
        folder.resolve("ca.pem"),
        "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n");
  }

  private static SSLServerSocket listen(KeyStore store) throws Exception {
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, PASSWORD);
    var context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return (SSLServerSocket)
        context
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  private static void answer(SSLServerSocket server) {
    try {
      while (true) {
        var socket = server.accept();
        Thread.ofVirtual()
            .start(
                () -> {
                  try (socket) {
                    ScriptedUpstream.Exchanged.read(socket, socket.getInputStream())
                        .respond(200, "text/plain", "secured");
                  } catch (IOException e) {
                    // a handshake that was refused
                  }
                });
      }
    } catch (IOException e) {
      // closed
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true, 'dns:localhost', 200",
    "true, 'dns:other.example', 502",
    "false, 'dns:localhost', 502"
  })
  void givenCertificate_thenOnlyATrustedOneForTheHostIsTaken(
      boolean trusted, String names, int status) throws Exception {
    var store = keys(names);
    Map<Setting, String> set =
        trusted ? Map.of(Setting.CA_FILE, certificate(store).toString()) : Map.of();
    try (var server = listen(store)) {
      Thread.ofVirtual().start(() -> answer(server));
      try (var gateway =
          TestGateway.start(
              folder.resolve("data"), "https://localhost:" + server.getLocalPort(), set)) {
        var response = gateway.get("/x");
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body()).contains(status == 200 ? "secured" : "upstream_unreachable");
      }
    }
  }

  @Test
  void givenCaFileThatIsNone_thenOneLineSaysSo() throws Exception {
    var file = Files.writeString(folder.resolve("bad.pem"), "nonsense");
    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () ->
                    TestGateway.start(
                        folder.resolve("data"),
                        "https://localhost:1",
                        Map.of(Setting.CA_FILE, file.toString()))))
        .isInstanceOf(ConfigException.class);
  }
}
