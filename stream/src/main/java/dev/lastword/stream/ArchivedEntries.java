package dev.lastword.stream;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import java.util.function.Consumer;

/**
 * Appends entries about streams that are in the archive: the journal keeps them until the archive
 * has heard of them. Used on one home.
 */
final class ArchivedEntries {
  private final Journal journal;
  private final FencingToken fence;
  private final Journaled journaled;
  private final Home home;

  ArchivedEntries(Journal journal, Journaled journaled, Home home) {
    this.journal = journal;
    this.fence = journal.fence();
    this.journaled = journaled;
    this.home = home;
  }

  /**
   * Appends one.
   *
   * @param durable told where it stands, and the pin that holds it there until it is removed
   * @param refused why it was not written
   */
  void append(Entry entry, Durable durable, Consumer<Journal.Refusal> refused) {
    long from = journal.tail();
    Pin pin = () -> from;
    journaled.add(pin);
    journal.append(
        entry,
        fence,
        new Journal.Ack() {
          @Override
          public void durable(long position, long epoch, long timeMs) {
            home.execute(() -> durable.durable(position, pin));
          }

          @Override
          public void refused(Journal.Refusal refusal) {
            home.execute(
                () -> {
                  journaled.remove(pin);
                  refused.accept(refusal);
                });
          }
        });
  }

  /** What follows an entry that is on disk, on the home. */
  interface Durable {
    void durable(long position, Pin pin);
  }

  static JournalFailedException failure(Journal.Refusal refusal) {
    return new JournalFailedException("the journal refused: " + refusal);
  }
}
