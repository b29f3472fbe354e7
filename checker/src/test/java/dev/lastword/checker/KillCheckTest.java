package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * LW019. The server "dies" while a file exists: it breaks off what it says, as a killed one does.
 */
final class KillCheckTest {
  private static final int WORDS = 20;

  @TempDir Path folder;

  /** How an endpoint takes its death. */
  private enum Death {
    KEEPS_WHAT_WAS_SAID,
    LOSES_IT,
    SAYS_SUCCESS
  }

  private Endpoint.Script mortal(Death how) {
    return exchange -> {
      exchange.open();
      var said = new StringBuilder();
      for (int i = 0; i < WORDS; i++) {
        if (Files.exists(folder.resolve("killed"))) {
          if (how == Death.SAYS_SUCCESS) {
            exchange.event("[DONE]");
            exchange.end();
          }
          return;
        }
        said.append(Scripts.word(exchange, i));
        if (how != Death.LOSES_IT) {
          exchange.save(said.toString());
        }
        exchange.event(Scripts.word(exchange, i));
        Thread.sleep(3); // a model's pace, or it would be over before it could be killed
      }
      exchange.save(said + "[complete]");
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  private Checked killed(Death how) throws Exception {
    var file = folder.resolve("killed");
    try (var endpoint = new Endpoint(mortal(how))) {
      return Checked.endpoint(
          endpoint,
          "--only",
          "LW019",
          "--kill-command",
          "touch " + file,
          "--restart-command",
          "rm " + file,
          "--expect-complete",
          "\\[complete]");
    }
  }

  @Test
  void givenWordsThatAreKeptAsTheyCome_whenTheServerIsKilled_thenItPasses() throws Exception {
    var checked = killed(Death.KEEPS_WHAT_WAS_SAID);

    assertThat(checked.verdict("LW019")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenWordsThatLiveInTheProcess_whenTheServerIsKilled_thenTheirLossIsTold() throws Exception {
    var checked = killed(Death.LOSES_IT);

    assertThat(checked.verdict("LW019")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW019")).contains("what had been read is lost");
  }

  @Test
  void givenASuccessThatIsSaidHalfWay_whenTheServerIsKilled_thenItIsTold() throws Exception {
    var checked = killed(Death.SAYS_SUCCESS);

    assertThat(checked.verdict("LW019")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW019")).contains("success is said");
  }
}
