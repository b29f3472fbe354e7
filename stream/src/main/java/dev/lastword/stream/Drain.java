package dev.lastword.stream;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets generations go on for a while, and then ends what still runs as interrupted. */
final class Drain {
  private static final Logger log = LoggerFactory.getLogger(Drain.class);
  private static final long CHECK_MS = 50;

  /** How long, after the grace, the disk has for taking the last outcomes. */
  private static final long SEAL_MS = 5_000;

  private final Admissions admissions;
  private final Journaled journaled;
  private final TimeSource time;
  private final Home home;
  private final CompletableFuture<Void> done = new CompletableFuture<>();

  Drain(Admissions admissions, Journaled journaled, TimeSource time, Home home) {
    this.admissions = admissions;
    this.journaled = journaled;
    this.time = time;
    this.home = home;
  }

  /** Completed when no generation runs any more, or the disk does not take their outcomes. */
  CompletionStage<Void> start(long graceMs) {
    log.info("streams.draining generations={} grace_ms={}", admissions.places(), graceMs);
    long deadlineNanos = time.nanoTime() + graceMs * 1_000_000;
    home.execute(() -> look(deadlineNanos, false));
    return done;
  }

  private void look(long deadlineNanos, boolean interrupted) {
    long leftMs = (deadlineNanos - time.nanoTime()) / 1_000_000;
    if (admissions.places() == 0 || (interrupted && leftMs < -SEAL_MS)) {
      for (var item : journaled.all()) {
        item.stream()
            .subscribers()
            .notice("draining", "The server is going away; come back for the rest.");
      }
      done.complete(null);
      return;
    }
    boolean over = leftMs <= 0;
    if (over && !interrupted) {
      journaled.all().forEach(Drain::interrupt);
    }
    home.schedule(CHECK_MS, () -> look(deadlineNanos, over));
  }

  private static void interrupt(Journaled.Item item) {
    var filling = item.filling();
    if (filling != null) {
      item.stream().home().execute(filling::interrupt);
    }
  }
}
