package dev.lastword.archive.postgresql;

import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchiveFencedException;
import dev.lastword.archive.sql.Session;
import dev.lastword.journal.postgresql.Commit;
import dev.lastword.journal.postgresql.Courtesy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to write an archive. Whoever opens it raises its epoch, and each batch looks at the
 * epoch in its own transaction, with the row locked: so none of the older process's is committed
 * after the newer one has read anything. A connection that is made anew does not raise it. What
 * stands in the checkpoint has to be what was left there: a standby that took over may have been
 * behind, and the journal has let go of what it lacks. For one thread.
 */
final class Fence {
  private static final Logger log = LoggerFactory.getLogger(PostgresArchive.class);

  /** The table whose number stands before {@link #COURTESY} in the lock. */
  private static final String TABLE = "lastword_archive";

  private static final int COURTESY = 1;

  private static final String EPOCH =
      "SELECT epoch, owner || ' since ' || to_char(opened_at, 'YYYY-MM-DD HH24:MI:SSOF')"
          + " || ', epoch ' || epoch FROM lastword_archive";

  private static final String POSITION = "SELECT position FROM lastword_checkpoint";

  private final Duration ownerWait;
  private final boolean entitled;

  /** The checkpoint after the last batch that was committed, and after the last that was tried. */
  private OptionalLong committed = OptionalLong.empty();

  private OptionalLong tried = OptionalLong.empty();
  private long epoch;

  /**
   * @param entitled whether whoever has it open is pushed aside, the first time
   */
  Fence(Duration ownerWait, boolean entitled) {
    this.ownerWait = ownerWait;
    this.entitled = entitled;
  }

  /**
   * Takes the archive over the first time, and later only looks whether it is still this one's. In
   * autocommit mode.
   *
   * @throws ArchiveFailedException if another process has it
   */
  void enter(Connection connection) throws SQLException {
    beCourteous(connection);
    if (epoch == 0) {
      epoch = raise(connection);
    } else {
      try (var statement = connection.createStatement();
          var row = statement.executeQuery(EPOCH)) {
        requireOwned(row);
      }
    }
  }

  private void beCourteous(Connection connection) throws SQLException {
    var courtesy = new Courtesy(Courtesy.locks(connection, TABLE), COURTESY);
    if (entitled && epoch == 0) {
      courtesy.pushAside(connection, COURTESY);
    }
    if (courtesy.takeIfFree(connection)) {
      return;
    }
    var owner = owner(connection);
    log.warn("archive.waiting owner={} wait_ms={}", owner, ownerWait.toMillis());
    if (!courtesy.take(connection, ownerWait)) {
      throw new ArchiveFailedException("it is open in %s: stop that first".formatted(owner));
    }
  }

  private static long raise(Connection connection) throws SQLException {
    try (var change =
        connection.prepareStatement(
            "INSERT INTO lastword_archive AS here (one, epoch, owner, opened_at)"
                + " VALUES (1, 1, ?, clock_timestamp()) ON CONFLICT (one) DO UPDATE"
                + " SET epoch = here.epoch + 1, owner = excluded.owner,"
                + " opened_at = excluded.opened_at RETURNING epoch")) {
      change.setString(1, Courtesy.self());
      try (var row = change.executeQuery()) {
        row.next();
        long raised = row.getLong(1);
        Commit.require(change.getWarnings());
        return raised;
      }
    }
  }

  /**
   * In a transaction that writes, before anything else: keeps whoever opens waiting until it has
   * ended.
   *
   * @throws ArchiveFencedException if another process has opened the archive since, or it is not as
   *     it was left
   */
  void require(Session writer) throws SQLException {
    try (var row = writer.query(EPOCH + " FOR UPDATE")) {
      requireOwned(row);
    }
    long position = writer.number(POSITION);
    if (committed.isPresent()
        && position != committed.getAsLong()
        && (tried.isEmpty() || position != tried.getAsLong())) {
      throw new ArchiveFencedException(
          "its checkpoint is %d and was left at %d: the database has lost what it had committed, or somebody has changed it; nothing is stored until a restart, which compares archive and journal"
              .formatted(position, committed.getAsLong()));
    }
    committed = OptionalLong.of(position); // also what nobody knew to be
  }

  /** At the end of a transaction that writes: what it leaves behind if it is committed. */
  void leave(Session writer) throws SQLException {
    tried = OptionalLong.of(writer.number(POSITION));
  }

  /** What was tried last is committed. */
  void committed() {
    committed = tried;
  }

  private void requireOwned(ResultSet row) throws SQLException {
    long now = row.next() ? row.getLong(1) : 0;
    if (now != epoch) {
      throw new ArchiveFencedException(
          "it was taken over by %s; epoch %d is fenced out until a restart"
              .formatted(now == 0 ? "nobody, its row is gone" : row.getString(2), epoch));
    }
  }

  private static String owner(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery(EPOCH)) {
      return row.next() ? row.getString(2) : "another process";
    }
  }
}
