package dev.lastword.archive;

import dev.lastword.journal.StreamId;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/**
 * The archive in one SQLite file that a person can open with {@code sqlite3}.
 *
 * <p>One connection writes and a few read; in WAL mode neither waits for the other. What {@link
 * #store} stored is on disk when it returns.
 *
 * @see "docs/formats/archive.md"
 */
public final class SqliteArchive implements Archive {
  private static final Logger log = LoggerFactory.getLogger(SqliteArchive.class);

  /** How long a call waits for another process, such as a person's shell, that writes. */
  private static final int BUSY_TIMEOUT_MS = 10_000;

  private static final int LIMIT_MAX = 1_000;

  private final Path file;
  private final Connection writer;
  private final Readers readers;

  /** Guards {@link #writer}; fair, so that retention in its steps lets others through. */
  private final ReentrantLock writing = new ReentrantLock(true);

  private SqliteArchive(Path file, Connection writer) {
    this.file = file;
    this.writer = writer;
    this.readers = new Readers(() -> connect(file, true));
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
      var writer = connect(file, false);
      try {
        Schema.prepare(writer);
      } catch (SQLException | RuntimeException e) {
        writer.close();
        throw e;
      }
      return new SqliteArchive(file, writer);
    } catch (ArchiveFailedException e) {
      throw new ArchiveFailedException(file + ": " + e.getMessage(), e);
    } catch (SQLException | IOException e) {
      throw new ArchiveFailedException(file + ": cannot open the archive: " + e.getMessage(), e);
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
    config.setBusyTimeout(BUSY_TIMEOUT_MS);
    // As a URI, since the driver reads a question mark in a plain path as the end of it.
    return config.createConnection("jdbc:sqlite:" + file.toUri());
  }

  @Override
  public void store(List<Deposit> deposits, long checkpoint) {
    write(
        "store " + deposits.size() + " streams",
        connection -> {
          try (var delete = connection.prepareStatement("DELETE FROM streams WHERE id = ?");
              var stream = connection.prepareStatement(StreamRow.INSERT);
              var events =
                  connection.prepareStatement(
                      "INSERT INTO events (stream, first_seq, count, bounds, wire)"
                          + " VALUES (?, ?, ?, ?, CAST(? AS TEXT))")) {
            for (var deposit : deposits) {
              delete.setString(1, deposit.stream().id().value());
              delete.executeUpdate();
              StreamRow.write(stream, deposit);
              writeEvents(events, deposit);
            }
          }
          Sql.run(
              connection,
              "INSERT OR REPLACE INTO checkpoint (one, position) VALUES (1, " + checkpoint + ")");
          return deposits.size();
        });
  }

  private static void writeEvents(PreparedStatement insert, Deposit deposit) throws SQLException {
    for (var run : EventRuns.of(deposit.events())) {
      insert.setString(1, deposit.stream().id().value());
      insert.setLong(2, run.firstSeq());
      insert.setInt(3, run.events().count());
      insert.setBytes(4, run.events().bounds());
      insert.setBytes(5, run.events().wire());
      insert.executeUpdate();
    }
  }

  @Override
  public long checkpoint() {
    return read("read the checkpoint", c -> Sql.number(c, "SELECT position FROM checkpoint"));
  }

  @Override
  public Set<StreamId> present(Collection<StreamId> ids) {
    // An id holds no character that JSON would have to escape.
    var json =
        ids.stream().map(id -> '"' + id.value() + '"').collect(Collectors.joining(",", "[", "]"));
    return read(
        "look for " + ids.size() + " streams",
        connection -> {
          try (var select =
              connection.prepareStatement(
                  "SELECT id FROM streams WHERE id IN (SELECT value FROM json_each(?))")) {
            select.setString(1, json);
            try (var rows = select.executeQuery()) {
              var present = new HashSet<StreamId>();
              while (rows.next()) {
                present.add(new StreamId(rows.getString(1)));
              }
              return present;
            }
          }
        });
  }

  @Override
  public Optional<ClosedStream> find(StreamId id) {
    return read(
        "find a stream",
        connection -> {
          try (var select =
              connection.prepareStatement(
                  "SELECT " + StreamRow.COLUMNS + " FROM streams WHERE id = ?")) {
            select.setString(1, id.value());
            try (var row = select.executeQuery()) {
              return row.next() ? Optional.of(StreamRow.read(row)) : Optional.empty();
            }
          }
        });
  }

  @Override
  public Optional<String> response(StreamId id) {
    return read(
        "read a response",
        connection -> {
          try (var select =
              connection.prepareStatement("SELECT response FROM streams WHERE id = ?")) {
            select.setString(1, id.value());
            try (var row = select.executeQuery()) {
              return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
            }
          }
        });
  }

