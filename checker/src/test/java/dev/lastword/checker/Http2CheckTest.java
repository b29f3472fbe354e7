package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Servers that speak HTTP/2 and nothing else, with TLS and without. */
final class Http2CheckTest {
  @TempDir private static Path dir;
  private static PrivateCa ca;

  @BeforeAll
  static void makeCa() throws Exception {
    ca = new PrivateCa(dir, "ip:127.0.0.1");
  }

  private static Checked check(Http2Endpoint endpoint, String... more) throws Exception {
    var args =
        new ArrayList<>(
            List.of(
                "check",
                endpoint.url("/chat"),
                "--data",
                "{\"message\":\"{{run}}\"}",
                "--verify",
                endpoint.url("/messages/{{header:x-message-id}}"),
                "--wait",
                "400ms",
                "--json"));
    args.addAll(List.of(more));
    return Checked.run(args.toArray(String[]::new));
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void givenPlainHttp2AndSavesFirst_whenChecked_thenNothingIsFound() throws Exception {
    try (var endpoint = new Http2Endpoint(true, null)) {
      var checked = check(endpoint, "--http2");

      assertThat(checked.exitCode()).as(checked.out() + checked.err()).isZero();
      assertThat(checked.verdict("LW001")).isEqualTo("pass");
      assertThat(checked.verdict("LW003")).isEqualTo("pass");
      assertThat(checked.verdict("LW004")).isEqualTo("pass");
      assertThat(checked.verdict("LW014")).isEqualTo("pass");
    }
  }

  @Test
  void givenSavesOnlyWhileTheReaderStays_whenReadersLeave_thenResetAndCloseAreBothTried()
      throws Exception {
    try (var endpoint = new Http2Endpoint(false, null)) {
      var checked = check(endpoint, "--http2", "--only", "LW001", "--runs", "6");

      var found = checked.of("LW001");
      int runs = found.path("runs").asInt();
      int races = runs == 6 ? 0 : 2; // such as whose save was done before its reader's leaving came
      assertThat(found.path("failed").asInt())
          .as(checked.out())
          .isGreaterThanOrEqualTo(runs - races);
      assertThat(endpoint.resets).hasValueBetween(runs / 2 - races, runs / 2);
      assertThat(endpoint.closes).hasValueBetween(runs / 2 - races, runs / 2);
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void givenTlsWithHttp2Alone_whenChecked_thenItIsFoundOutAndSpoken() throws Exception {
    try (var endpoint = new Http2Endpoint(true, ca)) {
      var found = check(endpoint, "--cacert", ca.certificate());
      var told = check(endpoint, "--cacert", ca.certificate(), "--http2", "--only", "LW001,LW003");

      assertThat(found.exitCode()).as(found.out() + found.err()).isZero();
      assertThat(found.verdict("LW001")).isEqualTo("pass");
      assertThat(told.exitCode()).as(told.out() + told.err()).isZero();
    }
  }

  @Test
  void givenPlainHttp2_whenTheFlagIsMissing_thenItSaysSo() throws Exception {
    try (var endpoint = new Http2Endpoint(true, null)) {
      var checked = check(endpoint);

      assertThat(checked.exitCode()).isEqualTo(2);
      assertThat(checked.json().path("problem").asString()).contains("add --http2");
    }
  }

  @Test
  void givenHttp1Alone_whenHttp2IsAskedFor_thenItSaysSo() throws Exception {
    try (var endpoint =
        new Endpoint(
            exchange -> exchange.raw("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))) {
      var checked = Checked.endpoint(endpoint, "--http2");

      assertThat(checked.exitCode()).isEqualTo(2);
      assertThat(checked.json().path("problem").asString()).contains("leave --http2 out");
    }
  }

  @Test
  void givenTlsWithHttp1Alone_whenTheCaIsNamed_thenItIsChecked() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE, ca.listen())) {
      var checked =
          Checked.endpoint(endpoint, "--cacert", ca.certificate(), "--only", "LW001,LW003,LW014");

      assertThat(checked.exitCode()).as(checked.out() + checked.err()).isZero();
      assertThat(checked.verdict("LW001")).isEqualTo("pass");
    }
  }

  @Test
  void givenTlsWithHttp1Alone_whenItSavesTooLate_thenThatIsFound() throws Exception {
    try (var endpoint = new Endpoint(Scripts.savesAfter(60), ca.listen())) {
      var checked = Checked.endpoint(endpoint, "--cacert", ca.certificate(), "--only", "LW003");

      assertThat(checked.verdict("LW003")).as(checked.out()).isEqualTo("fail");
    }
  }
}
