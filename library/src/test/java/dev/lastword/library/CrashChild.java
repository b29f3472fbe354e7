package dev.lastword.library;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.SavedResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;

/**
 * Writes one answer after the other, with a reader for each, until it is killed. Says {@code sent}
 * after each token, {@code saved} when an answer is saved and its saver has not returned yet, and
 * {@code told} once a reader has its end.
 */
final class CrashChild {
  static final String TEXT = "the whole answer, word by word ";

  private CrashChild() {}

  /** Writes into a directory; the saver of a certain answer, counted from 1, never returns. */
  public static void main(String[] args) throws Exception {
    var dir = Path.of(args[0]);
    int last = Integer.parseInt(args[1]);
    var lastword = Lastword.at(dir.resolve("data")).saver(response -> save(dir, response)).open();
    var readers = new Semaphore(4);
    for (int i = 1; ; i++) {
      int number = i;
      var answer = lastword.open("chat-1", Rig.ANN);
      readers.acquire();
      var reading = lastword.read(answer.id(), Rig.ANN, "").orElseThrow();
      Thread.ofVirtual()
          .start(
              () -> {
                if (Rig.readAll(reading).endsWith("data: [DONE]\n\n")) {
                  say("told " + answer.id());
                }
                readers.release();
              });
      for (var word : TEXT.split("(?<= )")) {
        answer.send(word);
        say("sent " + answer.id());
      }
      answer.seal(
          response -> {
            save(dir, response);
            say("saved " + response.stream());
            if (number == last) {
              new CountDownLatch(1).await();
            }
          });
    }
  }

  /** The application's own rows: a file for each answer, whole or not there. */
  static void save(Path dir, SavedResponse response) throws IOException {
    if (response.outcome() != Outcome.COMPLETED) {
      return;
    }
    var rows = Files.createDirectories(dir.resolve("rows"));
    var writing = dir.resolve("writing-" + response.stream());
    Files.writeString(writing, response.text(), StandardOpenOption.CREATE, StandardOpenOption.SYNC);
    Files.move(writing, rows.resolve(response.stream().value()), StandardCopyOption.ATOMIC_MOVE);
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
