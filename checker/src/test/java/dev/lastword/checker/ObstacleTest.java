package dev.lastword.checker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said where nothing can be checked: one sentence, what to do, and exit code 2. */
final class ObstacleTest {
  @TempDir private static Path dir;
  private static PrivateCa ca;

  @BeforeAll
  static void makeCa() throws Exception {
    ca = new PrivateCa(dir, "dns:chat.example,ip:127.0.0.2");
  }

  private static String problem(Checked checked) {
    assertThat(checked.exitCode()).as(checked.out() + checked.err()).isEqualTo(2);
    return checked.json().path("problem").asString();
  }

  private static String problem(String response, String... more) throws Exception {
    try (var endpoint = new Endpoint(exchange -> exchange.raw(response))) {
      return problem(Checked.endpoint(endpoint, more));
    }
  }

  private static String response(String status, String type, String body) {
    return "HTTP/1.1 %s\r\nContent-Type: %s\r\nConnection: close\r\n\r\n%s"
        .formatted(status, type, body);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "401 No  | text/plain | no | needs a login (HTTP 401): add -H",
        "403 No  | text/plain | no | needs a login (HTTP 403): add -H",
        "404 No  | application/json | {\"detail\":\"Not Found\"} | check the URL; it says '{\"detail\":\"Not Found\"}'",
        "405 No  | text/plain | no | does not take POST (HTTP 405); -X names another method",
        "422 No  | application/json | {\"missing\":\"prompt\"} | check --data and the headers; it says '{\"missing\":\"prompt\"}'",
        "429 No  | text/plain | slow down | try again later; it says 'slow down'",
        "500 No  | text/html  | <h1>Oops</h1> | answers HTTP 500; its log may say why",
        "200 OK  | text/html  | <form><input type=\"password\"></form> | a login page (text/html), so credentials are missing",
        "200 OK  | text/html  | <h1>Chat</h1> | a page (text/html); check path and method",
        "200 OK  | application/json | {\"choices\":[]} | JSON (application/json); the request's body does not say \"stream\": true",
        "200 OK  | application/x-ndjson | {} | lines of JSON (application/x-ndjson)",
        "200 OK  | text/plain | `data: hello` | its content-type is text/plain: browsers refuse that",
        "200 OK  | text/event-stream | `: nothing` | an event stream without an event",
      })
  void givenAnotherResponse_whenChecked_thenItSaysWhyAndWhatToDo(
      String status, String type, String body, String says) throws Exception {
    assertThat(problem(response(status, type, body + "\n"))).contains(says);
  }

  @Test
  void givenARedirect_whenChecked_thenALoginIsToldFromAnotherAddress() throws Exception {
    var login = problem("HTTP/1.1 302 Found\r\nLocation: /login?next=/chat\r\n\r\n");
    var moved = problem("HTTP/1.1 307 Moved\r\nLocation: /chat/\r\n\r\n");

    assertThat(login).contains("/login?next=/chat", "credentials are missing", "-H");
    assertThat(moved).contains("redirects to /chat/", "check that address instead");
  }

  @Test
  void givenCredentialsThatAreRefused_whenChecked_thenItDoesNotAskToAddSome() throws Exception {
    assertThat(problem(response("401 No", "text/plain", "expired"), "-H", "cookie: session=1"))
        .isEqualTo(
            "the endpoint refuses the credentials that were sent (HTTP 401); it says 'expired'");
  }

  @Test
  void givenAStreamWasAskedForAndJsonComes_whenChecked_thenItDoesNotAskForIt() throws Exception {
    var body = response("200 OK", "application/json; charset=utf-8", "{\"id\":1}");

    assertThat(problem(body, "--data", "{\"stream\":true}"))
        .contains("asks for a stream already", "it says '{\"id\":1}'");
  }

  @Test
  void givenTheServerHangsUp_whenChecked_thenItSaysSo() throws Exception {
    assertThat(problem("")).contains("closed the connection without an answer");
  }

  @Test
  void givenTlsBehindHttpAndHttpBehindHttps_whenChecked_thenItSaysWhichSchemeToWrite()
      throws Exception {
    try (var hangsUp = new Endpoint(exchange -> exchange.reply(200, "text/plain", ""));
        var refuses = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var secure = new Endpoint(exchange -> exchange.reply(200, "text/plain", ""), ca.listen())) {
      Thread.startVirtualThread(
          () -> {
            try (var socket = refuses.accept()) {
              socket.getOutputStream().write("HTTP/1.1 400 Bad\r\n\r\n".getBytes(ISO_8859_1));
              socket.getInputStream().readAllBytes();
            } catch (IOException e) {
              // the reader has left, having read that
            }
          });
      var address = "https://127.0.0.1:" + refuses.getLocalPort() + "/";
      var https = Checked.run("check", address, "--json");
      var ended = Checked.run("check", hangsUp.url("/").replace("http:", "https:"), "--json");
      var http = Checked.run("check", secure.url("/").replace("https:", "http:"), "--json");

      assertThat(problem(https)).contains("does not speak TLS; write http://");
      assertThat(problem(ended)).contains("ended the TLS handshake", "write http://");
      assertThat(problem(http)).contains("write https://");
    }
  }

  @Test
  void givenAnUntrustedCertificate_whenChecked_thenItNamesCacert() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE, ca.listen())) {
      assertThat(problem(Checked.endpoint(endpoint))).contains("is not trusted; --cacert FILE");
    }
  }

  @Test
  void givenACertificateForAnotherName_whenChecked_thenItSaysWhichNamesItHas() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE, ca.listen())) {
      assertThat(problem(Checked.endpoint(endpoint, "--cacert", ca.certificate())))
          .contains("made out to another name", "127.0.0.1");
    }
  }

  @Test
  void givenNoSuchHost_whenChecked_thenItSaysSo() throws Exception {
    var checked = Checked.run("check", "http://no-such-host.invalid/chat", "--json");

    assertThat(problem(checked)).contains("there is no host of the name in http://no-such-host");
  }

  @Test
  void givenNoAnswerAtAll_whenChecked_thenItSaysHowLongItWaited() throws Exception {
    try (var endpoint = new Endpoint(exchange -> Thread.sleep(2_000))) {
      assertThat(problem(Checked.endpoint(endpoint, "--silence", "100ms")))
          .contains("no answer from", "--silence");
    }
  }

  @Test
  void givenAStepFails_whenChecked_thenItNamesTheStep() throws Exception {
    try (var endpoint = new Endpoint(LoginScripts.chats())) {
      var file = dir.resolve("check.yaml");
      Files.writeString(
          file,
          "url: %s\nsteps: {login: {url: '%s', data: {password: wrong}}}\n"
              .formatted(endpoint.url("/chats/1/messages"), endpoint.url("/login")));

      assertThat(problem(Checked.run("check", "-f", file.toString(), "--json")))
          .isEqualTo("step 'login' is answered HTTP 403; it says 'wrong password'");
    }
  }

  @Test
  void givenAHostWithAnUnderscore_whenNobodyKnowsIt_thenItIsTheNameThatIsUnknown()
      throws Exception {
    assertThat(
            problem(
                Checked.run(
                    "check", "http://my_service.invalid:8000/chat", "--json", "--data", "{}")))
        .contains("there is no host of the name in http://my_service.invalid:8000/chat");
  }
}
