package dev.lastword.archive.sqlite;

import dev.lastword.archive.ArchiveFullException;
import java.sql.SQLException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings an archive of version 1 to today's schema, in one transaction. What it copies are the rows
 * of {@code streams}, whose columns may not be null in version 1; the events stay where they are.
 */
final class Migration {
  private static final Logger log = LoggerFactory.getLogger(SqliteArchive.class);

  /**
   * All are at rest. Where they lie in the journal nobody wrote down. Their age counts from the
   * migration, which is when their journal's time begins: at 1.
   */
  private static final List<String> FROM_1 =
      List.of(
          "ALTER TABLE streams RENAME TO streams_1",
          Schema.STREAMS,
          """
          INSERT INTO streams (id, state, outcome, reason, saved, save_over, terminal_missing,
            at_rest, ended, corrupt, created_ms, ended_ms, complete_time_ms, opened_at, up_to,
            events, bytes, withheld, withheld_bytes, late, epochs, attributes, text, response)
          SELECT id, 'released', outcome, reason, saved, NOT saved, terminal_missing,
            1, outcome = 'completed', 0, created_ms, ended_ms, 1, 0, 0,
            events, bytes, 0, 0, late, epochs, attributes, text, response
          FROM streams_1""",
          "DROP TABLE streams_1",
          "ALTER TABLE events ADD COLUMN crc INTEGER",
          "ALTER TABLE checkpoint ADD COLUMN journal TEXT",
          "ALTER TABLE checkpoint ADD COLUMN crc INTEGER",
          Schema.DELETED,
          Schema.ON_DELETE);

  private Migration() {}

  static void from1(Session writer) throws SQLException {
    long streams = writer.number("SELECT count(*) FROM streams");
    log.info("archive.migrating from_version=1 to_version={} streams={}", Schema.VERSION, streams);
    // So that the events go on referring to "streams" while that is another table for a moment.
    writer.run("PRAGMA foreign_keys = OFF");
    writer.run("PRAGMA legacy_alter_table = ON");
    try {
      Transactions.run(writer, Migration::migrate);
    } catch (SQLException e) {
      if (Sql.isFull(e)) {
        throw new ArchiveFullException(
            "no room to migrate it from version 1: that takes about as much room as texts and"
                + " responses have in it; nothing was changed",
            e);
      }
      throw e;
    } finally {
      writer.run("PRAGMA legacy_alter_table = OFF");
    }
    log.info("archive.migrated streams={}", streams);
  }

  /** Versions 2 and 3 have no receipts: what was sealed under them has none. */
  static void to4(Session writer, long from) throws SQLException {
    log.info("archive.migrating from_version={} to_version=4", from);
    Transactions.run(
        writer,
        session -> {
          session.run("ALTER TABLE streams ADD COLUMN receipt TEXT");
          session.run("PRAGMA user_version = 4");
        });
  }

  private static void migrate(Session writer) throws SQLException {
    for (var statement : FROM_1) {
      writer.run(statement);
    }
    for (var index : Schema.INDEXES) {
      writer.run(index);
    }
    writer.run("PRAGMA user_version = " + Schema.VERSION);
  }
}
