package dev.lastword.archive.sqlite;

import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.StreamId;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;

/** Reads an archive and changes nothing of it, also beside a process that has it open. */
public final class ArchiveReading implements AutoCloseable {
  private final Session session;

  private ArchiveReading(Session session) {
    this.session = session;
  }

  /**
   * Opens the archive of a file, which is there.
   *
   * @throws ArchiveFailedException if it cannot be read, or is of another version
   */
  public static ArchiveReading open(Path file) {
    try {
      var reading = new ArchiveReading(new Session(new ArchiveFiles(file).connect(true)));
      reading.check();
      return reading;
    } catch (SQLException e) {
      throw new ArchiveFailedException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private void check() throws SQLException {
    long version = session.number("PRAGMA user_version");
    if (version != Schema.VERSION) {
      session.close();
      throw new ArchiveFailedException(
          "schema version %d, and only %d is read; opening the archive migrates an earlier one"
              .formatted(version, Schema.VERSION));
    }
  }

  /** A stream's row. */
  public Optional<ArchivedStream> find(StreamId id) {
    return read(id, () -> StreamRow.find(session, id));
  }

  /** Events from a number on, as many as lie together; empty if there is no such event. */
  public Optional<ArchivedEvents> events(StreamId id, long seq) {
    return read(id, () -> EventRows.read(session, id, seq));
  }

  private static <T> T read(StreamId id, Query<T> query) {
    try {
      return query.run();
    } catch (SQLException | DamagedRowException e) {
      throw new ArchiveFailedException("cannot read stream " + id + ": " + e.getMessage(), e);
    }
  }

  /** Something asked of the database. */
  private interface Query<T> {
    T run() throws SQLException;
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (SQLException e) {
      throw new ArchiveFailedException("cannot close the archive: " + e.getMessage(), e);
    }
  }
}
