package dev.lastword.stream;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends one stream. The order of the steps is the product's promise, so all of them stand here; each
 * begins when the one before is on disk:
 *
 * <ol>
 *   <li>COMPLETE: the whole answer is in the journal, its ending withheld;
 *   <li>SAVED: the save hooks have acknowledged it, and that is in the journal;
 *   <li>RELEASED: the outcome is in the journal, and only now readers see the ending.
 * </ol>
 *
 * <p>Without save hooks the three are one entry. Failing anywhere leaves the ending unsaid. Used on
 * the stream's home only, so whoever decides first has decided: completion, cancel and failure need
 * no other arbiter.
 */
final class Seal {
  private static final Logger log = LoggerFactory.getLogger(Seal.class);

  /** For entries whose fate changes nothing. */
  static final Step.Then UNHEEDED = then(() -> {}, refusal -> {});

  private static final long DISK_RETRY_MS = 1_000;

  private final Stream stream;
  private final Streams streams;
  private final List<Consumer<Settled>> onSettled = new ArrayList<>();
  private @Nullable Outcome decided;
  private @Nullable Settled settled;
  private boolean broken;
  private boolean releasing;
  private boolean givenUp;
  private boolean resting;
  private boolean readingBody;
  private long decidedNanos;

  /** What this process can still do for a stream. */
  enum Settled {
    /** Its outcome is on disk. */
    RELEASED,
    /** The journal takes nothing any more: it is decided after a restart. */
    LOST,
    /** It was refused and never was. */
    ABANDONED
  }

  Seal(Stream stream, Streams streams) {
    this.stream = stream;
    this.streams = streams;
  }

  /** Whether nothing more happens to the stream but its move to the archive. */
  boolean isResting() {
    return resting;
  }

  /** The outcome that was decided, on disk or on its way there; null while nothing is. */
  @Nullable Outcome decided() {
    return decided;
  }

  /** An upstream's body is being read: what is late belongs to the stream, too. */
  void bodyIsRead() {
    readingBody = true;
  }

  /** The body has ended, or the upstream was let go. */
  void bodyIsOver() {
    readingBody = false;
    closeIfDone();
  }

  /** Tells what the stream has come to, once there is nothing more that this process can do. */
  void whenSettled(Consumer<Settled> told) {
    if (settled != null) {
      told.accept(settled);
    } else {
      onSettled.add(told);
    }
  }

  private void settle(Settled as) {
    settled = as;
    var told = List.copyOf(onSettled);
    onSettled.clear();
    told.forEach(each -> each.accept(as));
  }

  /** The stream was refused. What was fed meanwhile is nobody's. */
  void abandon() {
    settle(Settled.ABANDONED);
  }

  /** The answer is whole. */
  void complete(long firstSeq, EncodedEvents withheld, boolean terminalMissing) {
    decide(Outcome.COMPLETED);
    log.info("seal.saving stream={} events={}", stream.id(), firstSeq - 1 + withheld.count());
    long now = streams.time().wallClockMs();
    if (streams.saver().isNeeded()) {
      write(new Entry.Ending(stream.id(), firstSeq, withheld, terminalMissing, now), this::save);
    } else {
      write(
          new Entry.Sealed(
              stream.id(), firstSeq, withheld, Outcome.COMPLETED, "", terminalMissing, now),
          this::released);
    }
  }

  /**
   * Cancelled, failed or interrupted: what was seen stays, the terminal event tells why it ends
   * here.
   */
  void end(long firstSeq, Outcome outcome, String reason, SseEvent terminal) {
    decide(outcome);
    write(
        new Entry.Sealed(
            stream.id(),
            firstSeq,
            EncodedEvents.of(List.of(terminal)),
            outcome,
            reason,
            false,
            streams.time().wallClockMs()),
        this::released);
  }

  /**
   * Events of the answer were refused by the journal: it is not whole, whatever was decided since.
   */
  void broken(long firstSeq, Journal.Refusal refusal) {
    switch (refusal) {
      case Journal.Refusal.Full full -> fail(firstSeq, "disk_full", "The disk is full.");
      case Journal.Refusal.TooLarge large ->
          fail(
              firstSeq,
              "event_too_large",
              "The upstream sent events larger than %d bytes.".formatted(large.bytesMax()));
      case Journal.Refusal.Fenced fenced -> lost("fenced by " + fenced.current().value());
      case Journal.Refusal.Closed closed -> lost(closed.reason());
    }
  }

  private void fail(long firstSeq, String reason, String message) {
    if (!broken && settled == null) {
      broken = true;
      end(firstSeq, Outcome.FAILED, reason, error(reason, message));
    }
  }

  /**
   * What a dead process left behind: every stream gets its outcome, none that was complete loses
   * it.
   */
  void recover() {
    switch (stream.state()) {
      case StreamState.Open open ->
          end(
              stream.eventCount() + 1,
              Outcome.INTERRUPTED,
              "interrupted",
              interrupted(stream.dialect()));
      case StreamState.Complete complete -> {
        decide(Outcome.COMPLETED);
        save();
      }
      case StreamState.Saved saved -> {
        decide(Outcome.COMPLETED);
        release();
      }
      case StreamState.Released released -> {
        decide(released.outcome());
        settle(Settled.RELEASED);
        if (streams.saver().isNeeded() && !stream.isSaved()) {
          saveInBackground();
        } else {
          afterRelease();
        }
      }
    }
  }

