package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    SAYS_SUCCESS,
    KEEPS_MORE_THAN_IT_SAID
  }

  private Endpoint.Script mortal(Death how) {
    return exchange -> {
      exchange.open();
      var said = new StringBuilder();
      for (int i = 0; i < WORDS; i++) {
        if (Files.exists(folder.resolve("killed"))) {
          if (how == Death.KEEPS_MORE_THAN_IT_SAID) {
            exchange.save(saved(said + "which nobody heard", how));
          }
          if (how == Death.SAYS_SUCCESS) {
            exchange.event("[DONE]");
            exchange.end();
          }
          return;
        }
        said.append(Scripts.word(exchange, i));
        if (how != Death.LOSES_IT) {
          exchange.save(saved(said.toString(), how));
        }
        exchange.event(Scripts.word(exchange, i));
        Thread.sleep(20); // a model's pace, or it would be over before it could be killed
      }
      exchange.save(
          how == Death.KEEPS_MORE_THAN_IT_SAID ? saved(said.toString(), how) : said + "[complete]");
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  private static String saved(String text, Death how) {
    return how == Death.KEEPS_MORE_THAN_IT_SAID
        ? "{\"last\":{\"text\":\"" + text.strip() + "\"}}"
        : text;
  }

  @Test
  void givenAWordThatIsKeptBeforeItIsSaid_whenAValueOfJsonIsExpected_thenThatIsNoLoss()
      throws Exception {
    var checked = killed(Death.KEEPS_MORE_THAN_IT_SAID, "--expect-json", "/last/text={{answer}}");

    assertThat(checked.verdict("LW019")).as(checked.out()).isEqualTo("pass");
  }

  private Checked killed(Death how, String... more) throws Exception {
    var file = folder.resolve("killed");
    try (var endpoint = new Endpoint(mortal(how))) {
      var args =
          new ArrayList<>(
              List.of(
                  "--only",
                  "LW019",
                  "--kill-command",
                  "touch " + file,
                  "--restart-command",
                  "rm " + file,
                  "--expect-complete",
                  "\\[complete]"));
      args.addAll(List.of(more));
      return Checked.endpoint(endpoint, args.toArray(String[]::new));
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
