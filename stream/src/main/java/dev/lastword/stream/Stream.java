package dev.lastword.stream;

import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.EpochSpan;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.journal.Entry;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One response's events under one URL.
 *
 * <p>It is what its entries make of it: {@link #apply} is the only way that anything visible
 * changes, and it is called in journal order, with durable entries only, by the running process and
 * by recovery alike. Changed on its home; read from anywhere. Where its events are is its {@link
 * History}'s matter.
 */
public final class Stream implements Pin {
  private final StreamId id;
  private volatile Dialect dialect;
  private final boolean toldByEvents;
  private volatile Map<String, String> attributes;
  private final long createdMs;
  private final Home home;
  private final boolean atRest;
  private final History history;
  private final Subscribers subscribers = new Subscribers();

  private volatile StreamState state = new StreamState.Open();
  private volatile boolean opened;
  private volatile long eventCount;
  private volatile long bytes;
  private volatile long late;
  private volatile List<EpochSpan> epochs = List.of();
  private volatile boolean saved;
  private volatile boolean saveOver;
  private volatile boolean terminalMissing;
  private volatile boolean ended;
  private volatile boolean deleted;
  private volatile boolean corrupt;
  private volatile long openedAt;
  private long completeTimeMs;
  private long lastPosition;

  /** What was signed of it; {@code ""} before it is sealed, and where there is no receipt. */
  private volatile String receipt = "";

  /** Number of the event that the receipt goes out with; 0 while there is none. */
  private volatile long receiptSeq;

  /** Of its events; null where nobody needs them, or the first are in the archive only. */
  private @Nullable Digests digests;

  /** Entries on their way to the disk, in their order. On the home. */
  private final ArrayDeque<Entry> appending = new ArrayDeque<>();

  /** Waits until there are none. On the home. */
  private final List<Runnable> whenSettled = new ArrayList<>();

  /** Its readers are about to be woken. On the home. */
  private boolean toWake;

  /** The place in the journal before which nothing is needed to know this stream. */
  private volatile long neededFrom;

  /**
   * What streams are made of.
   *
   * @param residentBytesMax bytes of events kept in memory; older ones are read back
   * @param digested whether receipts are made of what they are sealed with
   */
  record Ground(BlockStore store, MemoryBudget budget, int residentBytesMax, boolean digested) {}

  private Stream(
      ArchivedStream row,
      Dialect dialect,
      Home home,
      Ground ground,
      boolean atRest,
      long neededFrom) {
    this.id = row.id();
    this.dialect = dialect;
    this.toldByEvents = !isSettled(dialect);
    this.attributes =
        isSettled(dialect)
            ? Map.copyOf(row.attributes())
            : named(row.attributes(), dialect.settled());
    this.createdMs = row.createdMs();
    this.openedAt = row.openedAt();
    this.home = home;
    this.atRest = atRest;
    this.neededFrom = neededFrom;
    this.history = new History(this, ground, row);
    this.digests = ground.digested() && !atRest && row.lastSeq() == 0 ? new Digests() : null;
    take(row);
  }

  /**
   * A stream of which nothing is in the archive.
   *
   * @param position a place in the journal before which it has no entry
   */
  static Stream journaled(
      Entry.Opened opened, Dialect dialect, Home home, Ground ground, long position) {
    var row = ArchivedStream.opened(opened.stream(), opened.attributes(), opened.atMs(), position);
    return new Stream(row, dialect, home, ground, false, position);
  }

  /** A stream as the archive has it: at rest, or to be gone on with. */
  static Stream archived(ArchivedStream row, Dialect dialect, Home home, Ground ground) {
    return new Stream(row, dialect, home, ground, row.atRest(), row.upTo());
  }

  private void take(ArchivedStream row) {
    eventCount = row.events();
    bytes = row.bytes();
    late = row.late();
    epochs = row.epochs().stream().filter(span -> span.firstSeq() <= row.events()).toList();
    saved = row.saved();
    saveOver = row.saveOver();
    terminalMissing = row.terminalMissing();
    ended = row.ended();
    corrupt = row.corrupt();
    completeTimeMs = row.completeTimeMs();
    lastPosition = row.upTo();
    opened = row.upTo() > 0 || row.atRest();
    receipt = row.receipt();
    receiptSeq = receipt.isEmpty() ? 0 : row.events();
    var outcome = row.outcome();
    state =
        switch (row.state()) {
          case OPEN -> new StreamState.Open();
          case COMPLETE -> new StreamState.Complete(row.endedMs());
          case SAVED -> new StreamState.Saved(row.endedMs());
          case RELEASED -> {
            if (outcome == null) {
              throw new IllegalStateException("stream " + id + " is released without an outcome");
            }
            yield new StreamState.Released(outcome, row.reason(), row.endedMs());
          }
        };
    if (row.withheld() > 0) {
      history.withholdArchived(row);
    }
  }

  /** Its id. */
  public StreamId id() {
    return id;
  }

  /** How its upstream speaks, as far as that is known: the first events may have to tell. */
  public Dialect dialect() {
    return dialect;
  }

  private static Map<String, String> named(Map<String, String> attributes, Dialect dialect) {
    return with(attributes, Attributes.DIALECT, dialect.name());
  }

  private static Map<String, String> with(
      Map<String, String> attributes, String name, String value) {
    var more = new HashMap<>(attributes);
    more.put(name, value);
    return Map.copyOf(more);
  }

  private static boolean isSettled(Dialect dialect) {
    return dialect.equals(dialect.settled());
  }

  /**
   * The terminal event to say where the upstream left it out; empty if there is none. Where only
   * the events told the dialect nothing is said in the upstream's place: whoever speaks like a
   * vendor under a path of its own has clients of its own, which may not know that event.
   */
  Optional<SseEvent> missingTerminal() {
    return toldByEvents ? Optional.empty() : dialect.missingTerminal();
  }

  /** Its events have told the dialect. */
  void settle(Dialect as) {
    dialect = as;
    attributes = named(attributes, as);
  }

  /**
   * Looks for the dialect, and the response's id, in events that are about to be applied, as the
   * generation did before they were written: after a restart nobody else does.
   */
  private void settleBy(EncodedEvents events) {
    if (isToldMore()) {
      long before = eventCount + history.withheldCount();
      int looked = Math.min(events.count(), Dialects.LOOK_MAX - (int) before);
      var first = events.slice(0, looked).decode();
      dialect.settledBy(first).ifPresent(this::settle);
      nameBy(first);
    }
  }

  /** Whether the next events that are applied may tell the dialect, or the response's id. */
  boolean isToldMore() {
    var here = dialect;
    boolean unnamed = here.hasResponseIds() && !attributes.containsKey(Attributes.NAME);
    return (!isSettled(here) || unnamed)
        && eventCount + history.withheldCount() < Dialects.LOOK_MAX;
  }

  /** Its first events may say by which id the upstream's clients come back to it. */
  private void nameBy(List<SseEvent> first) {
    if (dialect.hasResponseIds() && !attributes.containsKey(Attributes.NAME)) {
      first.stream()
          .flatMap(event -> dialect.responseId(event).stream())
          .findFirst()
          .filter(id -> id.length() <= Attributes.NAME_LENGTH_MAX)
          .ifPresent(id -> attributes = with(attributes, Attributes.NAME, id));
    }
  }

  /** What was written down about it when it was opened. */
  public Map<String, String> attributes() {
    return attributes;
  }

  /** Where it stands. */
  public StreamState state() {
    return state;
  }

  /** Its outcome, or null while it has none. */
  public @Nullable Outcome outcome() {
    return state instanceof StreamState.Released released ? released.outcome() : null;
  }

  /**
   * Whether a part of it was damaged on the disk, so that nobody can say what it was: it is not
   * shown.
   */
  public boolean isCorrupt() {
    return corrupt;
  }

  /** What there is to say about it now. */
  public StreamView view() {
    var now = state;
    return new StreamView(
        id,
        attributes,
        now.word(),
        now instanceof StreamState.Released r ? r.outcome() : null,
        now instanceof StreamState.Released r ? r.reason() : "",
        terminalMissing,
        saved,
        createdMs,
        endedMs(now),
        eventCount,
        bytes,
        late,
        epochs,
        receipt,
        subscribers.count());
  }

  /** Where a reader goes on that has seen the event with this ID, {@code epoch-seq}. */
  public Resume resume(long epoch, long seq) {
    long last = eventCount;
    if (seq < 1 || seq > last || Epochs.of(epochs, seq) != epoch) {
      return new Resume.Unknown();
    }
    return state instanceof StreamState.Released && seq == eventCount
        ? new Resume.AtEnd()
        : new Resume.After(seq);
  }

  /**
   * Starts to read. Called on the subscriber's executor, which then reads once by itself: only what
   * comes later is announced.
   *
   * @param afterSeq number of the last event already seen, 0 for none
   */
  public Cursor subscribe(Subscriber subscriber, long afterSeq) {
    var cursor = new Cursor(this, subscriber, afterSeq);
    subscribers.join(cursor);
    return cursor;
  }

  /**
   * Applies one durable entry. An entry that does not follow what is here belongs to an append of
   * which a part was refused, and changes nothing; the first outcome stands.
   *
   * @param timeMs the journal's time when it was written
   * @return whether readers may see something new
   */
  boolean apply(Entry entry, long position, long epoch, long timeMs) {
    lastPosition = Math.max(lastPosition, position + 1);
    if (!opened && !(entry instanceof Entry.Opened)) {
      return false; // its creation was refused, and what followed was not
    }
    return switch (entry) {
      case Entry.Opened e -> {
        openedAt = position;
        opened = true;
        yield false;
      }
      case Entry.Late e -> {
        if (!hide(e.events())) {
          late = late() + e.events().count();
        }
        yield false;
      }
      case Entry.Saved e -> {
        saved = true;
        if (state instanceof StreamState.Complete complete) {
          state = new StreamState.Saved(complete.endedMs());
        }
        yield false;
      }
      case Entry.Rejected e -> {
        saveOver = true;
        yield false;
      }
      case Entry.Deleted e -> {
        deleted = true;
        yield false;
      }
      case Entry.Appended e -> isOpen() && append(e, position, epoch);
      case Entry.Withheld e -> {
        if (isOpen() && follows(e.firstSeq())) {
          settleBy(e.events());
          withhold(block(e.firstSeq(), epoch, e.events()), position);
        }
        yield false;
      }
      case Entry.Shown e -> isOpen() && show(e);
      case Entry.Ending e -> {
        if (isOpen() && follows(e.firstSeq())) {
          complete(e, position, epoch, timeMs);
        }
        yield false;
      }
      case Entry.Sealed e ->
          !(state instanceof StreamState.Released) && seal(e, position, epoch, timeMs);
    };
  }

  /** Whether it is the usage that its client did not ask for, which counts for the response. */
  private boolean hide(EncodedEvents events) {
    if (!isOpen() || events.count() != 1 || !attributes.containsKey(Attributes.USAGE_ASKED)) {
      return false;
    }
    var usage = HiddenUsage.of(events.decode().getFirst());
    usage.ifPresent(said -> attributes = with(attributes, Attributes.USAGE, said));
    return usage.isPresent();
  }

  private boolean isOpen() {
    return state instanceof StreamState.Open;
  }

  /** Whether an entry's events come right behind all that is here. */
  private boolean follows(long firstSeq) {
    return firstSeq == eventCount + history.withheldCount() + 1;
  }

  private boolean append(Entry.Appended e, long position, long epoch) {
    if (!follows(e.firstSeq()) || history.withheldCount() > 0) {
      return false;
    }
    ended = false;
    return extend(e.events(), epoch, position);
  }

  private boolean show(Entry.Shown e) {
    boolean visible = reveal();
    ended = e.ended();
    return visible;
  }

  private void complete(Entry.Ending e, long position, long epoch, long timeMs) {
    if (e.withheld().count() > 0) {
      settleBy(e.withheld());
      withhold(block(e.firstSeq(), epoch, e.withheld()), position);
    }
    terminalMissing = e.terminalMissing();
    completeTimeMs = timeMs;
    state = new StreamState.Complete(e.atMs());
  }

  private boolean seal(Entry.Sealed e, long position, long epoch, long timeMs) {
    boolean completed = e.outcome() == Outcome.COMPLETED;
    if (completed && isOpen() && !follows(e.firstSeq())) {
      return false;
    }
    takeReceipt(e); // before the event is linked that it goes out with
    if (completed) {
      reveal();
    }
    if (!completed || isOpen()) {
      extend(e.events(), epoch, position);
    }
    if (isOpen()) {
      completeTimeMs = timeMs;
      terminalMissing = e.terminalMissing();
    }
    // Complete answers keep their time, so that a hook is told the same before and after.
    state = new StreamState.Released(e.outcome(), e.reason(), isOpen() ? e.atMs() : endedMs(state));
    digests = null;
    return true;
  }

  private void takeReceipt(Entry.Sealed e) {
    if (!e.receipt().isEmpty()) {
      long shown = e.outcome() == Outcome.COMPLETED ? history.withheldCount() : 0;
      receipt = e.receipt();
      receiptSeq = eventCount + shown + e.events().count();
    }
  }

  private void withhold(Block block, long position) {
    if (digests != null) {
      digests.withhold(block.events());
    }
    history.withhold(block, position);
  }

  private static Block block(long firstSeq, long epoch, EncodedEvents events) {
    return new Block(firstSeq, epoch, events);
  }

  /**
   * Links a block to the chain: block before count, count before state, so that a reader never
   * waits for what is.
   */
  private boolean extend(EncodedEvents events, long epoch, long position) {
    if (events.count() == 0) {
      return false;
    }
    settleBy(events);
    if (digests != null) {
      digests.extend(events);
    }
    var block = block(eventCount + 1, epoch, events);
    note(epoch, block.firstSeq());
    history.extend(block, position);
    eventCount = block.lastSeq();
    bytes = bytes() + events.lengthWithUpstreamIds();
    return true;
  }

  private boolean reveal() {
    if (digests != null) {
      digests.reveal();
    }
    var shown = history.reveal();
    for (var node : shown) {
      note(node.epoch, node.firstSeq());
      bytes = bytes() + node.bytes;
      eventCount = node.lastSeq;
    }
    return !shown.isEmpty();
  }

  private void note(long epoch, long firstSeq) {
    if (epochs.isEmpty() || epochs.get(epochs.size() - 1).epoch() != epoch) {
      var spans = new ArrayList<>(epochs);
      spans.add(new EpochSpan(epoch, firstSeq));
      epochs = List.copyOf(spans);
    }
  }

  /** What the archive keeps of all that has been applied, without the events. */
  ArchivedStream row(long upTo) {
    var now = state;
    var released = now instanceof StreamState.Released r ? r : null;
    return new ArchivedStream(
        id,
        attributes,
        createdMs,
        openedAt,
        upTo,
        switch (now) {
          case StreamState.Open s -> ArchivedStream.State.OPEN;
          case StreamState.Complete s -> ArchivedStream.State.COMPLETE;
          case StreamState.Saved s -> ArchivedStream.State.SAVED;
          case StreamState.Released s -> ArchivedStream.State.RELEASED;
        },
        released == null ? null : released.outcome(),
        released == null ? "" : released.reason(),
        terminalMissing,
        saved,
        saveOver,
        false,
        ended,
        corrupt,
        endedMs(now),
        completeTimeMs,
        eventCount,
        history.withheldCount(),
        history.withheldBytes(),
        bytes,
        late,
        isReleased() ? epochs : history.withWithheld(epochs),
        receipt);
  }

  /** What the archive keeps of the first events of a stream that has more. */
  ArchivedStream prefixRow(History.Unarchived cut, long upTo) {
    return new ArchivedStream(
        id,
        attributes,
        createdMs,
        openedAt,
        upTo,
        ArchivedStream.State.OPEN,
        null,
        "",
        false,
        false,
        false,
        false,
        false,
        corrupt,
        0,
        0,
        cut.lastSeq(),
        0,
        0,
        cut.lastBytes(),
        0,
        epochs.stream().filter(span -> span.firstSeq() <= cut.lastSeq()).toList(),
        "");
  }

  private boolean isReleased() {
    return state instanceof StreamState.Released;
  }

  /**
   * Number of the last visible event that belongs to the answer. Where the whole answer was there
   * and readers were told of a failure in place of its ending, that is the one before.
   */
  long answerTo() {
    boolean replaced =
        state instanceof StreamState.Released released
            && (released.reason().equals(Responses.SAVE_REJECTED) || history.withheldCount() > 0);
    return replaced ? eventCount - 1 : Long.MAX_VALUE;
  }

  Home home() {
    return home;
  }

  History history() {
    return history;
  }

  Subscribers subscribers() {
    return subscribers;
  }

  /** Whether its creation is on disk: before that nobody may hear of it. */
  boolean isOpened() {
    return opened;
  }

  /** Whether nothing of it can change, and all of it is in the archive. */
  boolean isAtRest() {
    return atRest;
  }

  boolean isDeleted() {
    return deleted;
  }

  boolean isSaved() {
    return saved;
  }

  /** Its save was rejected or given up. */
  boolean isSaveOver() {
    return saveOver;
  }

  /** Readers were told an ending, and nothing of the answer has come since. */
  boolean isEnded() {
    return ended;
  }

  /** Nobody asks for a save: the outcome on the disk is one. */
  void markSaved() {
    saved = true;
  }

  void markCorrupt() {
    corrupt = true;
  }

  long eventCount() {
    return eventCount;
  }

  long bytes() {
    return bytes;
  }

  private long late() {
    return late;
  }

  long createdMs() {
    return createdMs;
  }

  /** The place of its creation in the journal: tells this life of its id from another one. */
  long openedAt() {
    return openedAt;
  }

  /** The journal's time of COMPLETE, or of the release where there was none; 0 before. */
  long completeTimeMs() {
    return completeTimeMs;
  }

  /** The place behind the last entry that was applied. */
  long lastPosition() {
    return lastPosition;
  }

  /** Notes whether its readers are to be woken; true if that is news. On the home. */
  boolean toWake(boolean now) {
    boolean news = now != toWake;
    toWake = now;
    return news;
  }

  void appending(Entry entry) {
    appending.add(entry);
  }

  /** An entry has come back: most often the first of them. */
  @SuppressWarnings("ReferenceEquality") // this one, not one like it
  void appended(Entry entry) {
    for (var each = appending.iterator(); each.hasNext(); ) {
      if (each.next() == entry) {
        each.remove();
        return;
      }
    }
  }

  /** Whether all that was appended is applied. On the home. */
  boolean isSettled() {
    return appending.isEmpty();
  }

  /** Runs a task once all that was appended is applied, at once if it is. On the home. */
  void whenSettled(Runnable task) {
    if (isSettled()) {
      task.run();
    } else {
      whenSettled.add(task);
    }
  }

  /** Runs what waits for that. On the home. */
  void tellSettled() {
    if (isSettled() && !whenSettled.isEmpty()) {
      var tasks = List.copyOf(whenSettled);
      whenSettled.clear();
      tasks.forEach(Runnable::run);
    }
  }

  /** What was signed of it; {@code ""} before it is sealed, and where there is no receipt. */
  public String receipt() {
    return receipt;
  }

  /**
   * The receipt, if it goes out with the last event of a block; else {@code ""}. Whoever can read
   * that event finds it.
   */
  public String receiptWith(Block block) {
    return block.lastSeq() == receiptSeq ? receipt : "";
  }

  @Nullable Digests digests() {
    return digests;
  }

  /** Entries on their way to the disk, in their order. On the home. */
  Iterable<Entry> onTheirWay() {
    return appending;
  }

  /** The epoch of the last event, withheld ones included; 0 for none. */
  long lastEpoch() {
    var all = history.withWithheld(epochs);
    return all.isEmpty() ? 0 : all.getLast().epoch();
  }

  @Override
  public long neededFrom() {
    return neededFrom;
  }

  void neededFrom(long position) {
    neededFrom = position;
  }

  static long endedMs(StreamState state) {
    return switch (state) {
      case StreamState.Open open -> 0;
      case StreamState.Complete complete -> complete.endedMs();
      case StreamState.Saved done -> done.endedMs();
      case StreamState.Released released -> released.endedMs();
    };
  }
}
