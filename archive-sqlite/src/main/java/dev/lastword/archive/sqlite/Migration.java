package dev.lastword.archive.sqlite;

import dev.lastword.archive.ArchiveFullException;
import dev.lastword.archive.sql.Session;
import dev.lastword.archive.sql.Transactions;
import java.sql.SQLException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings an archive of an earlier version to today's schema, in one transaction. What it copies of
 * version 1 are the rows of {@code streams}, whose columns may not be null there; the events stay
 * where they are. Version 2 lacks the ledger, which is filled with what rests here, of unknown
 * tokens; what was deleted before that is not in it.
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

  /** What rests, but for rows that are damaged so that nobody can say whose they are. */
  private static final String FILL_LEDGER =
      """
      INSERT INTO ledger (stream, opened_at, owner, model, dialect, outcome, created_ms, ended_ms)
      SELECT id, opened_at, owner, model, dialect, outcome, created_ms, ended_ms
      FROM streams
      WHERE at_rest = 1 AND outcome IS NOT NULL AND json_valid(attributes)""";

  private Migration() {}

  static void from2(Session writer) throws SQLException {
    log.info("archive.migrating from_version=2 to_version={}", Schema.VERSION);
    try {
      Transactions.run(
          writer,
          session -> {
            session.run("ALTER TABLE streams ADD COLUMN receipt TEXT");
            addLedger(session);
            session.run("PRAGMA user_version = " + Schema.VERSION);
          });
    } catch (SQLException e) {
      if (Sql.isFull(e)) {
        throw new ArchiveFullException(
            "no room to migrate it from version 2: the ledger takes some 300 bytes for each"
                + " stream; nothing was changed",
            e);
      }
      throw e;
    }
    log.info("archive.migrated responses={}", writer.number("SELECT count(*) FROM ledger"));
  }

  private static void addLedger(Session writer) throws SQLException {
    writer.run(Schema.LEDGER);
    for (var index : Schema.LEDGER_INDEXES) {
      writer.run(index);
    }
    writer.run(FILL_LEDGER);
  }

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

  private static void migrate(Session writer) throws SQLException {
    for (var statement : FROM_1) {
      writer.run(statement);
    }
    for (var index : Schema.INDEXES) {
      writer.run(index);
    }
    addLedger(writer);
    writer.run("PRAGMA user_version = " + Schema.VERSION);
  }
}
