package dev.lastword.testing;

import dev.lastword.journal.Durability;
import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.JournalId;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A journal in memory, for tests of what stands on a journal. Openings share a {@link Store} and
 * outlive one another through it; the last one that was opened owns it, and the store refuses the
 * others.
 */
public final class MemoryJournal implements Journal {
  private static final int ENTRY_BYTES_MAX = 17 << 20;

  private final Store store;
  private final Executor writer;
  private final long epoch;
  private volatile boolean closed;

  /** What a disk is to other journals. Thread-safe. */
  public static final class Store {
    private final JournalId id = JournalId.random(new SecureRandom());
    private final ConcurrentNavigableMap<Long, Kept> entries = new ConcurrentSkipListMap<>();
    private final LongSupplier nanoTime;
    private final long madeNanos;
    private long epoch;
    private volatile long tail = 1;
    private volatile long oldest = 1;

    private record Kept(Entry entry, long position, long epoch, long timeMs) {}

    /** Its time is that of the system's monotonic clock. */
    public Store() {
      this(System::nanoTime);
    }

    /**
     * @param nanoTime a clock that never goes back
     */
    public Store(LongSupplier nanoTime) {
      this.nanoTime = nanoTime;
      this.madeNanos = nanoTime.getAsLong();
    }

    private synchronized long raiseEpoch() {
      return ++epoch;
    }

    private synchronized long epoch() {
      return epoch;
    }

    private long timeMs() {
      return 1 + TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - madeNanos);
    }

    /** The entry where it stands now, or null if the writer was overtaken. */
    private synchronized @Nullable Kept add(Entry entry, long writerEpoch) {
      if (writerEpoch != epoch) {
        return null;
      }
      var kept = new Kept(entry, tail, writerEpoch, timeMs());
      entries.put(kept.position, kept);
      tail = kept.position + 1;
      return kept;
    }

    private synchronized int trim(long below, long writerEpoch) {
      if (writerEpoch != epoch) {
        return 0;
      }
      oldest = Math.max(oldest, Math.min(below, tail));
      var before = entries.headMap(oldest);
      int removed = before.size();
      before.clear();
      return removed;
    }
  }

  private MemoryJournal(Store store, Executor writer) {
    this.store = store;
    this.writer = writer;
    this.epoch = store.raiseEpoch();
  }

  /**
   * Opens the journal in a store and takes it over from whoever opened it before.
   *
   * @param writer runs one append after the other; acknowledgements come from it
   */
  public static MemoryJournal open(Store store, Executor writer) {
    return new MemoryJournal(store, writer);
  }

  @Override
  public JournalId id() {
    return store.id;
  }

  @Override
  public Durability durability() {
    return Durability.DISK; // the store outlives whoever writes to it
  }

  @Override
  public long timeMs() {
    return store.timeMs();
  }

  @Override
  public long epoch() {
    return epoch;
  }

  @Override
  public FencingToken fence() {
    return new FencingToken(epoch);
  }

  @Override
  public void append(Entry entry, FencingToken fence, Ack ack) {
    if (closed) {
      ack.refused(new Refusal.Closed("the journal is closed"));
    } else {
      writer.execute(() -> write(entry, fence, ack));
    }
  }

  private void write(Entry entry, FencingToken fence, Ack ack) {
    if (bytes(entry) > ENTRY_BYTES_MAX) {
      ack.refused(new Refusal.TooLarge(ENTRY_BYTES_MAX));
      return;
    }
    var kept = fence.value() == epoch ? store.add(entry, epoch) : null;
    if (kept == null) {
      ack.refused(new Refusal.Fenced(new FencingToken(store.epoch())));
    } else {
      ack.durable(kept.position, kept.epoch, kept.timeMs);
    }
  }

  private static long bytes(Entry entry) {
    return switch (entry) {
      case Entry.Opened e -> bytes(e.attributes());
      case Entry.Appended e -> e.events().storedLength();
      case Entry.Ending e -> e.withheld().storedLength();
      case Entry.Saved e -> 0;
      case Entry.Sealed e -> e.events().storedLength();
      case Entry.Late e -> e.events().storedLength();
      case Entry.Deleted e -> 0;
      case Entry.Withheld e -> e.events().storedLength();
      case Entry.Shown e -> 0;
      case Entry.Rejected e -> 0;
    };
  }

  private static long bytes(Map<String, String> attributes) {
    return attributes.entrySet().stream()
        .mapToLong(each -> (long) each.getKey().length() + each.getValue().length())
        .sum();
  }

  @Override
  public void replay(long from, Visitor visitor) {
    checkOpen();
    store
        .entries
        .tailMap(from)
        .headMap(store.tail)
        .values()
        .forEach(kept -> visitor.visit(kept.entry(), kept.position(), kept.epoch(), kept.timeMs()));
  }

  @Override
  public Entry read(long position) {
    checkOpen();
    var kept = store.entries.get(position);
    if (kept == null) {
      throw new JournalFailedException("no entry is kept at " + position);
    }
    return kept.entry();
  }

  @Override
  public int trim(long below) {
    checkOpen();
    return store.trim(below, epoch);
  }

  @Override
  public long oldest() {
    return store.oldest;
  }

  @Override
  public boolean isTrimmed() {
    return store.oldest > 1;
  }

  @Override
  public long tail() {
    return store.tail;
  }

  @Override
  public Health health() {
    return closed || store.epoch() != epoch ? Health.CLOSED : Health.OPEN;
  }

  @Override
  public void close() {
    closed = true;
  }

  private void checkOpen() {
    if (closed) {
      throw new JournalFailedException("the journal is closed");
    }
  }
}
