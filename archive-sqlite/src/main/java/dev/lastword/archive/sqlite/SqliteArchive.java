package dev.lastword.archive.sqlite;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveBusyException;
import dev.lastword.archive.ArchiveDamagedException;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchiveFullException;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageSum;
import dev.lastword.journal.DiskRoom;
import dev.lastword.journal.StreamId;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The archive in one SQLite file that a person can open with {@code sqlite3}.
 *
 * <p>One thread writes and a few read, each with a session of its own; in WAL mode neither waits
 * for the other. What {@link #store} stored is on disk when it returns.
 *
 * @see "docs/formats/archive.md"
 */
public final class SqliteArchive implements Archive {
  private static final Logger log = LoggerFactory.getLogger(SqliteArchive.class);

  /** Reads at once; more would only queue on the disk. */
  private static final int READERS = 4;

  private static final Duration CLOSE_READERS_MAX = Duration.ofMillis(700);

  /** Together with the readers less than the two seconds that closing may take. */
  private static final Duration CLOSE_WRITER_MAX = Duration.ofMillis(1_200);

  private final ArchiveFiles files;
  private final Writer writer;
  private final Workers readers;
  private final SeenIds seen = new SeenIds();

  /**
   * How an archive is kept.
   *
   * @param reserveBytes room that is kept free for a full disk, 0 for none; on a disk of less than
   *     16 times as much, a sixteenth of it
   * @param lockWait how long a call is tried while another program holds a lock
   */
  public record Options(long reserveBytes, Duration lockWait) {
    /** A reserve of 32 MiB; 2 s for another program. */
    public static final Options DEFAULT = new Options(32L << 20, Duration.ofSeconds(2));

    /**
     * @throws IllegalArgumentException if a value is negative
     */
    public Options {
      if (reserveBytes < 0 || lockWait.isNegative()) {
        throw new IllegalArgumentException(
            "reserveBytes is %d and lockWait %s: neither may be negative"
                .formatted(reserveBytes, lockWait));
      }
    }

    /** These options with another reserve. */
    public Options withReserveBytes(long bytes) {
      return new Options(bytes, lockWait);
    }
  }

  private SqliteArchive(ArchiveFiles files, Options options, Writer writer) {
    this.files = files;
    this.writer = writer;
    this.readers =
        new Workers("lastword-archive-reader", READERS, true, options.lockWait(), this::readOnly);
    readers.later(
        session -> {
          seen.read(session);
          return null;
        });
  }

  /** Opens an archive with {@link Options#DEFAULT}. */
  public static SqliteArchive open(Path file) {
    return open(file, Options.DEFAULT);
  }

  /**
   * Opens an archive, a new one if there is no such file. A new file is readable by its owner only.
   *
   * @param file in a directory that exists, not on a network file system
   * @throws ArchiveFailedException if the file cannot be opened, belongs to another program or to a
   *     newer version of this one
   */
  public static SqliteArchive open(Path file, Options options) {
    return open(file, options, new DiskRoom());
  }

  /**
   * Opens an archive beside others that write to the same disk.
   *
   * @throws ArchiveFailedException as above
   */
  public static SqliteArchive open(Path file, Options options, DiskRoom room) {
    var files = new ArchiveFiles(file);
    try {
      files.create();
    } catch (ArchiveFailedException e) {
      throw failed(files, "open", e);
    }
    var writer = new Writer(files, options, room);
    try {
      writer.open();
      return new SqliteArchive(files, options, writer);
    } catch (SQLException | ArchiveFailedException e) {
      writer.close();
      writer.awaitEnd(CLOSE_WRITER_MAX);
      throw failed(files, "open", e);
    }
  }

  private Session readOnly() throws SQLException {
    var session = new Session(files.connect(true));
    try {
      session.number("SELECT count(*) FROM sqlite_schema"); // opens the log, too
      files.refuseIfGone();
      return session;
    } catch (SQLException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  @Override
  public void store(Batch batch) {
    batch.deposits().forEach(deposit -> seen.add(deposit.stream().id().value()));
    write(
        "store %d streams and delete %d"
            .formatted(batch.deposits().size(), batch.deletions().size()),
        BatchSize.of(batch),
        session -> new BatchWriter(session).write(batch));
  }

  @Override
  public Optional<Checkpoint> checkpoint() {
    return read("read the checkpoint", CheckpointRow::read);
  }

  @Override
  public List<ArchivedStream> unfinished() {
    return read("list the unfinished streams", Queries::unfinished);
  }

  @Override
  public Map<StreamId, Known> known(Collection<StreamId> ids) {
    return read("look for " + ids.size() + " streams", c -> Queries.known(c, ids));
  }

  @Override
  public Optional<ArchivedStream> find(StreamId id) {
    return seen.mayHave(id.value())
        ? readOf(id, "find a stream", c -> StreamRow.find(c, id))
        : Optional.empty();
  }

  @Override
  public Optional<ArchivedStream> find(StreamId id, String owner) {
    return seen.mayHave(id.value())
        ? readOf(id, "find a stream", c -> StreamRow.find(c, id, owner))
        : Optional.empty();
  }

  @Override
  public Optional<String> response(StreamId id) {
    return readOf(id, "read a response", c -> StreamRow.response(c, id));
  }

  @Override
  public Optional<ArchivedEvents> read(StreamId id, long seq) {
    return readOf(
        id,
        "read events",
        session -> {
          var run = EventRows.read(session, id, seq);
          if (run.isEmpty() && seq >= 1) {
            var stream = StreamRow.find(session, id);
            if (stream.isPresent() && seq <= stream.get().lastSeq()) {
              throw new DamagedRowException("event %d is missing".formatted(seq));
            }
          }
          return run;
        });
  }

  @Override
  public List<ArchivedStream> list(Query query) {
    if (query.limit() < 1 || query.limit() > LIMIT_MAX) {
      throw new IllegalArgumentException("limit is " + query.limit() + ", not 1 to " + LIMIT_MAX);
    }
    return read("list streams", c -> Queries.list(c, query));
  }

  @Override
  public Optional<ArchivedStream> named(@Nullable String owner, String name, String path) {
    return read("find a stream by its name", c -> Queries.named(c, owner, name, path));
  }

  @Override
  public List<StreamId> outlived(long endedBeforeTimeMs, long bytesMax, int limit) {
    return read(
        "look for outlived streams", c -> Queries.outlived(c, endedBeforeTimeMs, bytesMax, limit));
  }

  @Override
  public long bytes(String owner) {
    return read("count an owner's bytes", c -> Queries.bytes(c, owner));
  }

  @Override
  public List<UsageSum> usage(UsageQuery query) {
    return read("sum up the ledger", c -> LedgerTable.sums(c, query));
  }

  @Override
  public long bytes() {
    return files.bytes();
  }

  private <T> T readOf(StreamId id, String doing, Workers.Work<T> work) {
    try {
      return readers.call(session -> Transactions.view(session, work));
    } catch (DamagedRowException e) {
      throw new ArchiveDamagedException(id, Sql.message(e), e);
    } catch (SQLException e) {
      if (Sql.isDamaged(e)) {
        throw new ArchiveDamagedException(id, Sql.message(e), e);
      }
      throw failed(files, doing, e);
    } catch (ArchiveFailedException e) {
      throw failed(files, doing, e);
    }
  }

  private <T> T read(String doing, Workers.Work<T> work) {
    try {
      return readers.call(session -> Transactions.view(session, work));
    } catch (SQLException | ArchiveFailedException e) {
      throw failed(files, doing, e);
    }
  }

  private void write(String doing, long bytes, Transactions.Work work) {
    try {
      writer.transact(bytes, work);
    } catch (SQLException | ArchiveFailedException e) {
      throw failed(files, doing, e);
    }
  }

  /** Says which file, and what could not be done with it. */
  private static ArchiveFailedException failed(ArchiveFiles files, String doing, Exception cause) {
    var message = "%s: cannot %s: %s".formatted(files.database(), doing, cause.getMessage());
    if (cause instanceof ArchiveDamagedException damaged) {
      return damaged; // it names the stream
    }
    if (cause instanceof SQLException sql && Sql.isBusy(sql)) {
      return new ArchiveBusyException(message, cause);
    }
    if (cause instanceof ArchiveFullException
        || (cause instanceof SQLException sql && Sql.isFull(sql))) {
      return new ArchiveFullException(message, cause);
    }
    return new ArchiveFailedException(message, cause);
  }

  /** The readers first: only a session that writes can leave the log empty as the last one. */
  @Override
  public void close() {
    readers.close();
    boolean ended = readers.awaitEnd(CLOSE_READERS_MAX);
    writer.close();
    ended &= writer.awaitEnd(CLOSE_WRITER_MAX);
    if (!ended) {
      log.warn("archive.left_open file={}", files.database().getFileName());
    }
  }
}
