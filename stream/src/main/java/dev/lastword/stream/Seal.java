package dev.lastword.stream;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.SealState.How;
import dev.lastword.stream.SealState.Releasing;
import dev.lastword.stream.SealState.Saving;
import dev.lastword.stream.SealState.Settled;
import dev.lastword.stream.SealState.Undecided;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
 *   <li>RELEASED: the outcome, with its receipt, is in the journal, and only now readers see the
 *       ending.
 * </ol>
 *
 * <p>Without save hooks the three are one entry. Failing anywhere leaves the ending unsaid. Used on
 * the stream's home only, so whoever decides first has decided: completion, cancel and failure need
 * no other arbiter.
 */
final class Seal {
  private static final Logger log = LoggerFactory.getLogger(Seal.class);
  private static final long DISK_RETRY_MS = 1_000;

  private final Stream stream;
  private final Streams streams;
  private final List<Consumer<How>> onSettled = new ArrayList<>();
  private final List<Runnable> onSaveOver = new ArrayList<>();
  private SealState state = new Undecided();

  /** A body is being read: what is late belongs to the stream, too. */
  private boolean readingBody;

  private boolean resting;
  private boolean saveIsOver;

  /** Whoever fills it knows that no hook needs to have it once it is whole. */
  private boolean keptInJournal;

  /** What its hooks will be told, while its ending is on its way to the disk. */
  private Optional<Responses.Ahead> ahead = Optional.empty();

  /** What its hooks are being told. */
  private @Nullable Save save;

  Seal(Stream stream, Streams streams) {
    this.stream = stream;
    this.streams = streams;
  }

  /** Whether nothing more happens to the stream but its move to the archive. */
  boolean isResting() {
    return resting;
  }

  /** Whether the answer is complete and waits for its hooks: too late to cancel. */
  boolean isSaving() {
    return state instanceof Saving;
  }

  /** An upstream's body is being read: what is late belongs to the stream, too. */
  void bodyIsRead() {
    readingBody = true;
  }

  /** The body has ended, or the upstream was let go. */
  void bodyIsOver() {
    readingBody = false;
    restIfDone();
  }

  /** Tells what the stream has come to, once there is nothing more that this process can do. */
  void whenSettled(Consumer<How> told) {
    if (state instanceof Settled settled) {
      told.accept(settled.how());
    } else {
      onSettled.add(told);
    }
  }

  /** Once it is whole the journal is the save, also where the stream names a hook. */
  void keepInJournal() {
    keptInJournal = true;
  }

  /** The stream is deleted: its hooks need not have it. */
  void deleted() {
    if (save != null) {
      save.stop();
    }
    tellSaveIsOver();
  }

  /**
   * Its owner does without a save that only waits for somebody to come; then it has failed.
   *
   * @return false if a hook is being told of it, or is about to be
   */
  boolean doWithoutSave() {
    return save != null && save.doWithout();
  }

  /** Tells once nothing of it has to be saved any more, or it is for another process to do. */
  void whenSaveIsOver(Runnable told) {
    if (saveIsOver) {
      told.run();
    } else {
      onSaveOver.add(told);
    }
  }

  private void tellSaveIsOver() {
    saveIsOver = true;
    var told = List.copyOf(onSaveOver);
    onSaveOver.clear();
    told.forEach(each -> Guard.call("save_over", stream.id(), each));
  }

  private void settle(How how) {
    forgetAhead();
    state = new Settled(how);
    var told = List.copyOf(onSettled);
    onSettled.clear();
    told.forEach(each -> Guard.call("settled", stream.id(), () -> each.accept(how)));
    if (how != How.RELEASED) {
      tellSaveIsOver();
    }
  }

  /** The stream was refused. What was fed meanwhile is nobody's. */
  void abandon() {
    settle(How.ABANDONED);
  }

  // --- decisions

  /**
   * The answer is whole.
   *
   * @param rest what of its ending is not in the journal yet
   */
  void complete(long firstSeq, EncodedEvents rest, boolean terminalMissing) {
    saving(firstSeq - 1 + rest.count());
    long now = streams.time().wallClockMs();
    if (isSavedByHooks() && !keptInJournal) {
      state = new Saving(streams.time().nanoTime());
      var ending = new Entry.Ending(stream.id(), firstSeq, rest, terminalMissing, now);
      write(ending, this::save);
      var prepared = streams.saver().ahead(stream, ending);
      if (save == null && state instanceof Saving) {
        ahead = prepared;
      } else {
        streams.saver().forget(prepared);
      }
    } else {
      release(
          new Releasing(Outcome.COMPLETED, sinceNanos(), false),
          new Entry.Sealed(
              stream.id(), firstSeq, rest, Outcome.COMPLETED, "", terminalMissing, now),
          this::writeKept);
    }
  }