  /** COMPLETE is on disk: call the hooks. */
  private void save() {
    if (!(stream.state() instanceof StreamState.Complete) || settled != null) {
      return; // it came after a gap, and the failure that was decided instead is on its way; or the
      // stream was refused
    }
    if (!streams.saver().isNeeded()) {
      release(); // the hooks were taken out of the configuration since
      return;
    }
    streams
        .saver()
        .save(
            stream,
            new Saver.Listener() {
              @Override
              public void saved() {
                // Two entries, one flush: between them nothing can happen but the power going out.
                write(
                    new Entry.Saved(stream.id(), streams.time().wallClockMs()),
                    () -> closeIfDone());
                release();
              }

              @Override
              public void rejected() {
                givenUp = true;
                if (releasing) {
                  closeIfDone(); // fail open: it was said already
                  return;
                }
                end(
                    stream.eventCount() + 1,
                    Outcome.FAILED,
                    Responses.SAVE_REJECTED,
                    error(Responses.SAVE_REJECTED, "The response could not be saved."));
              }

              @Override
              public void patienceIsOver() {
                log.warn("seal.released_unsaved stream={}", stream.id());
                release();
              }
            });
  }

  /** SAVED is on disk or before this entry on its way: say it. */
  private void release() {
    if (releasing) {
      return; // fail open: it was said before it was saved
    }
    releasing = true;
    write(
        new Entry.Sealed(
            stream.id(),
            stream.eventCount() + 1,
            EncodedEvents.NONE,
            Outcome.COMPLETED,
            "",
            false,
            streams.time().wallClockMs()),
        this::released);
  }

  /** RELEASED is on disk and applied; its readers are woken by the mailbox. */
  private void released() {
    if (!(stream.state() instanceof StreamState.Released now) || settled != null) {
      return; // it came after a gap and counts for nothing, or another outcome came first
    }
    long nanos = streams.time().nanoTime() - decidedNanos;
    log.info(
        "seal.sealed stream={} outcome={} reason={} events={} seal_ms={}",
        stream.id(),
        now.outcome().word(),
        now.reason(),
        stream.eventCount(),
        nanos / 1_000_000);
    streams.listener().released(now.outcome(), nanos);
    settle(Settled.RELEASED);
    afterRelease();
  }

  private void afterRelease() {
    if (!streams.saver().isNeeded()) {
      stream.markSaved();
    } else if (stream.outcome() != Outcome.COMPLETED && !stream.isSaved() && !givenUp) {
      saveInBackground();
    }
    closeIfDone();
  }

  /** A stream may rest once it is released, its save is settled, and nothing late can come. */
  private void closeIfDone() {
    boolean saveIsOver = stream.isSaved() || givenUp;
    if (saveIsOver && settled == Settled.RELEASED && !readingBody && !resting) {
      resting = true;
      streams.closed(stream);
    }
  }

  /**
   * An outcome that is no success is said at once and saved after, so that a refresh shows it from
   * the store too.
   */
  private void saveInBackground() {
    streams
        .saver()
        .save(
            stream,
            new Saver.Listener() {
              @Override
              public void saved() {
                write(
                    new Entry.Saved(stream.id(), streams.time().wallClockMs()),
                    () -> closeIfDone());
              }

              @Override
              public void rejected() {
                givenUp = true;
                closeIfDone();
              }

              @Override
              public void patienceIsOver() {}
            });
  }

  private void decide(Outcome outcome) {
    decided = outcome;
    decidedNanos = streams.time().nanoTime();
  }

  /**
   * Appends an entry that must get there: a full disk is waited out, a failed one is for recovery.
   */
  private void write(Entry entry, Runnable onDurable) {
    streams.append(
        stream,
        entry,
        then(
            onDurable,
            refusal -> {
              switch (refusal) {
                case Journal.Refusal.Full full -> {
                  if (settled == Settled.ABANDONED) {
                    return;
                  }
                  stream.subscribers().notice("disk_full", "The disk is full.");
                  stream.home().schedule(DISK_RETRY_MS, () -> write(entry, onDurable));
                }
                case Journal.Refusal.TooLarge large -> broken(stream.eventCount() + 1, refusal);
                case Journal.Refusal.Fenced fenced -> broken(stream.eventCount() + 1, refusal);
                case Journal.Refusal.Closed closed -> broken(stream.eventCount() + 1, refusal);
              }
            }));
  }

  private void lost(String reason) {
    if (settled != null) {
      return;
    }
    log.error("seal.lost stream={} reason={}", stream.id(), reason);
    stream
        .subscribers()
        .notice(
            "journal_closed",
            "The response can no longer be saved; it is decided after a restart.");
    settle(Settled.LOST);
  }

  static SseEvent interrupted(Dialect dialect) {
    return dialect.error("interrupted", "The server stopped while the response was streaming.");
  }

  private SseEvent error(String code, String message) {
    return stream.dialect().error(code, message);
  }

  private static Step.Then then(Runnable durable, Consumer<Journal.Refusal> refused) {
    return new Step.Then() {
      @Override
      public void durable() {
        durable.run();
      }

      @Override
      public void refused(Journal.Refusal refusal) {
        refused.accept(refusal);
      }
    };
  }
}
