package dev.lastword.journal;

/**
 * The append-only, totally ordered record of all streams. Append and replay, nothing else.
 *
 * <p>A <em>position</em> is where an entry stands: larger for each later entry, meaningless beyond
 * that. Thread-safe.
 */
public interface Journal extends AutoCloseable {
  /** This opening's number: 1 for the first, raised at every opening, also after a power cut. */
  long epoch();

  /** The token under which this opening writes. */
  FencingToken fence();

  /**
   * Appends one entry. Returns at once; the acknowledgement comes after the group commit that made
   * it durable. Entries are durable and acknowledged in the order of the calls. That one was
   * refused does not keep the next from being taken.
   *
   * @param entry at most 17 MiB once encoded
   * @param fence the writer's token; a late writer is refused with {@link Refusal.Fenced}
   * @param ack told exactly once, on the journal's writer thread, or by a closed journal on the
   *     caller's: it must be quick, and must not throw
   */
  void append(Entry entry, FencingToken fence, Ack ack);

  /**
   * Visits the entries that are durable now, in order.
   *
   * @param from position of the first entry to visit, 0 for the oldest kept
   * @throws JournalFailedException if the disk refuses or the entries are damaged
   */
  void replay(long from, Visitor visitor);

  /**
   * Reads one entry again. Blocks on the disk.
   *
   * @param position as acknowledged or visited
   * @throws JournalFailedException if the disk refuses, the entry is damaged, or it was trimmed
   */
  Entry read(long position);

  /** Lets go of everything before a position, in whole segments; returns how many segments went. */
  int trim(long below);

  /** The position that the next entry will not be before. */
  long tail();

  /** Whether the journal takes entries now. */
  Health health();

  /** Flushes what was appended and gives the files back. Later appends are refused. */
  @Override
  void close();

  /** Whether a journal takes entries. */
  enum Health {
    /** All entries. */
    OPEN,
    /** The disk is full: only entries that end streams, until there is room again. */
    FULL,
    /** None any more: a flush failed, or it was closed. Restart to recover. */
    CLOSED
  }

  /** Told what became of one append. */
  interface Ack {
    /** The entry is on disk, flushed. */
    void durable(long position);

    /**
     * The entry will never be visited by a replay, unless the journal failed: then only recovery
     * can tell.
     */
    void refused(Refusal refusal);
  }

  /** Why an entry was not taken. */
  sealed interface Refusal {
    /** A later owner holds the token {@code current}. */
    record Fenced(FencingToken current) implements Refusal {}

    /** The disk is full; the entry was not written. */
    record Full() implements Refusal {}

    /** The entry is larger than the journal takes; it was not written. */
    record TooLarge(int bytesMax) implements Refusal {}

    /** The journal has failed or is closed. */
    record Closed(String reason) implements Refusal {}
  }

  /** Sees entries go by. */
  @FunctionalInterface
  interface Visitor {
    /** One entry, where it stands, and the epoch in which it was written. */
    void visit(Entry entry, long position, long epoch);
  }
}
