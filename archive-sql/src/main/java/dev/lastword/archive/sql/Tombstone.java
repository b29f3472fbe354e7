package dev.lastword.archive.sql;

import dev.lastword.journal.StreamId;
import java.sql.SQLException;
import java.util.Optional;

/**
 * A row of {@code deleted}: the last life of an id that is gone. Most are left by the table's
 * trigger, whoever deletes.
 *
 * @param openedAt no life opened at this journal position or before is ever here again
 * @param upTo as it was in the row
 */
record Tombstone(long openedAt, long upTo) {
  static Optional<Tombstone> find(Session session, StreamId id) throws SQLException {
    try (var row =
        session.query("SELECT opened_at, up_to FROM @deleted WHERE id = ?", id.value())) {
      return row.next()
          ? Optional.of(new Tombstone(row.getLong(1), row.getLong(2)))
          : Optional.empty();
    }
  }

  /**
   * No life opened before a position is ever here again, were it here or not: a deposit of it may
   * still be on its way.
   */
  static void extend(Session writer, StreamId id, long deletedUpTo) throws SQLException {
    writer.change(
        "INSERT INTO @deleted (id, opened_at, up_to, settled, at_ms)"
            + " VALUES (?, ?, ?, @false, @now_ms) ON CONFLICT (id) DO UPDATE SET"
            + " opened_at = excluded.opened_at, up_to = excluded.up_to"
            + " WHERE excluded.opened_at > @deleted.opened_at",
        id.value(),
        deletedUpTo - 1,
        deletedUpTo);
  }

  /** Nothing more of that life will be deposited. */
  static void settle(Session writer, StreamId id) throws SQLException {
    writer.change("UPDATE @deleted SET settled = @true WHERE id = ?", id.value());
  }

  /** A later life has begun. */
  static void remove(Session writer, StreamId id) throws SQLException {
    writer.change("DELETE FROM @deleted WHERE id = ?", id.value());
  }

  /** At the opening: what a restart does not meet again in the journal nobody deposits. */
  static void purge(Session writer) throws SQLException {
    writer.change("DELETE FROM @deleted WHERE opened_at < (SELECT position FROM @checkpoint)");
  }
}
