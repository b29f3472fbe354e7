package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.junit.jupiter.api.Test;

/** LW001 and LW003 against the orders in which people save. */
final class SaveCheckTest {
  @Test
  void givenSavesBeforeTheTerminal_whenChecked_thenBothPass() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var checked = Checked.endpoint(endpoint, "--only", "LW001,LW003");

      assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("pass");
      assertThat(checked.verdict("LW003")).as(checked.out()).isEqualTo("pass");
      assertThat(checked.exitCode()).isZero();
    }
  }

  @Test
  void givenSavesOnlyWhileTheReaderStays_whenChecked_thenAnswersAreLostAndExitCodeIsOne()
      throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_IF_READER_STAYS)) {
      var checked = Checked.endpoint(endpoint, "--only", "LW001,LW003");

      assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("fail");
      assertThat(checked.of("LW001").path("failed").asInt()).isEqualTo(5);
      assertThat(checked.verdict("LW003")).as(checked.out()).isEqualTo("fail");
      assertThat(checked.exitCode()).isEqualTo(1);
    }
  }

  @Test
  void givenSavesAWhileAfterTheTerminal_whenChecked_thenLateIsToldFromLost() throws Exception {
    try (var endpoint = new Endpoint(Scripts.savesAfter(60))) {
      var checked = Checked.endpoint(endpoint, "--only", "LW001,LW003");

      assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("pass");
      assertThat(checked.verdict("LW003")).as(checked.out()).isEqualTo("fail");
      assertThat(checked.detail("LW003")).contains("window ≈");
    }
  }

  @Test
  void givenNothingIsSavedEvenForACalmReader_whenChecked_thenItSaysSoAndExitCodeIsTwo()
      throws Exception {
    try (var endpoint = new Endpoint(Scripts.NEVER_SAVES)) {
      var checked = Checked.endpoint(endpoint);

      assertThat(checked.exitCode()).as(checked.out()).isEqualTo(2);
      assertThat(checked.json().path("problem").asString()).contains("even a reader who stays");
    }
  }

  @Test
  void givenNobodyListens_whenChecked_thenExitCodeIsTwo() throws Exception {
    try (var taken = new Socket()) { // a port that is bound, so that nobody can come to listen
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));

      var checked =
          Checked.run("check", "http://127.0.0.1:" + taken.getLocalPort() + "/chat", "--json");

      assertThat(checked.exitCode()).isEqualTo(2);
      assertThat(checked.json().path("problem").asString()).contains("nobody listens");
    }
  }

  @Test
  void givenALoginIsNeeded_whenChecked_thenItSaysSo() throws Exception {
    try (var endpoint = new Endpoint(exchange -> exchange.reply(401, "text/plain", "no"))) {
      var checked = Checked.endpoint(endpoint);

      assertThat(checked.exitCode()).isEqualTo(2);
      assertThat(checked.json().path("problem").asString()).contains("needs a login");
    }
  }

  @Test
  void givenAPageInsteadOfAStream_whenChecked_thenItSaysSo() throws Exception {
    try (var endpoint = new Endpoint(exchange -> exchange.reply(200, "text/html", "<p>hi"))) {
      var checked = Checked.endpoint(endpoint);

      assertThat(checked.exitCode()).isEqualTo(2);
      assertThat(checked.json().path("problem").asString()).contains("text/html");
    }
  }

  @Test
  void givenAVerificationThatFindsEverything_whenChecked_thenItIsRefused() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var checked =
          Checked.endpoint(endpoint, "--expect-match", "({{answer}})?", "--only", "LW001");

      assertThat(checked.exitCode()).as(checked.out()).isEqualTo(2);
      assertThat(checked.json().path("problem").asString()).contains("never given");
    }
  }
}
