package dev.lastword.archive.sqlite;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveBusyException;
import dev.lastword.archive.ArchiveDamagedException;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchiveFullException;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.StreamId;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/**
 * The archive in one SQLite file that a person can open with {@code sqlite3}.
 *
 * <p>One thread writes and a few read, each with a connection of its own; in WAL mode neither waits
 * for the other. What {@link #store} stored is on disk when it returns.
 *
 * @see "docs/formats/archive.md"
 */
public final class SqliteArchive implements Archive {
  private static final Logger log = LoggerFactory.getLogger(SqliteArchive.class);

  /** Reads at once; more would only queue on the disk. */
  private static final int READERS = 4;

  /** How long a call is tried while another program holds a lock. */
  private static final Duration LOCK_WAIT = Duration.ofSeconds(2);

  /** Within what {@link #close} is over. */
  private static final Duration CLOSE_MAX = Duration.ofMillis(1_900);

  private final Path file;
  private final Workers writer;
  private final Workers readers;

  private SqliteArchive(Path file) {
    this.file = file;
    this.writer =
        new Workers("lastword-archive-writer", 1, LOCK_WAIT, () -> prepared(connect(file, false)));
    this.readers =
        new Workers("lastword-archive-reader", READERS, LOCK_WAIT, () -> connect(file, true));
  }

  /**
   * Opens an archive, a new one if there is no such file. A new file is readable by its owner only.
   *
   * @param file in a directory that exists, not on a network file system
   * @throws ArchiveFailedException if the file cannot be opened, belongs to another program or to a
   *     newer version of this one
   */
  public static SqliteArchive open(Path file) {
    try {
      createPrivate(file);
    } catch (IOException e) {
      throw new ArchiveFailedException(file + ": cannot open the archive: " + e.getMessage(), e);
    }
    var archive = new SqliteArchive(file);
    try {
      archive.write("open", Tombstone::purge);
      return archive;
    } catch (RuntimeException e) {
      archive.close();
      throw e;
    }
  }

  private static void createPrivate(Path file) throws IOException {
    try {
      if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        var ownerOnly = PosixFilePermissions.fromString("rw-------");
        Files.createFile(file, PosixFilePermissions.asFileAttribute(ownerOnly));
      }
    } catch (FileAlreadyExistsException e) {
      // It keeps the mode that its owner gave it.
    }
  }

  private static Connection connect(Path file, boolean readOnly) throws SQLException {
    var config = new SQLiteConfig();
    config.setReadOnly(readOnly);
    config.setBusyTimeout(0); // waiting is the workers' business: in native code nothing ends it
    // As a URI, since the driver reads a question mark in a plain path as the end of it.
    return config.createConnection("jdbc:sqlite:" + file.toUri());
  }

  private static Connection prepared(Connection connection) throws SQLException {
    try {
      Schema.prepare(connection);
      return connection;
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public void store(Batch batch) {
    write(
        "store %d streams and delete %d"
            .formatted(batch.deposits().size(), batch.deletions().size()),
        connection -> {
          try (var writing = new BatchWriter(connection)) {
            writing.write(batch);
          }
        });
    shrinkLater();
  }

  /** In steps, so that others may write in between. */
  private void shrinkLater() {
    writer.later(
        connection -> {
          if (Shrinking.step(connection)) {
            shrinkLater();
          }
          return null;
        });
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
    return readOf(id, "find a stream", c -> StreamRow.find(c, id));
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
        connection -> {
          var run = EventRows.read(connection, id, seq);
          if (run.isEmpty() && seq >= 1) {
            var stream = StreamRow.find(connection, id);
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
  public List<StreamId> outlived(long endedBeforeTimeMs, long bytesMax, int limit) {
    return read(
        "look for outlived streams", c -> Queries.outlived(c, endedBeforeTimeMs, bytesMax, limit));
  }

  @Override
  public long bytes() {
    return length(file) + length(file.resolveSibling(file.getFileName() + "-wal"));
  }

  private static long length(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0; // there is no log while nothing is written
    }
  }

  private <T> T readOf(StreamId id, String doing, Workers.Work<T> work) {
    try {
      return readers.call(inOneView(work));
    } catch (DamagedRowException e) {
      throw new ArchiveDamagedException(id, Sql.message(e), e);
    } catch (SQLException e) {
      if (Sql.isDamaged(e)) {
        throw new ArchiveDamagedException(id, Sql.message(e), e);
      }
      throw failed(doing, e);
    } catch (ArchiveFailedException e) {
      throw failed(doing, e);
    }
  }

  private <T> T read(String doing, Workers.Work<T> work) {
    try {
      return readers.call(inOneView(work));
    } catch (SQLException | ArchiveFailedException e) {
      throw failed(doing, e);
    }
  }

  /** Does several statements in one read transaction, so that they see the same. */
  private static <T> Workers.Work<T> inOneView(Workers.Work<T> work) {
    return connection -> {
      Sql.run(connection, "BEGIN");
      try {
        return work.on(connection);
      } finally {
        Sql.run(connection, "ROLLBACK");
      }
    };
  }

  /** Something written. */
  @FunctionalInterface
  private interface Writing {
    void on(Connection writer) throws SQLException;
  }

  private void write(String doing, Writing work) {
    try {
      writer.<@Nullable Void>call(
          connection -> {
            Transactions.run(connection, work::on);
            return null;
          });
    } catch (SQLException | ArchiveFailedException e) {
      throw failed(doing, e);
    }
  }

  /** Says which file, and what could not be done with it. */
  private ArchiveFailedException failed(String doing, Exception cause) {
    var message = "%s: cannot %s: %s".formatted(file, doing, cause.getMessage());
    if (cause instanceof ArchiveDamagedException damaged) {
      return damaged; // it names the stream
    }
    if (cause instanceof SQLException sql && Sql.isBusy(sql)) {
      return new ArchiveBusyException(message, cause);
    }
    if (cause instanceof SQLException sql && Sql.isFull(sql)) {
      return new ArchiveFullException(message, cause);
    }
    return new ArchiveFailedException(message, cause);
  }

  @Override
  public void close() {
    long startedNanos = System.nanoTime();
    writer.close();
    readers.close();
    boolean ended = readers.awaitEnd(CLOSE_MAX.dividedBy(2));
    ended &= writer.awaitEnd(CLOSE_MAX.minusNanos(System.nanoTime() - startedNanos));
    if (!ended) {
      log.warn("archive.left_open file={}", file.getFileName());
    }
  }
}
