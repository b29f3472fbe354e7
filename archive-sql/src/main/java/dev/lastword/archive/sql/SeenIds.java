package dev.lastword.archive.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Stream;

/**
 * Which ids may be in the archive: most that are asked for are new, and need no thread and no disk
 * to be told so. A Bloom filter of 16 bits an id, which grows; of an id that was deleted it goes on
 * to say "perhaps". Thread-safe.
 */
public final class SeenIds {
  /** Reading more at a start would take longer than it is worth: then everything is looked up. */
  static final long READ_MAX = 4_000_000;

  private static final int FIRST_CAPACITY = 1 << 16;

  private volatile List<Filter> filters = List.of(new Filter(FIRST_CAPACITY));
  private volatile boolean complete;

  /** None is read yet: every id may be there. */
  public SeenIds() {}

  /** Reads the ids that are there. What is written from now on has to be {@link #add added}. */
  public void read(Session session) throws SQLException {
    if (session.number("@stream_count") > READ_MAX) {
      return;
    }
    try (var rows = session.query("SELECT id FROM @streams")) {
      while (rows.next()) {
        add(String.valueOf(rows.getString(1)));
      }
    }
    complete = true;
  }

  /** Adds an id, before its row can be seen. */
  public synchronized void add(String id) {
    long hash = hash(id);
    if (isIn(filters, hash)) {
      return; // a stream is stored in parts, its id is the same
    }
    var last = filters.getLast();
    if (last.isFull()) {
      last = new Filter(2 * last.capacity);
      filters = Stream.concat(filters.stream(), Stream.of(last)).toList();
    }
    last.add(hash);
  }

  /** False for an id of which there is no row for certain. */
  public boolean mayHave(String id) {
    return !complete || isIn(filters, hash(id));
  }

  private static boolean isIn(List<Filter> filters, long hash) {
    for (var filter : filters) {
      if (filter.mayHave(hash)) {
        return true;
      }
    }
    return false;
  }

  /** Its bits spread: two ids of one hash code are told apart by the row alone. */
  private static long hash(String id) {
    long mixed = id.hashCode() * 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
    return mixed ^ (mixed >>> 32);
  }

  /** Bits of so many ids, each id four of them: one of 400 ids that are not here seems to be. */
  private static final class Filter {
    private static final int BITS = 16;
    private static final int PROBES = 4;

    private final int capacity;
    private final AtomicLongArray words;
    private int ids;

    /**
     * @param capacity a power of two
     */
    Filter(int capacity) {
      this.capacity = capacity;
      this.words = new AtomicLongArray(capacity / Long.SIZE * BITS);
    }

    boolean isFull() {
      return ids >= capacity;
    }

    /** By one thread at a time. */
    void add(long hash) {
      ids++;
      for (int probe = 0; probe < PROBES; probe++) {
        int bit = bit(hash, probe);
        int word = bit >>> 6;
        words.setRelease(word, words.getPlain(word) | 1L << bit);
      }
    }

    boolean mayHave(long hash) {
      for (int probe = 0; probe < PROBES; probe++) {
        int bit = bit(hash, probe);
        if ((words.getAcquire(bit >>> 6) & 1L << bit) == 0) {
          return false;
        }
      }
      return true;
    }

    private int bit(long hash, int probe) {
      return (int) (hash + probe * (hash >>> 32 | 1)) & (capacity * BITS - 1);
    }
  }
}
