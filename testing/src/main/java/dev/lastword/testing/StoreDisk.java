package dev.lastword.testing;

import dev.lastword.journal.Disk;
import dev.lastword.journal.DiskLostException;
import dev.lastword.journal.FencedException;
import dev.lastword.testing.ClusterStore.Rows;
import dev.lastword.testing.ClusterStore.Segment;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A shard's journal in the store of a simulated cluster, as one process has it open: what {@code
 * PostgresDisk} is to a database. What is written waits until it is forced, and is one statement
 * then; every change looks at the epoch in the transaction that makes it; a flush of which nobody
 * knows is the last.
 */
final class StoreDisk implements Disk {
  private static final long MUCH = Long.MAX_VALUE >> 2;

  private final Rows rows;
  private final Line line;
  private Rows.@Nullable Opened opened;
  private boolean broken;

  /** How statements come to the store, and what is done with what it has taken. */
  interface Line {
    /**
     * Runs a statement; others run meanwhile.
     *
     * @throws IOException if it is refused, or nobody knows
     */
    <T> T run(Statement kind, Statement.Transaction<T> transaction) throws IOException;

    /**
     * Whether the store can be read from.
     *
     * @throws IOException if it cannot
     */
    void reach() throws IOException;

    /** In the transaction that raises the epoch: nothing of an older owner's comes behind this. */
    void fenced();

    /** In a transaction that has changed something, by the last owner or by one before. */
    void changed(boolean byLast);
  }

  StoreDisk(Rows rows, Line line) {
    this.rows = rows;
    this.line = line;
  }

  /** A disk that has what is there now, and changes nothing of it. */
  static StoreDisk looking(Rows rows) {
    return new StoreDisk(
        rows.copy(),
        new Line() {
          @Override
          public <T> T run(Statement kind, Statement.Transaction<T> transaction)
              throws IOException {
            return transaction.run();
          }

          @Override
          public void reach() {}

          @Override
          public void fenced() {}

          @Override
          public void changed(boolean byLast) {}
        });
  }

  @Override
  public Closeable lock() throws IOException {
    opened =
        line.run(
            Statement.FILES,
            () -> {
              var by = rows.openJournal();
              line.fenced();
              return by;
            });
    return () -> broken = true;
  }

  @Override
  public long epochMin() {
    return opened().epoch();
  }

  /** Whether nobody has opened the journal since. */
  boolean isLast() {
    return rows.isLastOfJournal(opened());
  }

  private Rows.Opened opened() {
    var by = opened;
    if (by == null) {
      throw new IllegalStateException("the journal is not locked");
    }
    return by;
  }

  @Override
  public boolean reusesFiles() {
    return false;
  }

  @Override
  public List<String> list() throws IOException {
    line.reach();
    return List.copyOf(rows.segments().keySet());
  }

  /** A change that only the owner may make. */
  private <T> T change(Statement kind, Statement.Transaction<T> change) throws IOException {
    var by = opened();
    return line.run(
        kind,
        () -> {
          rows.requireJournal(by);
          var result = change.run();
          line.changed(rows.isLastOfJournal(by));
          return result;
        });
  }

  @Override
  public File create(String name) throws IOException {
    return change(
        Statement.FILES,
        () -> {
          var segment = new Segment();
          if (rows.segments().putIfAbsent(name, segment) != null) {
            throw new FileAlreadyExistsException(name);
          }
          return new Handle(segment, name);
        });
  }

  @Override
  public File open(String name) throws IOException {
    line.reach();
    return new Handle(find(name), name);
  }

  @Override
  public File openForReading(String name) throws IOException {
    return open(name);
  }

  private Segment find(String name) throws NoSuchFileException {
    var segment = rows.segments().get(name);
    if (segment == null) {
      throw new NoSuchFileException(name);
    }
    return segment;
  }

  @Override
  public void rename(String from, String to) throws IOException {
    change(
        Statement.FILES,
        () -> {
          var segment = find(from);
          remove(to);
          rows.segments().remove(from);
          rows.segments().put(to, segment);
          return segment;
        });
  }

  @Override
  public void delete(String name) throws IOException {
    change(
        Statement.FILES,
        () -> {
          if (!remove(name)) {
            throw new NoSuchFileException(name);
          }
          return name;
        });
  }

  private boolean remove(String name) {
    var segment = rows.segments().remove(name);
    if (segment != null) {
      segment.removed = true;
    }
    return segment != null;
  }

  /** Nothing: a name is durable when its transaction is. */
  @Override
  public void forceDirectory() {}

  @Override
  public long usableBytes() {
    return MUCH;
  }

  @Override
  public String toString() {
    return "store";
  }

  /** A segment, and what waits to be flushed to it. */
  private final class Handle implements File {
    private final Segment segment;
    private final String name;
    private byte[] waiting = {};
    private int waitingAt;

    Handle(Segment segment, String name) {
      this.segment = segment;
      this.name = name;
    }

    @Override
    public void write(ByteBuffer bytes, long position) throws IOException {
      if (waiting.length > 0 && position != waitingAt + waiting.length) {
        force(); // a row is one piece
      }
      if (waiting.length == 0) {
        waitingAt = Math.toIntExact(position);
      }
      int from = waiting.length;
      waiting = Arrays.copyOf(waiting, from + bytes.remaining());
      bytes.get(waiting, from, waiting.length - from);
    }

    @Override
    public void force() throws IOException {
      if (waiting.length == 0) {
        return;
      }
      if (broken) {
        throw new DiskLostException("the connection is closed");
      }
      var row = waiting;
      int at = waitingAt;
      try {
        change(
            Statement.FLUSH,
            () -> {
              segment.put(at, row);
              return segment;
            });
      } catch (FencedException e) {
        throw e;
      } catch (IOException e) {
        broken = true; // or something would stand behind what is perhaps not there
        throw new DiskLostException("nobody knows whether it was flushed: " + e.getMessage(), e);
      }
      waiting = new byte[0];
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      line.reach();
      if (segment.removed) {
        throw new NoSuchFileException(name, null, "removed");
      }
      int at = Math.toIntExact(Math.min(position, segment.bytes.length));
      int length = Math.min(into.remaining(), segment.bytes.length - at);
      into.put(segment.bytes, at, length);
      return length;
    }

    @Override
    public boolean lengthen(long bytes) throws IOException {
      change(
          Statement.FILES,
          () -> {
            segment.bytes = Arrays.copyOf(segment.bytes, Math.toIntExact(bytes));
            return segment;
          });
      return true;
    }

    @Override
    public long size() throws IOException {
      line.reach();
      if (segment.removed) {
        throw new NoSuchFileException(name, null, "removed");
      }
      return segment.bytes.length;
    }

    /** Nothing is held; what was not forced is not there. */
    @Override
    public void close() {}
  }
}
