package dev.lastword.journal;

import java.util.Set;

/**
 * The append-only, totally ordered record of all streams. Append and replay, nothing else.
 *
 * <p>A <em>position</em> is where an entry stands: larger for each later entry, meaningless beyond
 * that. Thread-safe.
 */
public interface Journal extends AutoCloseable {
  /** Which journal this is: random, made with its first segment, the same at every opening. */
  JournalId id();

  /** This opening's number: 1 for the first, raised at every opening, also after a power cut. */
  long epoch();

  /** The token under which this opening writes. */
  FencingToken fence();

  /** What an acknowledgement says; the same while the journal is open. */
  Durability durability();

  /**
   * The journal's own time in milliseconds: 1 when the journal is made. It never goes back, and
   * while the journal is open it advances as a monotonic clock does. Over the time between two
   * openings it advances as the wall clock says, by a day at most. Whatever is decided by age is
   * decided by this time: a wall clock that is set wrong, or right again, decides nothing.
   *
   * <p>What entries say is kept for good. What was told when nothing had been written for hours may
   * be told again after a power cut, six hours of it at most.
   */
  long timeMs();

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
   * @throws JournalFailedException if the disk refuses, or as the visitor says to damage
   */
  void replay(long from, Visitor visitor);

  /**
   * Reads one entry again. Blocks on the disk.
   *
   * @param position as acknowledged or visited
   * @throws JournalDamagedException if the entry is damaged
   * @throws JournalFailedException if the disk refuses, or there is no entry: it was trimmed
   */
  Entry read(long position);

  /**
   * Lets go of everything before a position, in whole segments. What cannot be removed stays, with
   * all behind it, and is tried again at the next call.
   *
   * @return how many segments went
   */
  int trim(long below);

  /** A position before which no entry is kept: where the first segment that is kept begins. */
  long oldest();

  /** Whether anything was ever let go of. */
  boolean isTrimmed();

  /** The position that the next entry will not be before. */
  long tail();

  /** Whether the journal takes entries now. */
  Health health();

  /**
   * Whether it is {@link Health#FULL} because there is no room, and for nothing else: then what is
   * old may be let go of.
   */
  default boolean isOutOfRoom() {
    return health() == Health.FULL;
  }

  /** Flushes what was appended and gives the files back. Later appends are refused. */
  @Override
  void close();

  /** Whether a journal takes entries. */
  enum Health {
    /** All entries. */
    OPEN,
    /**
     * The disk is full, or no next segment can be made for another reason: only entries that end
     * streams, until there is one.
     */
    FULL,
    /** None any more: a flush failed, its place is lost, or it was closed. Restart to recover. */
    CLOSED
  }

  /** Told what became of one append. */
  interface Ack {
    /**
     * The entry is on disk, flushed.
     *
     * @param position where it stands
     * @param epoch the opening that wrote it
     * @param timeMs the journal's time of its batch, the same that a replay tells
     */
    void durable(long position, long epoch, long timeMs);

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

    /**
     * The disk is full, or no next segment can be made; the entry was not written.
     *
     * @param outOfRoom there is no room, as {@link Journal#isOutOfRoom} says; else the journal is
     *     blocked for another reason
     */
    record Full(boolean outOfRoom) implements Refusal {}

    /** The entry is larger than the journal takes; it was not written. */
    record TooLarge(int bytesMax) implements Refusal {}

    /** The journal has failed or is closed. */
    record Closed(String reason) implements Refusal {}
  }

  /** Sees entries go by. */
  @FunctionalInterface
  interface Visitor {
    /**
     * One entry.
     *
     * @param position where it stands
     * @param epoch the opening that wrote it
     * @param timeMs the journal's time when it was written. Entries of format 1 have none: they get
     *     1, the time at which their journal was migrated.
     */
    void visit(Entry entry, long position, long epoch, long timeMs);

    /**
     * In this place entries are missing, and what follows is visited next. Nobody can say which:
     * whatever was not at rest here may have lost something.
     *
     * @throws JournalDamagedException if the visitor has to see every entry, as it is unless
     *     overridden
     */
    default void damaged(Damage damage) {
      throw new JournalDamagedException(damage + "; `lastword inspect` prints what is there");
    }
  }

  /**
   * A part of the journal that cannot be read any more.
   *
   * @param segment number of the segment
   * @param fromOffset where in its file the part begins
   * @param toOffset where it ends, behind the last byte
   * @param streams those that the damaged records seem to belong to, as far as one can make out: a
   *     hint, for the damage may be in the name
   */
  record Damage(int segment, long fromOffset, long toOffset, Set<StreamId> streams) {
    /** Keeps a copy of the set. */
    public Damage {
      streams = Set.copyOf(streams);
    }

    /** Position of its first byte. */
    public long from() {
      return Position.of(segment, fromOffset);
    }

    /** Position behind its last byte. */
    public long to() {
      return Position.of(segment, toOffset);
    }

    @Override
    public String toString() {
      return "%s is damaged in what had been flushed (offset %d to %d)"
          .formatted(Segments.name(segment), fromOffset, toOffset);
    }
  }
}
