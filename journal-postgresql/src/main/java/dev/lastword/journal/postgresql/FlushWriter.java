package dev.lastword.journal.postgresql;

import dev.lastword.journal.DiskLostException;
import dev.lastword.journal.FencedException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes flushes, one after the other, on the connection that owns the journal. Thread-safe.
 *
 * <p>One round trip: both statements go out together and are one transaction, which the server
 * commits at their end. The second begins after the first has the lock, and so sees the epoch that
 * is committed then.
 */
final class FlushWriter implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PostgresJournal.class);

  private static final String FLUSH =
      "SELECT pg_advisory_xact_lock_shared(?, ?);"
          + " INSERT INTO lastword_flushes (segment, position, epoch, bytes)"
          + " SELECT ?, ?, ?, ? FROM lastword_journals WHERE journal = ? AND epoch = ?"
          + " ON CONFLICT (segment, position)"
          + " DO UPDATE SET epoch = excluded.epoch, bytes = excluded.bytes";

  private final Connection connection;
  private final Ownership ownership;
  private final String name;
  private final PreparedStatement flush;

  /**
   * @param name of the journal
   */
  FlushWriter(Connection connection, Ownership ownership, String name) throws SQLException {
    this.connection = connection;
    this.ownership = ownership;
    this.name = name;
    this.flush = connection.prepareStatement(FLUSH);
  }

  Ownership ownership() {
    return ownership;
  }

  /**
   * Writes a row, which is durable when this returns.
   *
   * @throws FencedException if another process has opened the journal since
   * @throws DiskLostException if it was not written, or nobody knows; then nothing may be written
   *     any more, or it would stand behind what is perhaps not there
   */
  synchronized void write(long segment, long position, byte[] bytes) throws IOException {
    try {
      flush.clearWarnings();
      flush.setInt(1, ownership.locks());
      flush.setInt(2, ownership.journal());
      flush.setLong(3, segment);
      flush.setLong(4, position);
      flush.setLong(5, ownership.epoch());
      flush.setBytes(6, bytes);
      flush.setInt(7, ownership.journal());
      flush.setLong(8, ownership.epoch());
      flush.execute();
      flush.getMoreResults();
      int rows = flush.getUpdateCount();
      Commit.require(flush.getWarnings());
      if (rows != 1) {
        throw ownership.fenced(connection, name);
      }
    } catch (SQLException e) {
      close(); // what is still under way there ends with it, or is found by the next opening
      throw new DiskLostException("nobody knows whether it was flushed: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      log.warn("journal.connection_not_closed journal={} cause={}", name, e.getMessage());
    }
  }
}
