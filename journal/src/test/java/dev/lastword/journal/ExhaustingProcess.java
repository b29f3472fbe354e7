package dev.lastword.journal;

import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A process whose limit of descriptors is set to none by its parent while its journal is in use,
 * and given back. Says where it stands, line by line, and waits for a line before it goes on.
 */
final class ExhaustingProcess {
  private static final StreamId STREAM = new StreamId("descriptors-descriptors");
  private static final int LOADED = 400;

  private ExhaustingProcess() {}

  public static void main(String[] args) throws Exception {
    loadClasses();
    try (var journal =
        FileJournal.open(Path.of(args[0]), new FileJournal.Options(64 << 10, 4 << 10))) {
      int taken = 0;
      while (taken < LOADED) {
        append(journal, ++taken);
      }
      journal.trim(journal.tail());
      append(journal, ++taken);
      say("loaded");
      String told = "durable";
      while (told.equals("durable") && taken < 10 * LOADED) {
        told = append(journal, ++taken);
      }
      say("exhausted " + told + " " + journal.health());
      long began = System.nanoTime();
      while (journal.health() == Journal.Health.FULL
          && System.nanoTime() - began < TimeUnit.MINUTES.toNanos(1)) {
        Thread.onSpinWait();
      }
      System.out.println("healed " + append(journal, ++taken) + " " + journal.health());
    }
  }

  private static void say(String where) throws IOException {
    System.out.println(where);
    if (System.in.read() < 0) {
      throw new IOException("the parent is gone");
    }
  }

  /** Here each class is a file of its own, and loading it later would take a descriptor. */
  private static void loadClasses() throws Exception {
    var folder =
        Path.of(FileJournal.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .resolve(FileJournal.class.getPackageName().replace('.', '/'));
    try (var files = Files.list(folder)) {
      for (var file : files.toList()) {
        var name = file.getFileName().toString();
        if (name.endsWith(".class") && !name.startsWith("package-info")) {
          Class.forName(
              FileJournal.class.getPackageName() + "." + name.substring(0, name.length() - 6));
        }
      }
    }
  }

  private static String append(Journal journal, int seq) {
    var told = new CompletableFuture<String>();
    var events = EncodedEvents.of(List.of(SseEvent.of("x".repeat(500))));
    journal.append(
        new Entry.Appended(STREAM, seq, events),
        journal.fence(),
        new Journal.Ack() {
          @Override
          public void durable(long position, long epoch, long timeMs) {
            told.complete("durable");
          }

          @Override
          public void refused(Journal.Refusal refusal) {
            told.complete(refusal.toString());
          }
        });
    return told.orTimeout(1, TimeUnit.MINUTES).join();
  }
}
