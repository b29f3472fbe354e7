package dev.lastword.archive.sql;

import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.StreamId;
import java.sql.SQLException;
import java.util.Optional;

/** Reads an archive and changes nothing of it, also beside a process that has it open. */
public final class ArchiveReading implements AutoCloseable {
  private final Session session;

  /** Reads on a session, which is its own from now on. */
  public ArchiveReading(Session session) {
    this.session = session;
  }

  /** A stream's row. */
  public Optional<ArchivedStream> find(StreamId id) {
    return read(id, each -> StreamRow.find(each, id));
  }

  /** Events from a number on, as many as lie together; empty if there is no such event. */
  public Optional<ArchivedEvents> events(StreamId id, long seq) {
    return read(id, each -> EventRows.read(each, id, seq));
  }

  private <T> T read(StreamId id, Workers.Work<T> work) {
    try {
      return Transactions.view(session, work);
    } catch (SQLException | DamagedRowException e) {
      throw new ArchiveFailedException("cannot read stream " + id + ": " + e.getMessage(), e);
    }
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
