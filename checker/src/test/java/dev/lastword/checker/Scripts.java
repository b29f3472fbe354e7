package dev.lastword.checker;

import dev.lastword.checker.Endpoint.Exchange;
import dev.lastword.checker.Endpoint.Script;
import java.io.IOException;

/** Endpoints as people write them. */
final class Scripts {
  private static final int WORDS = 10;

  private Scripts() {}

  static String word(Exchange exchange, int i) {
    return "word-" + exchange.id + "-" + i + " ";
  }

  static String answer(Exchange exchange) {
    var text = new StringBuilder();
    for (int i = 0; i < WORDS; i++) {
      text.append(word(exchange, i));
    }
    return text.toString();
  }

  static void words(Exchange exchange) throws IOException, InterruptedException {
    words(exchange, 2); // a model's pace: without it all words would arrive in one read
  }

  private static void words(Exchange exchange, int pauseMs)
      throws IOException, InterruptedException {
    for (int i = 0; i < WORDS; i++) {
      exchange.event(word(exchange, i));
      Thread.sleep(pauseMs);
    }
  }

  /** Right: saves, and then says the terminal event, and goes on whoever leaves. */
  static final Script SAVES_BEFORE = savesBefore(2);

  /** The same with a pause after each word. */
  static Script savesBefore(int pauseMs) {
    return exchange -> {
      exchange.open();
      try {
        words(exchange, pauseMs);
      } catch (IOException e) {
        // the work goes on without its reader
      }
      exchange.save(answer(exchange));
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  /** The bug of them all: says the terminal event, and saves if the reader is still there. */
  static final Script SAVES_IF_READER_STAYS =
      exchange -> {
        exchange.open();
        words(exchange);
        exchange.event("[DONE]");
        if (exchange.readerStays(40)) {
          exchange.save(answer(exchange));
          exchange.end();
        }
      };

  /** Says the terminal event and saves a while later, whoever leaves. */
  static Script savesAfter(int ms) {
    return exchange -> {
      exchange.open();
      String answer = answer(exchange);
      try {
        words(exchange);
        exchange.event("[DONE]");
      } catch (IOException e) {
        // the work goes on without its reader
      }
      Thread.sleep(ms);
      exchange.save(answer);
      exchange.end();
    };
  }

  /** Never saves. */
  static final Script NEVER_SAVES =
      exchange -> {
        exchange.open();
        words(exchange);
        exchange.event("[DONE]");
        exchange.end();
      };
}
