package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.Endpoint.Exchange;
import dev.lastword.checker.Endpoint.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Generations that begin with an earlier request than the one whose response is their stream. */
final class BegunByStepTest {
  private static final int PIECES = 20;
  private static final int PACE_MS = 10;

  @TempDir private Path dir;

  /** One generation: its pieces are there at a pace, whether or not somebody reads them. */
  private record Generation(Exchange begun, long startedNanos, AtomicBoolean cancelled) {
    String piece(int i) {
      return "word-" + begun.id + "-" + i + " ";
    }

    void awaitPiece(int i) throws InterruptedException {
      long due = startedNanos + 1_000_000L * PACE_MS * i;
      Thread.sleep(Math.max(0, (due - System.nanoTime()) / 1_000_000));
    }

    /** Saves unless its reader has left by then. */
    void saveAtTheEnd() throws InterruptedException {
      awaitPiece(PIECES);
      var text = new StringBuilder();
      for (int i = 0; i < PIECES; i++) {
        text.append(piece(i));
      }
      if (!cancelled.get()) {
        begun.save(text.toString());
      }
    }
  }

  /** As Gradio's and other queues: POST begins a generation, GET reads it, to leave cancels it. */
  private static Script cancelledByItsReader() {
    Map<String, Generation> all = new ConcurrentHashMap<>();
    return exchange -> {
      if (exchange.method.equals("POST")) {
        var one = new Generation(exchange, System.nanoTime(), new AtomicBoolean());
        all.put(exchange.id, one);
        exchange.reply(200, "application/json", "{\"id\":\"" + exchange.id + "\"}");
        one.saveAtTheEnd();
      } else {
        var id = exchange.path.substring("/events/".length());
        read(exchange, Objects.requireNonNull(all.get(id)));
      }
    };
  }

  private static void read(Exchange exchange, Generation generation)
      throws IOException, InterruptedException {
    try {
      exchange.open();
      for (int i = 0; i < PIECES; i++) {
        generation.awaitPiece(i);
        exchange.event("{\"delta\":\"" + generation.piece(i) + "\"}");
        if (!exchange.readerStays(1)) {
          generation.cancelled().set(true);
          return;
        }
      }
      generation.awaitPiece(PIECES + 2);
      exchange.event("[DONE]");
      exchange.end();
    } catch (IOException e) {
      generation.cancelled().set(true); // noticed by a write
    }
  }

  @Test
  void givenAStepThatBeginsTheGeneration_whenReadersLeaveHalfWay_thenTheyLeaveWhileItRuns()
      throws Exception {
    try (var endpoint = new Endpoint(cancelledByItsReader())) {
      var file =
          Files.writeString(
              dir.resolve("check.yaml"),
              """
              url: HOST/events/{{call.json:/id}}
              method: GET
              verify: HOST/messages/{{call.json:/id}}
              steps: {call: {url: HOST/begin, method: POST, data: '{"message":"about {{run}}"}'}}
              """
                  .replace("HOST", endpoint.url("")));

      var checked =
          Checked.run(
              "check", "-f", file.toString(), "--json", "--wait", "400ms", "--only", "LW004");

      assertThat(checked.verdict("LW004")).as(checked.out() + checked.err()).isEqualTo("fail");
      assertThat(checked.detail("LW004")).contains("6 of 6 readers");
    }
  }
}
