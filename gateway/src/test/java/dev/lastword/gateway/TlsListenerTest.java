package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients are served over TLS: today's versions only, with files that can be replaced. */
class TlsListenerTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path folder;
  private ScriptedUpstream upstream;
  private TestCertificate certificate;
  private final Map<Setting, String> set = new HashMap<>();

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on("/u", x -> x.respond(200, "text/plain", "u"));
    upstream.on(CHAT, x -> x.stream().delta("Hello").finish().data("[DONE]").end());
    certificate = TestCertificate.ofLocalhost(folder);
    set.put(Setting.TLS_CERTIFICATE, certificate.writeCertificate(pem("cert")).toString());
    set.put(Setting.TLS_KEY, certificate.writeKey(pem("key")).toString());
  }

  @AfterEach
  void stop() throws Exception {
    upstream.close();
  }

  private Path pem(String name) {
    return folder.resolve(name + ".pem");
  }

  private TestGateway gateway() {
    return TestGateway.start(folder.resolve("data"), upstream.url(), set);
  }

  private static HttpClient client(SSLContext context, HttpClient.Version version) {
    return HttpClient.newBuilder().sslContext(context).version(version).build();
  }

  private static String url(TestGateway gateway, String target) {
    return "https://localhost:" + gateway.gateway().address().getPort() + target;
  }

  private static HttpResponse<String> get(HttpClient client, TestGateway gateway, String target)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create(url(gateway, target)))
            .timeout(Duration.ofSeconds(20))
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void givenCertificate_thenStreamsAreRelayedAndReadOverTls() throws Exception {
    try (var gateway = gateway();
        var client = client(certificate.trusting(), HttpClient.Version.HTTP_1_1)) {
      var answer =
          client.send(
              HttpRequest.newBuilder(URI.create(url(gateway, CHAT)))
                  .header("content-type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString("{}"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
      assertThat(answer.body()).contains("Hello").contains("[DONE]");
      var id = answer.headers().firstValue("lastword-stream").orElseThrow();
      assertThat(get(client, gateway, "/v1/stream/" + id).body()).contains("Hello");
      assertThat(get(client, gateway, "/u").body()).isEqualTo("u");
    }
  }

  @Test
  void givenClientThatSpeaksPlainHttp_thenItIsNotAnsweredInPlain() throws Exception {
    try (var gateway = gateway();
        var plain = gateway.client()) {
      plain.get("/u");
      assertThat(plain.serverCloses()).isTrue();
      assertThat(upstream.exchanges()).isEmpty();
    }
  }

  @Test
  void givenNameOfAnother_orPageOfAnotherSite_thenItIsRefusedAsEverywhere() throws Exception {
    try (var gateway = gateway();
        var named = secured(gateway);
        var foreign = secured(gateway);
        var own = secured(gateway)) {
      named.send("GET /u HTTP/1.1\r\nHost: evil.example\r\n\r\n");
      assertThat(named.reply().status()).isEqualTo(421);
      foreign.post(CHAT, "{}", "Origin: https://evil.example");
      assertThat(foreign.reply().status()).isEqualTo(403);
      own.post(CHAT, "{}", "Origin: https://localhost");
      assertThat(own.reply().status()).isEqualTo(200);
    }
  }

  private RawClient secured(TestGateway gateway) throws Exception {
    return new RawClient(
        certificate
            .trusting()
            .getSocketFactory()
            .createSocket("localhost", gateway.gateway().address().getPort()));
  }

  @Test
  void givenHttp10_whenTheAnswerBreaksOff_thenItDoesNotLookComplete() throws Exception {
    upstream.on(CHAT, x -> x.stream().delta("Hel").cut());
    try (var gateway = gateway();
        var client = secured(gateway)) {
      client.send("POST " + CHAT + " HTTP/1.0\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
      assertThatThrownBy(client::rest).isInstanceOf(IOException.class);
    }
  }

  // --- versions, as openssl sees them

  private String openssl(TestGateway gateway, String typed, String... flags) throws Exception {
    return openssl(gateway.gateway().address().getPort(), typed, flags);
  }

  private static String openssl(int port, String typed, String... flags) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not there");
    var command =
        new ArrayList<>(List.of("/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:" + port));
    command.addAll(List.of(flags));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var in = process.getOutputStream()) {
      in.write(typed.getBytes(UTF_8));
    }
    var said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return said;
  }

  @ParameterizedTest
  @CsvSource({
    "-tls1_3, TLSv1.3",
    "-tls1_2, TLSv1.2",
    "-tls1_1, ''",
    "-tls1, ''",
  })
  void givenVersionOfTls_thenOnlyTodaysAreSpoken(String flag, String version) throws Exception {
    try (var gateway = gateway()) {
      var said = openssl(gateway, "", flag, "-cipher", "DEFAULT@SECLEVEL=0");
      if (version.isEmpty()) {
        assertThat(said).contains("Cipher is (NONE)").contains("alert protocol version");
      } else {
        assertThat(said).contains("New, " + version + ", Cipher is ");
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "h2,http/1.1 | ALPN protocol: h2",
        "http/1.1,h2 | ALPN protocol: h2",
        "http/1.1 | ALPN protocol: http/1.1",
        "spdy/1 | No ALPN negotiated",
      })
  void givenWhatAClientOffers_thenItIsAgreedOn(String offered, String agreed) throws Exception {
    try (var gateway = gateway()) {
      assertThat(openssl(gateway, "", "-alpn", offered)).contains(agreed);
    }
  }

  @ParameterizedTest
  @CsvSource({"ECDHE-ECDSA-AES128-GCM-SHA256, true", "ECDHE-ECDSA-AES128-SHA, false"})
  void givenTls12_thenOnlySuitesThatHttp2AllowsAreTaken(String suite, boolean taken)
      throws Exception {
    try (var gateway = gateway()) {
      assertThat(openssl(gateway, "", "-tls1_2", "-cipher", suite).contains("Cipher is " + suite))
          .isEqualTo(taken);
    }
  }

  /** With a certificate of RSA, which the older suites would take, too. */
  @ParameterizedTest
  @CsvSource({
    "ALL:COMPLEMENTOFALL, true",
    "ALL:COMPLEMENTOFALL:!ECDHE+AESGCM:!ECDHE+CHACHA20, false",
  })
  void givenTls12_whenAllButThoseSuitesAreOffered_thenNoneIsTaken(String suites, boolean taken)
      throws Exception {
    var rsa = TestCertificate.of(folder, "dns:localhost", "RSA");
    set.put(Setting.TLS_CERTIFICATE, rsa.writeCertificate(pem("rsa-cert")).toString());
    set.put(Setting.TLS_KEY, rsa.writeKey(pem("rsa-key")).toString());
    try (var gateway = gateway()) {
      var said = openssl(gateway, "", "-tls1_2", "-cipher", suites + ":@SECLEVEL=0");
      assertThat(said)
          .contains(taken ? "New, TLSv1.2, Cipher is ECDHE-RSA-" : "alert handshake failure");
    }
  }

  @ParameterizedTest
  @CsvSource({"-tls1_2", "-tls1_3"})
  void givenClientThatWouldCompress_thenNothingIsCompressed(String version) throws Exception {
    try (var gateway = gateway()) {
      assertThat(openssl(gateway, "", version, "-comp")).contains("Compression: NONE");
    }
  }

  @Test
  void givenTls12_whenTheClientAsksForANewHandshake_thenItIsRefused() throws Exception {
    var args =
        new ArrayList<>(
            List.of(
                "serve", "--upstream", upstream.url(), "--listen", "127.0.0.1:0", "--data", "d"));
    set.forEach((setting, value) -> args.addAll(List.of("--set", setting.key() + "=" + value)));
    try (var process = GatewayProcess.start(folder, List.of(), Map.of(), args)) {
      int port = process.ready().getPort();
      var client =
          new ProcessBuilder(
                  "/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:" + port, "-tls1_2")
              .redirectErrorStream(true)
              .start();
      try (var in = client.getOutputStream()) {
        in.write("R\n".getBytes(UTF_8)); // what s_client takes for the wish
        in.flush();
        var said = new String(client.getInputStream().readAllBytes(), UTF_8);
        assertThat(said).contains("RENEGOTIATING").containsIgnoringCase("alert");
      }
    }
  }

  // --- files that are replaced

  private X509Certificate shown(TestGateway gateway, TestCertificate... trusted) throws Exception {
    for (var one : trusted) {
      try (var socket =
          (SSLSocket)
              one.trusting()
                  .getSocketFactory()
                  .createSocket("localhost", gateway.gateway().address().getPort())) {
        socket.startHandshake();
        return (X509Certificate) socket.getSession().getPeerCertificates()[0];
      } catch (IOException e) {
        // it shows another one
      }
    }
    throw new IOException("none of these");
  }

  @Test
  void givenFilesThatAreReplaced_thenNewConnectionsSeeTheNewOnes_andRunningOnesGoOn()
      throws Exception {
    var goOn = new CountDownLatch(1);
    upstream.on(
        "/held",
        x -> {
          x.stream().data("first");
          goOn.await();
          x.data("second").end();
        });
    var renewed = TestCertificate.ofLocalhost(folder);
    var stray = TestCertificate.ofLocalhost(folder);
    try (var gateway = gateway();
        var client = client(certificate.trusting(), HttpClient.Version.HTTP_1_1)) {
      var running =
          client.send(
              HttpRequest.newBuilder(URI.create(url(gateway, "/held"))).build(),
              BodyHandlers.ofLines());

      stray.writeCertificate(pem("cert")); // without its key: no pair
      assertThat(shown(gateway, certificate, stray, renewed)).isEqualTo(certificate.certificate());
      renewed.writeKey(pem("key"));
      renewed.writeCertificate(pem("cert"));
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(shown(gateway, certificate, stray, renewed))
                      .isEqualTo(renewed.certificate()));

      goOn.countDown();
      assertThat(running.body().toList()).contains("data: first", "data: second");
    }
  }

  @Test
  void givenReplacementThatIsNoPair_thenTheOldOneStays() throws Exception {
    var source = new Tls.Source(pem("cert"), pem("key"), java.util.Optional.empty());
    var tls = Tls.of(source);
    try (var upstreamless = gateway()) {
      TestCertificate.ofLocalhost(folder).writeKey(pem("key"));
      tls.reloadIfChanged();
      Files.writeString(pem("cert"), "nonsense");
      tls.reloadIfChanged();
      Files.delete(pem("cert"));
      tls.reloadIfChanged();
      assertThat(shown(upstreamless, certificate)).isEqualTo(certificate.certificate());
    }
  }

  // --- clients that show who they are

  @Test
  void givenClientCa_thenOnlyClientsWithItsCertificatesAreServed() throws Exception {
    var known = TestCertificate.of(folder, "dns:client", "RSA");
    var stranger = TestCertificate.of(folder, "dns:client", "RSA");
    set.put(Setting.TLS_CLIENT_CA, known.writeCertificate(pem("clients")).toString());
    try (var gateway = gateway();
        var with = client(certificate.trusting(known), HttpClient.Version.HTTP_2);
        var without = client(certificate.trusting(), HttpClient.Version.HTTP_1_1);
        var other = client(certificate.trusting(stranger), HttpClient.Version.HTTP_1_1)) {
      assertThat(get(with, gateway, "/u").body()).isEqualTo("u");
      assertThatThrownBy(() -> get(without, gateway, "/u")).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> get(other, gateway, "/u")).isInstanceOf(IOException.class);
      assertThat(upstream.exchanges()).hasSize(1);
    }
  }

  // --- bounds

  @Test
  void givenClientThatDoesNotGoOnWithItsHandshake_thenItIsClosed() throws Exception {
    set.put(Setting.HEADER_READ, "300");
    try (var gateway = gateway();
        var silent = gateway.client().timeoutMs(10_000)) {
      silent.send(new byte[] {22, 3, 1, 2});
      assertThat(silent.serverCloses()).isTrue();
    }
  }

  @Test
  void givenReaderThatDoesNotReadOverTls_thenLittleWaitsForIt() throws Exception {
    var content = "x".repeat(8_000);
    upstream.on(
        "/long",
        x -> {
          x.stream();
          for (int i = 0; i < 1_000; i++) {
            x.data(i + content);
          }
          x.end();
        });
    try (var gateway = gateway();
        var healthy = client(certificate.trusting(), HttpClient.Version.HTTP_1_1);
        var socket =
            (SSLSocket)
                certificate
                    .trusting()
                    .getSocketFactory()
                    .createSocket("localhost", gateway.gateway().address().getPort())) {
      socket
          .getOutputStream()
          .write("GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
      Awaitility.await()
          .until(
              () ->
                  get(healthy, gateway, "/api/streams")
                      .body()
                      .contains("\"outcome\":\"completed\""));
      assertThat(gateway.gateway().pendingBytesMax()).isLessThan(192 << 10);
    }
  }

  // --- what cannot be used is said

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "key | -----BEGIN RSA PRIVATE KEY----- | PKCS#8",
        "key | -----BEGIN EC PRIVATE KEY----- | PKCS#8",
        "key | -----BEGIN ENCRYPTED PRIVATE KEY----- | without a password",
        "key | nonsense | holds no private key",
        "cert | nonsense | certificate",
      })
  void givenFileThatIsNone_thenOneLineSaysWhy(String file, String text, String said)
      throws Exception {
    Files.writeString(pem(file), text);
    assertThatThrownBy(this::gateway)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("tls." + (file.equals("key") ? "key" : "certificate"))
        .hasMessageContaining(said);
  }

  @Test
  void givenKeyOfAnother_thenOneLineSaysSo() throws Exception {
    TestCertificate.ofLocalhost(folder).writeKey(pem("key"));
    assertThatThrownBy(this::gateway).hasMessageContaining("is not the key of the certificate");
    set.remove(Setting.TLS_KEY);
    assertThatThrownBy(this::gateway).hasMessageContaining("'tls.key'");
  }
}