  /**
   * Cancelled, failed or interrupted: what was seen stays, the terminal event tells why it ends
   * here.
   */
  void end(long firstSeq, Outcome outcome, String reason, SseEvent terminal) {
    saving(firstSeq);
    release(outcome, ending(firstSeq, outcome, reason, terminal));
  }

  /** The same, where all that was appended is applied. */
  private void end(Outcome outcome, String reason, SseEvent terminal) {
    end(stream.eventCount() + 1, outcome, reason, terminal);
  }

  /** The end of a stream is decided: what it is saved with. */
  private void saving(long events) {
    log.info("seal.saving stream={} events={}", stream.id(), events);
  }

  private Entry.Sealed ending(long firstSeq, Outcome outcome, String reason, SseEvent terminal) {
    return new Entry.Sealed(
        stream.id(),
        firstSeq,
        EncodedEvents.of(List.of(terminal)),
        outcome,
        reason,
        false,
        streams.time().wallClockMs());
  }

  private void release(Outcome outcome, Entry.Sealed entry) {
    release(new Releasing(outcome, sinceNanos(), false), entry, this::writeSealed);
  }

  /**
   * Writes the outcome, with its receipt. What else is decided until that is signed, a gap in the
   * journal, takes its place. One that is no success is of what readers have seen, and so waits
   * until that is certain.
   *
   * @param writing writes it, and what belongs into its flush
   */
  private void release(Releasing releasing, Entry.Sealed entry, Consumer<Entry.Sealed> writing) {
    forgetAhead();
    state = releasing;
    if (!streams.receipts().areMade()) {
      writing.accept(entry);
    } else if (entry.outcome() == Outcome.COMPLETED) {
      sign(releasing, entry, writing);
    } else {
      stream.whenSettled(
          () -> {
            if (state.equals(releasing)) {
              sign(releasing, entry, writing);
            }
          });
    }
  }

  private void sign(Releasing releasing, Entry.Sealed entry, Consumer<Entry.Sealed> writing) {
    streams
        .receipts()
        .sign(
            stream,
            entry,
            acknowledgedBy(entry.outcome()),
            signed -> {
              if (state.equals(releasing)) {
                writing.accept(signed);
              }
            });
  }

  /** Names of the hooks that have acknowledged the answer by now. */
  private List<String> acknowledgedBy(Outcome outcome) {
    if (outcome != Outcome.COMPLETED) {
      return List.of();
    }
    if (save != null) {
      return save.acknowledged();
    }
    return stream.state() instanceof StreamState.Saved
        ? streams.saver().names(stream.attributes())
        : List.of();
  }

  private long sinceNanos() {
    return state instanceof Saving saving ? saving.sinceNanos() : streams.time().nanoTime();
  }

  /**
   * Events of the answer were refused by the journal: it is not whole, whatever was decided since.
   */
  void broken(Journal.Refusal refusal) {
    switch (refusal) {
      case Journal.Refusal.Full full -> gap(codeOf(full), messageOf(full));
      case Journal.Refusal.TooLarge large ->
          gap(
              "event_too_large",
              "The upstream sent events larger than %d bytes.".formatted(large.bytesMax()));
      case Journal.Refusal.Fenced fenced -> lost("fenced by " + fenced.current().value());
      case Journal.Refusal.Closed closed -> lost(closed.reason());
    }
  }

  private static String codeOf(Journal.Refusal.Full full) {
    return full.outOfRoom() ? "disk_full" : "journal_blocked";
  }

  private static String messageOf(Journal.Refusal.Full full) {
    return full.outOfRoom()
        ? "The disk is full."
        : "The server cannot write on, though its disk has room.";
  }

  private void gap(String reason, String message) {
    boolean said = state instanceof Releasing releasing && isSaid(releasing);
    if (said || state instanceof Settled) {
      return;
    }
    saving(stream.eventCount() + 1);
    release(
        new Releasing(Outcome.FAILED, sinceNanos(), true),
        ending(stream.eventCount() + 1, Outcome.FAILED, reason, error(reason, message)),
        this::writeSealed);
  }

