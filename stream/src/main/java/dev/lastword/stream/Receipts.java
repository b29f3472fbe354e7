package dev.lastword.stream;

import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.EventDigest;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has the last entry of a stream signed, before it is written: it carries its own receipt. */
final class Receipts {
  private static final Logger log = LoggerFactory.getLogger(Receipts.class);

  private final ReceiptSigner signer;
  private final Journal journal;
  private final Executor io;

  Receipts(ReceiptSigner signer, Journal journal, Executor io) {
    this.signer = signer;
    this.journal = journal;
    this.io = io;
  }

  /** Whether streams get receipts at all. */
  boolean areMade() {
    return !signer.equals(ReceiptSigner.NONE);
  }

  /**
   * Signs what a stream is sealed with. On its home.
   *
   * <p>A completed answer is all that was handed to the journal, on its way or there: an entry that
   * does not get there keeps this one from being applied. Any other outcome is signed when nothing
   * is on its way, and is of what readers were shown, and of the event that says why it ends.
   *
   * @param hooks names of those that have acknowledged it
   * @param told the entry with its receipt; without one where that cannot be made. On the home
   */
  void sign(Stream stream, Entry.Sealed sealed, List<String> hooks, Consumer<Entry.Sealed> told) {
    var digests = stream.digests();
    boolean fresh = sealed.events().count() > 0;
    for (var entry : stream.onTheirWay()) {
      fresh |= Digests.events(entry).count() > 0;
    }
    long epoch = fresh ? journal.epoch() : stream.lastEpoch();
    Consumer<EventDigest> digested =
        digest -> {
          digest.add(sealed.events());
          sign(stream, receipt(sealed, epoch, digest, hooks), sealed, told);
        };
    if (digests == null) {
      read(stream, sealed, digested, told);
    } else {
      boolean completed = sealed.outcome() == Outcome.COMPLETED;
      digested.accept(completed ? digests.whole(stream.onTheirWay()) : digests.visible());
    }
  }

  /** The first events are in the archive only, since a restart: it takes all of them once more. */
  private void read(
      Stream stream,
      Entry.Sealed sealed,
      Consumer<EventDigest> digested,
      Consumer<Entry.Sealed> told) {
    long visible = stream.eventCount();
    io.execute(
        () -> {
          var digest = new EventDigest();
          try {
            if (sealed.outcome() == Outcome.COMPLETED) {
              stream.history().readAnswer(block -> digest.add(block.events()));
            } else {
              stream.history().readVisible(visible, block -> digest.add(block.events()));
            }
          } catch (RuntimeException e) {
            stream.home().execute(() -> unsigned(stream, sealed, e, told));
            return;
          }
          stream.home().execute(() -> digested.accept(digest));
        });
  }

  private static Receipt receipt(
      Entry.Sealed sealed, long epoch, EventDigest digest, List<String> hooks) {
    long events = digest.events();
    return new Receipt(
        sealed.stream(),
        epoch,
        events == 0 ? "" : epoch + "-" + events,
        events,
        Receipt.text(digest),
        sealed.outcome(),
        hooks,
        sealed.atMs());
  }

  private void sign(
      Stream stream, Receipt receipt, Entry.Sealed sealed, Consumer<Entry.Sealed> told) {
    try {
      signer
          .sign(receipt)
          .whenComplete(
              (signed, failure) ->
                  stream
                      .home()
                      .execute(
                          () -> {
                            if (failure == null) {
                              told.accept(sealed.with(signed));
                            } else {
                              unsigned(stream, sealed, failure, told);
                            }
                          }));
    } catch (RuntimeException e) {
      unsigned(stream, sealed, e, told);
    }
  }

  private static void unsigned(
      Stream stream, Entry.Sealed sealed, Throwable cause, Consumer<Entry.Sealed> told) {
    log.error("seal.unsigned stream={}", stream.id(), cause);
    told.accept(sealed);
  }
}
