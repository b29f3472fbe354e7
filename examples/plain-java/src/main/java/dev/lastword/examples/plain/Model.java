package dev.lastword.examples.plain;

import java.util.function.Consumer;

/** What answers: a language model, in this example one that knows its text by heart. */
@FunctionalInterface
interface Model {
  /** Plain words, some time apart. */
  Model SCRIPTED =
      (question, tokens) -> {
        var text =
            "You asked: \""
                + question
                + "\". I answer word by word, and you may close this page at any of them. "
                + "The answer goes on, its row is written, and only then its end is said. "
                + "Come back, and it is there.";
        for (var word : text.split("(?<= )")) {
          Thread.sleep(120);
          tokens.accept(word);
        }
      };

  /** Answers a question, a piece of text after the other. */
  void answer(String question, Consumer<String> tokens) throws InterruptedException;
}
