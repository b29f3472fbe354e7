package dev.lastword.stream;

import dev.lastword.archive.ClosedStream;
import dev.lastword.archive.EpochSpan;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.journal.Entry;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One response's events under one URL.
 *
 * <p>It is what its entries make of it: {@link #apply} is the only way that anything visible
 * changes, and it is called in journal order, with durable entries only, by the running process and
 * by recovery alike. Changed on its home; read from anywhere.
 */
public final class Stream {
  private final StreamId id;
  private volatile Dialect dialect;
  private volatile Map<String, String> attributes;
  private final long createdMs;
  private final Home home;
  private final BlockStore store;
  private final int residentBytesMax;
  private final boolean archived;
  private final Subscribers subscribers = new Subscribers();

  private final Node head = Node.beforeFirst();
  private Node tail = head;
  private Node oldestResident = head;
  private long residentBytes;
  private volatile @Nullable Withheld withheld;

  private volatile StreamState state = new StreamState.Open();
  private volatile boolean opened;
  private volatile long eventCount;
  private volatile long bytes;
  private volatile long late;
  private volatile List<EpochSpan> epochs = List.of();
  private volatile boolean saved;
  private volatile boolean terminalMissing;

  /** A place in the journal before which this stream has no entry. */
  final long earliestPosition;

  /** What a complete stream says once it is released. */
  record Withheld(Block block, long position) {}

  private Stream(
      StreamId id,
      Dialect dialect,
      Map<String, String> attributes,
      long createdMs,
      Home home,
      BlockStore store,
      int residentBytesMax,
      boolean archived,
      long earliestPosition) {
    this.id = id;
    this.dialect = dialect;
    this.attributes =
        isSettled(dialect) ? Map.copyOf(attributes) : named(attributes, dialect.settled());
    this.createdMs = createdMs;
    this.home = home;
    this.store = store;
    this.residentBytesMax = residentBytesMax;
    this.archived = archived;
    this.earliestPosition = earliestPosition;
  }

  /** A stream whose entries are in the journal. */
  static Stream journaled(
      Entry.Opened opened,
      Dialect dialect,
      Home home,
      BlockStore store,
      int residentBytesMax,
      long earliestPosition) {
    return new Stream(
        opened.stream(),
        dialect,
        opened.attributes(),
        opened.atMs(),
        home,
        store,
        residentBytesMax,
        false,
        earliestPosition);
  }

  /** A stream that rests in the archive. */
  static Stream archived(ClosedStream closed, Dialect dialect, Home home, BlockStore store) {
    var stream =
        new Stream(
            closed.id(),
            dialect,
            closed.attributes(),
            closed.createdMs(),
            home,
            store,
            0,
            true,
            Long.MAX_VALUE);
    stream.eventCount = closed.events();
    stream.bytes = closed.bytes();
    stream.late = closed.late();
    stream.epochs = closed.epochs();
    stream.saved = closed.saved();
    stream.terminalMissing = closed.terminalMissing();
    stream.state = new StreamState.Released(closed.outcome(), closed.reason(), closed.endedMs());
    stream.opened = true;
    return stream;
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
    var named = new HashMap<>(attributes);
    named.put(Attributes.DIALECT, dialect.name());
    return Map.copyOf(named);
  }

  private static boolean isSettled(Dialect dialect) {
    return dialect.equals(dialect.settled());
  }

  /** Its events have told the dialect. */
  void settle(Dialect as) {
    dialect = as;
    attributes = named(attributes, as);
  }

  /**
   * Looks for the dialect in events that are about to be applied, as the generation did before they
   * were written: after a restart nobody else does.
   */
  private void settleBy(EncodedEvents events) {
    var here = dialect;
    if (eventCount >= Dialects.LOOK_MAX || isSettled(here)) {
      return;
    }
    var first = new ArrayList<SseEvent>();
    EncodedEvents.decode(List.of(events), first::add);
    int looked = Math.min(first.size(), Dialects.LOOK_MAX - (int) eventCount);
    here.settledBy(first.subList(0, looked)).ifPresent(this::settle);
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
   * @return whether readers may see something new
   */
  boolean apply(Entry entry, long position, long epoch) {
    if (entry instanceof Entry.Late l) {
      late = late() + l.events().count();
      return false;
    }
    if (entry instanceof Entry.Saved) {
      saved = true;
      if (state instanceof StreamState.Complete complete) {
        state = new StreamState.Saved(complete.endedMs());
      }
      return false;
    }
    if (state instanceof StreamState.Released) {
      return false;
    }
    return switch (entry) {
      case Entry.Appended a -> follows(a.firstSeq()) && extend(a.events(), epoch, position);
      case Entry.Ending e -> {
        if (follows(e.firstSeq()) && withheld == null) {
          settleBy(e.withheld());
          withheld = new Withheld(new Block(e.firstSeq(), epoch, e.withheld()), position);
          terminalMissing = e.terminalMissing();
          state = new StreamState.Complete(e.atMs());
        }
        yield false;
      }
      case Entry.Sealed s -> seal(s, position, epoch);
      case Entry.Opened o -> {
        opened = true;
        yield false;
      }
      case Entry.Deleted d -> false;
      case Entry.Late l -> false;
      case Entry.Saved s -> false;
    };
  }

  private boolean seal(Entry.Sealed s, long position, long epoch) {
    var hidden = withheld;
    if (s.outcome() != Outcome.COMPLETED) {
      extend(s.events(), epoch, position);
    } else if (hidden != null) {
      extend(hidden.block().events(), hidden.block().epoch(), hidden.position());
      withheld = null;
    } else if (follows(s.firstSeq())) {
      extend(s.events(), epoch, position);
      terminalMissing = s.terminalMissing();
    } else {
      return false;
    }
    // Complete answers keep their time, so that a hook is told the same before and after.
    state =
        new StreamState.Released(
            s.outcome(), s.reason(), state instanceof StreamState.Open ? s.atMs() : endedMs(state));
    return true;
  }

  private boolean follows(long firstSeq) {
    return firstSeq == eventCount + 1;
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
    var block = new Block(eventCount + 1, epoch, events);
    if (epochs.isEmpty() || epochs.get(epochs.size() - 1).epoch() != epoch) {
      var spans = new ArrayList<>(epochs);
      spans.add(new EpochSpan(epoch, block.firstSeq()));
      epochs = List.copyOf(spans);
    }
    var node = Node.of(block, position);
    tail.next = node;
    tail = node;
    eventCount = block.lastSeq();
    bytes = bytes() + events.length();
    residentBytes += events.length();
    letGoOfOldest();
    return true;
  }

  private void letGoOfOldest() {
    while (residentBytes > residentBytesMax && oldestResident != tail) {
      var block = oldestResident.resident;
      if (block != null) {
        residentBytes -= block.events().length();
        oldestResident.resident = null;
      }
      var next = oldestResident.next;
      if (next == null) {
        return;
      }
      oldestResident = next;
    }
  }

  /** The node after which event {@code seq} is found. */
  Node nodeBefore(long seq) {
    var node = head;
    for (var next = node.next; next != null && next.lastSeq < seq; next = node.next) {
      node = next;
    }
    return node;
  }

  void load(
      @Nullable Node node, long seq, Consumer<Block> arrived, Consumer<RuntimeException> failed) {
    store.load(this, node, seq, arrived, failed);
  }

  /** The visible events so far, in order. Blocks on the disk for those not in memory. */
  List<Block> readVisible() {
    var blocks = new ArrayList<Block>();
    for (var node = head.next; node != null; node = node.next) {
      var block = node.resident;
      blocks.add(block != null ? block : store.read(node));
    }
    return blocks;
  }

  /**
   * The whole answer: the visible events and those that are withheld. An answer that was rejected
   * has its failure in their place for readers, and is whole here.
   */
  List<Block> readAnswer() {
    var hidden = withheld;
    var blocks = readVisible();
    if (hidden != null) {
      // It may have become visible between the two reads.
      blocks.removeIf(block -> block.firstSeq() >= hidden.block().firstSeq());
      blocks.add(hidden.block());
    }
    return blocks;
  }

  ClosedStream closed() {
    var view = view();
    if (!(state instanceof StreamState.Released released)) {
      throw new IllegalStateException("stream " + id + " is " + state);
    }
    return new ClosedStream(
        id,
        attributes,
        released.outcome(),
        released.reason(),
        view.terminalMissing(),
        view.saved(),
        createdMs,
        released.endedMs(),
        view.events(),
        view.bytes(),
        view.late(),
        view.epochs());
  }

  Home home() {
    return home;
  }

  Subscribers subscribers() {
    return subscribers;
  }

  /** Whether its creation is on disk: before that nobody may hear of it. */
  boolean isOpened() {
    return opened;
  }

  boolean isArchived() {
    return archived;
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

  boolean isSaved() {
    return saved;
  }

  void markSaved() {
    saved = true;
  }

  private static long endedMs(StreamState state) {
    return switch (state) {
      case StreamState.Open open -> 0;
      case StreamState.Complete complete -> complete.endedMs();
      case StreamState.Saved done -> done.endedMs();
      case StreamState.Released released -> released.endedMs();
    };
  }
}