  @Override
  public Optional<ArchivedEvents> read(StreamId id, long seq) {
    return read(
        "read events",
        connection -> {
          try (var select =
              connection.prepareStatement(
                  "SELECT first_seq, count, bounds, CAST(wire AS BLOB) FROM events"
                      + " WHERE stream = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1")) {
            select.setString(1, id.value());
            select.setLong(2, seq);
            try (var row = select.executeQuery()) {
              if (!row.next() || seq >= row.getLong(1) + row.getInt(2)) {
                return Optional.empty();
              }
              var events = EventRuns.join(row.getBytes(3), row.getBytes(4));
              return Optional.of(new ArchivedEvents(row.getLong(1), events));
            }
          }
        });
  }

  @Override
  public List<ClosedStream> list(Query query) {
    if (query.limit() < 1 || query.limit() > LIMIT_MAX) {
      throw new IllegalArgumentException("limit is " + query.limit() + ", not 1 to " + LIMIT_MAX);
    }
    var sql = new StringBuilder("SELECT " + StreamRow.COLUMNS + " FROM streams WHERE true");
    var parameters = new ArrayList<Object>();
    if (query.outcome() != null) {
      sql.append(" AND outcome = ?");
      parameters.add(query.outcome());
    }
    if (query.conversation() != null) {
      sql.append(" AND conversation = ?");
      parameters.add(query.conversation());
    }
    var before = query.before();
    if (before != null) {
      sql.append(" AND (created_ms, id) < (?, ?)");
      parameters.add(before.createdMs());
      parameters.add(before.id().value());
    }
    sql.append(" ORDER BY created_ms DESC, id DESC LIMIT ").append(query.limit());
    return read(
        "list streams",
        connection -> {
          try (var select = connection.prepareStatement(sql.toString())) {
            for (int i = 0; i < parameters.size(); i++) {
              select.setObject(i + 1, parameters.get(i));
            }
            try (var rows = select.executeQuery()) {
              var streams = new ArrayList<ClosedStream>();
              while (rows.next()) {
                streams.add(StreamRow.read(rows));
              }
              return streams;
            }
          }
        });
  }

  @Override
  public boolean markSaved(StreamId id) {
    return change("mark a stream as saved", "UPDATE streams SET saved = 1 WHERE id = ?", id);
  }

  @Override
  public boolean delete(StreamId id) {
    return change("delete a stream", "DELETE FROM streams WHERE id = ?", id);
  }

  private boolean change(String doing, String sql, StreamId id) {
    return write(
        doing,
        connection -> {
          try (var statement = connection.prepareStatement(sql)) {
            statement.setString(1, id.value());
            return statement.executeUpdate() > 0;
          }
        });
  }

  @Override
  public int retain(long endedBeforeMs, long bytesMax) {
    var retention = new Retention(endedBeforeMs, bytesMax);
    int gone = 0;
    int some;
    do {
      some = write("delete old streams", retention::deleteSome);
      gone += some;
    } while (some > 0);
    if (gone > 0) {
      while (write("give space back", Retention::shrinkSome)) {
        // In steps, so that others may write in between.
      }
      moveWalToFile();
      log.info("archive.retained file={} streams_deleted={}", file.getFileName(), gone);
    }
    return gone;
  }

  private <T> T read(String doing, Readers.Work<T> work) {
    try {
      return readers.read(work);
    } catch (SQLException | IllegalArgumentException e) {
      throw failed(doing, e);
    }
  }

  /** Does one transaction. */
  private <T> T write(String doing, Readers.Work<T> work) {
    writing.lock();
    try {
      Sql.run(writer, "BEGIN IMMEDIATE");
      boolean committed = false;
      try {
        var result = work.on(writer);
        Sql.run(writer, "COMMIT");
        committed = true;
        return result;
      } finally {
        if (!committed) {
          rollBack();
        }
      }
    } catch (SQLException e) {
      throw failed(doing, e);
    } finally {
      writing.unlock();
    }
  }

  /** Lets the file become as short as its content; does not wait for readers. */
  private void moveWalToFile() {
    writing.lock();
    try {
      Sql.run(writer, "PRAGMA wal_checkpoint(PASSIVE)");
    } catch (SQLException e) {
      throw failed("give space back", e);
    } finally {
      writing.unlock();
    }
  }

  private void rollBack() {
    try {
      Sql.run(writer, "ROLLBACK");
    } catch (SQLException e) {
      // SQLite has rolled back by itself, as it does when the disk is full.
      log.debug("archive.rolled_back cause={}", e.getMessage());
    }
  }

  private ArchiveFailedException failed(String doing, Exception cause) {
    return new ArchiveFailedException(
        "%s: cannot %s: %s".formatted(file, doing, cause.getMessage()), cause);
  }

  /** Waits for calls in progress. Later calls fail. */
  @Override
  public void close() {
    writing.lock();
    try {
      readers.close();
      writer.close();
    } catch (SQLException e) {
      throw failed("close", e);
    } finally {
      writing.unlock();
    }
  }
}