  /**
   * Whether the outcome that is on its way holds in spite of a gap. One that is no success, and
   * waits for its receipt, is written when what is missing is known.
   */
  private boolean isSaid(Releasing releasing) {
    boolean waits = streams.receipts().areMade() && releasing.outcome() != Outcome.COMPLETED;
    return releasing.gap() || waits;
  }

  /**
   * What a dead process left behind: every stream gets its outcome, none that was complete loses
   * it.
   */
  void recover() {
    switch (stream.state()) {
      case StreamState.Open open -> {
        if (stream.isCorrupt()) {
          end(Outcome.FAILED, "corrupt", error("corrupt", "A part of the response is damaged."));
        } else if (stream.isEnded() || stream.history().withheldCount() > 0) {
          complete();
        } else {
          end(Outcome.INTERRUPTED, "interrupted", interrupted(stream.dialect()));
        }
      }
      case StreamState.Complete complete -> {
        state = new Saving(streams.time().nanoTime());
        save();
      }
      case StreamState.Saved saved -> releaseWithheld();
      case StreamState.Released released -> {
        settle(How.RELEASED);
        if (isSavedByHooks() && !stream.isSaved() && !isSaveOver()) {
          saveInBackground(); // also a success that was said before it was saved
        } else {
          afterRelease();
        }
      }
    }
  }

  /** The upstream had said the ending, and can no longer be asked for what follows it. */
  private void complete() {
    var missing = stream.missingTerminal();
    var rest = missing.map(event -> EncodedEvents.of(List.of(event))).orElse(EncodedEvents.NONE);
    complete(stream.eventCount() + stream.history().withheldCount() + 1, rest, missing.isPresent());
  }

  // --- saving

  private boolean isSavedByHooks() {
    return streams.saver().isNeeded(stream.attributes());
  }

  /** COMPLETE is on disk. */
  private void save() {
    if (!(stream.state() instanceof StreamState.Complete) || !(state instanceof Saving)) {
      return; // it came after a gap, and the failure that was decided instead is on its way
    }
    if (!isSavedByHooks()) {
      releaseWithheld(); // the hooks were taken out of the configuration since
      return;
    }
    var prepared = ahead;
    ahead = Optional.empty();
    save =
        streams
            .saver()
            .save(
                stream,
                prepared,
                new Save.Listener() {
                  @Override
                  public void saved() {
                    releaseSaved();
                  }

                  @Override
                  public void rejected() {
                    endRejected();
                  }

                  @Override
                  public void readersMayKnow() {
                    releaseWithheld();
                  }
                });
  }

  private void forgetAhead() {
    streams.saver().forget(ahead);
    ahead = Optional.empty();
  }

  /** SAVED and RELEASED, one flush: between them nothing can happen but the power going out. */
  private void releaseSaved() {
    if (state instanceof Saving) {
      releaseWithheld(
          signed -> {
            writeSaved();
            writeSealed(signed);
          });
    } else {
      writeSaved(); // fail open: it was said already
    }
  }

  private void endRejected() {
    if (!(state instanceof Saving)) {
      writeRejected(); // fail open: it was said already
      return;
    }
    var reason = Responses.SAVE_REJECTED;
    long firstSeq = stream.eventCount() + 1;
    saving(firstSeq);
    release(
        new Releasing(Outcome.FAILED, sinceNanos(), false),
        ending(firstSeq, Outcome.FAILED, reason, error(reason, "The response could not be saved.")),
        signed -> {
          writeSealed(signed);
          writeRejected();
        });
  }

  private void writeSaved() {
    write(new Entry.Saved(stream.id(), streams.time().wallClockMs()), this::restIfDone);
  }

  private void writeRejected() {
    write(new Entry.Rejected(stream.id(), streams.time().wallClockMs()), this::restIfDone);
  }

  /** A restart that finds an outcome without a save would call the hook. */
  private void writeKept(Entry.Sealed entry) {
    if (isSavedByHooks()) {
      writeSaved();
    }
    writeSealed(entry);
  }

  private void writeSealed(Entry.Sealed entry) {
    write(entry, this::released);
  }

  /** SAVED is on disk, or need not be: say it. */
  private void releaseWithheld() {
    releaseWithheld(this::writeSealed);
  }

