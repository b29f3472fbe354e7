package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.Endpoint.Exchange;
import dev.lastword.checker.Endpoint.Script;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Verifications that say something else than 404 where nothing is there. */
final class AbsentStatusTest {
  private final Map<String, String> rows = new ConcurrentHashMap<>();
  private final AtomicInteger chats = new AtomicInteger();

  /**
   * Answers a chat, and {@code /rows/ID} with what was saved of it.
   *
   * @param missing the status where there is no row
   * @param every so manieth answers are saved, the first of all too
   * @param lateMs how long after the terminal event; 0 for before
   */
  private Script application(int missing, int every, int lateMs) {
    return exchange -> {
      if (exchange.path.startsWith("/rows/")) {
        show(exchange, missing);
        return;
      }
      boolean kept = chats.getAndIncrement() % every == 0;
      exchange.open();
      try {
        Scripts.words(exchange);
        if (lateMs == 0 && kept) {
          rows.put(exchange.id, Scripts.answer(exchange));
        }
        exchange.event("[DONE]");
      } catch (IOException e) {
        // the work goes on without its reader
      }
      Thread.sleep(lateMs);
      if (kept) {
        rows.put(exchange.id, Scripts.answer(exchange));
      }
      exchange.end();
    };
  }

  private void show(Exchange exchange, int missing) throws IOException {
    var text = rows.get(exchange.path.substring("/rows/".length()));
    exchange.reply(text == null ? missing : 200, "text/plain", text == null ? "no row" : text);
  }

  private static Checked check(Script script, String... more) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      var args =
          new ArrayList<>(
              List.of(
                  "check",
                  endpoint.url("/chat"),
                  "--data",
                  "{\"message\":\"about {{run}}\"}",
                  "--verify",
                  endpoint.url("/rows/{{header:x-message-id}}"),
                  "--wait",
                  "400ms",
                  "--json"));
      args.addAll(List.of(more));
      return Checked.run(args.toArray(String[]::new));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 403, 302})
  void givenALossNowAndThen_whenAMissingRowHasThisStatus_thenTheLossIsTold(int missing)
      throws Exception {
    var checked = check(application(missing, 2, 0), "--only", "LW001");

    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW001")).contains("HTTP " + missing, "not there yet");
    assertThat(checked.of("LW001").path("runs").asInt()).isEqualTo(20);
    assertThat(checked.exitCode()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 403, 302, 503})
  void givenSavesBeforeTheTerminal_whenAMissingRowHasThisStatus_thenARightApplicationPasses(
      int missing) throws Exception {
    var checked =
        check(application(missing, 1, 0), "--only", "LW001,LW003,LW011", "--readers", "4");

    assertThat(checked.exitCode()).as(checked.out()).isZero();
    for (var code : List.of("LW001", "LW003", "LW011")) {
      assertThat(checked.verdict(code)).as(code + checked.out()).isEqualTo("pass");
    }
  }

  @Test
  void givenSavesAfterTheTerminal_whenAMissingRowIsAServerError_thenLateIsTold() throws Exception {
    var checked = check(application(500, 1, 80), "--only", "LW001,LW003");

    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.verdict("LW003")).as(checked.out()).isEqualTo("fail");
  }

  @Test
  void givenManyReadersAtATime_whenSomeAreLostAndMissingRowsAreServerErrors_thenTheLossIsTold()
      throws Exception {
    var checked = check(application(500, 2, 0), "--only", "LW011", "--readers", "6");

    assertThat(checked.verdict("LW011")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.of("LW011").path("failed").asInt()).isEqualTo(3);
  }

  @Test
  void givenALossNowAndThen_whenTheVerificationIsUnavailableThere_thenThereIsNoVerdict()
      throws Exception {
    var checked = check(application(503, 2, 0), "--only", "LW001,LW011");

    for (var code : List.of("LW001", "LW011")) {
      assertThat(checked.verdict(code)).as(code + checked.out()).isEqualTo("inconclusive");
      assertThat(checked.detail(code)).contains("more could not be judged", "HTTP 503");
    }
    assertThat(checked.exitCode()).isEqualTo(3);
  }

  @Test
  void givenAVerificationThatBreaks_whenItFailsForWhatIsSavedToo_thenNobodyIsAccused()
      throws Exception {
    var application = application(500, 1, 0);
    Script breaks =
        exchange -> {
          if (exchange.path.startsWith("/rows/") && chats.get() > 3) {
            exchange.reply(500, "text/plain", "out of order");
            return;
          }
          application.answer(exchange);
        };

    var checked = check(breaks, "--only", "LW001");

    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("inconclusive");
    assertThat(checked.detail("LW001")).contains("the verification failed: HTTP 500");
    assertThat(checked.exitCode()).isEqualTo(3);
  }

  @Test
  void givenSomeReadersAreRefused_whenTheOthersAreSaved_thenThePassSaysSo() throws Exception {
    var application = application(404, 1, 0);
    var asked = new AtomicInteger();
    Script refuses =
        exchange -> {
          if (!exchange.path.startsWith("/rows/") && asked.incrementAndGet() == 3) {
            exchange.reply(429, "text/plain", "slow down");
            return;
          }
          application.answer(exchange);
        };

    var checked = check(refuses, "--only", "LW001");

    assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.detail("LW001")).contains("4 of 4", "1 more could not be judged", "429");
  }
}
