package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A network of 2 KB/s with 200 ms each way hides nothing that is wrong and adds nothing. These
 * tests wait most of the time, and do so together.
 */
final class SlowNetworkTest {
  private static Checked check(Endpoint endpoint, String... more) throws Exception {
    try (var network = new SlowNetwork(endpoint.port(), 200, 2_000)) {
      var args =
          new ArrayList<>(
              List.of(
                  "check", network.url("/chat"), "--data", "{\"m\":\"{{run}}\"}", "--runs", "2"));
      args.addAll(List.of("--json", "--wait", "700ms"));
      args.addAll(List.of(more));
      for (int i = 0; i < args.size(); i++) {
        args.set(i, args.get(i).replace("SLOW", network.url("")));
      }
      return Checked.run(args.toArray(String[]::new));
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void givenSavesBeforeTheTerminal_whenCheckedThroughIt_thenThereIsNoFalseAlarm() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var checked = check(endpoint, "--verify", "SLOW/messages/{{header:x-message-id}}");

      assertThat(checked.exitCode()).as(checked.out() + checked.err()).isZero();
      assertThat(checked.verdict("LW001")).isEqualTo("pass");
      assertThat(checked.verdict("LW004")).isEqualTo("pass");
      assertThat(checked.verdict("LW013")).isEqualTo("pass");
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void givenNoVerification_whenCheckedThroughIt_thenThereIsNoFalseAlarm() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var checked = check(endpoint);

      assertThat(checked.exitCode()).as(checked.out() + checked.err()).isEqualTo(3);
      assertThat(checked.out()).doesNotContain("\"fail\"");
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void givenSavesOnlyWhileTheReaderStays_whenCheckedThroughIt_thenItIsStillFound()
      throws Exception {
    var first = new AtomicBoolean(true);
    try (var endpoint =
        new Endpoint(
            exchange -> {
              exchange.open();
              Scripts.words(exchange);
              exchange.event("[DONE]");
              // The calm reader stays; all after it leave, however late the machine lets them.
              if (exchange.readerStays(first.getAndSet(false) ? 900 : 10_000)) {
                exchange.save(Scripts.answer(exchange));
                exchange.end();
              }
            })) {
      var checked =
          check(endpoint, "--verify", "SLOW/messages/{{header:x-message-id}}", "--only", "LW001");

      assertThat(checked.verdict("LW001")).as(checked.out()).isEqualTo("fail");
      assertThat(checked.of("LW001").path("failed").asInt()).as(checked.out()).isEqualTo(2);
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void givenALongWayAndMuchRoom_whenAShortAnswerArrivesAtOnce_thenNothingHoldsItBack()
      throws Exception {
    Endpoint.Script quick =
        exchange -> {
          if (!exchange.path.equals("/chat")) {
            exchange.reply(404, "text/plain", "");
            return;
          }
          exchange.open();
          var words = new StringBuilder();
          for (int i = 0; i < 10; i++) {
            words.append("data: ").append(Scripts.word(exchange, i)).append("\n\n");
          }
          exchange.chunk(words + "data: [DONE]\n\n");
          exchange.end();
        };
    try (var endpoint = new Endpoint(quick);
        var network = new SlowNetwork(endpoint.port(), 400, 100_000_000)) {
      var checked = Checked.run("check", network.url("/chat"), "-d{}", "--only", "LW013", "--json");

      assertThat(checked.verdict("LW013")).as(checked.out()).isEqualTo("pass");
    }
  }
}