  private void releaseWithheld(Consumer<Entry.Sealed> writing) {
    if (state instanceof Releasing || state instanceof Settled) {
      return; // fail open: it was said before it was saved
    }
    release(
        new Releasing(Outcome.COMPLETED, sinceNanos(), false),
        new Entry.Sealed(
            stream.id(),
            stream.eventCount() + 1,
            EncodedEvents.NONE,
            Outcome.COMPLETED,
            "",
            false,
            streams.time().wallClockMs()),
        writing);
  }

  /** RELEASED is on disk and applied; its readers are woken by the mailbox. */
  private void released() {
    if (!(stream.state() instanceof StreamState.Released now)
        || !(state instanceof Releasing releasing)) {
      return; // it came after a gap and counts for nothing, or another outcome came first
    }
    long nanos = streams.time().nanoTime() - releasing.sinceNanos();
    log.info(
        "seal.sealed stream={} outcome={} reason={} events={} seal_ms={}",
        stream.id(),
        now.outcome().word(),
        now.reason(),
        stream.eventCount(),
        nanos / 1_000_000);
    streams.listener().released(now.outcome(), nanos);
    settle(How.RELEASED);
    afterRelease();
  }

  private void afterRelease() {
    if (!isSavedByHooks()) {
      stream.markSaved();
    } else if (!stream.isSaved() && !isSaveOver() && stream.outcome() != Outcome.COMPLETED) {
      saveInBackground();
    }
    restIfDone();
  }

  /** A rejected answer has this outcome because of its hooks: they are not asked again. */
  private boolean isSaveOver() {
    return stream.isSaveOver()
        || (stream.state() instanceof StreamState.Released released
            && released.reason().equals(Responses.SAVE_REJECTED));
  }

  /**
   * An outcome that is no success is said at once and saved after, so that a refresh shows it from
   * the store too.
   */
  private void saveInBackground() {
    save =
        streams
            .saver()
            .save(
                stream,
                new Save.Listener() {
                  @Override
                  public void saved() {
                    writeSaved();
                  }

                  @Override
                  public void rejected() {
                    writeRejected();
                  }

                  @Override
                  public void readersMayKnow() {}
                });
  }

  /** A stream may rest once it is released, its save is settled, and nothing late can come. */
  private void restIfDone() {
    boolean released = state instanceof Settled settled && settled.how() == How.RELEASED;
    boolean done = released && (stream.isSaved() || isSaveOver());
    if (done && !saveIsOver) {
      tellSaveIsOver();
    }
    if (done && !readingBody && !resting) {
      resting = true;
      streams.rests(stream);
    }
  }

  // --- writing

  /**
   * Appends an entry that must get there: a full disk is waited out, a failed one is for recovery.
   */
  private void write(Entry entry, Runnable onDurable) {
    streams.append(
        stream,
        entry,
        Step.Then.of(
            onDurable,
            refusal -> {
              switch (refusal) {
                case Journal.Refusal.Full full -> writeLater(entry, onDurable, full);
                case Journal.Refusal.TooLarge large -> broken(refusal);
                case Journal.Refusal.Fenced fenced -> broken(refusal);
                case Journal.Refusal.Closed closed -> broken(refusal);
              }
            }));
  }

  private void writeLater(Entry entry, Runnable onDurable, Journal.Refusal.Full full) {
    if (state instanceof Settled settled && settled.how() == How.ABANDONED) {
      return;
    }
    stream.subscribers().notice(codeOf(full), messageOf(full));
    stream.home().schedule(DISK_RETRY_MS, () -> write(entry, onDurable));
  }

  private void lost(String reason) {
    if (state instanceof Settled) {
      return;
    }
    log.error("seal.lost stream={} reason={}", stream.id(), reason);
    stream
        .subscribers()
        .notice(
            "journal_closed",
            "The response can no longer be saved; it is decided after a restart.");
    settle(How.LOST);
  }

  static SseEvent interrupted(Dialect dialect) {
    return dialect.error("interrupted", "The server stopped while the response was streaming.");
  }

  private SseEvent error(String code, String message) {
    return stream.dialect().error(code, message);
  }

  /** The outcome that is on its way to the disk, or there; null while nothing is decided. */
  @Nullable Outcome decided() {
    return switch (state) {
      case Undecided undecided -> null;
      case Saving saving -> Outcome.COMPLETED;
      case Releasing releasing -> releasing.outcome();
      case Settled settled -> stream.outcome();
    };
  }
}
