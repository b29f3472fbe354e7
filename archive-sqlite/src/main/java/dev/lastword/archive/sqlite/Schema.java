package dev.lastword.archive.sqlite;

import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.sql.Session;
import dev.lastword.archive.sql.Transactions;
import java.sql.SQLException;
import java.util.List;

/**
 * The tables, and who may open them.
 *
 * @see "docs/formats/archive.md"
 */
final class Schema {
  /** Number of this schema, kept in {@code user_version}. */
  static final int VERSION = 3;

  /** Tells the file from other SQLite databases: {@code LWAR}, kept in {@code application_id}. */
  static final int APPLICATION_ID = 0x4C574152;

  /** The write-ahead log is cut back to this after a checkpoint. */
  private static final int WAL_BYTES_KEPT = 16 << 20;

  private static final int PAGE_BYTES = 4_096;

  static final String STREAMS =
      """
      CREATE TABLE streams (
        id TEXT NOT NULL PRIMARY KEY,
        state TEXT NOT NULL,
        outcome TEXT,
        reason TEXT NOT NULL,
        saved INTEGER NOT NULL,
        save_over INTEGER NOT NULL,
        terminal_missing INTEGER NOT NULL,
        at_rest INTEGER NOT NULL,
        ended INTEGER NOT NULL,
        corrupt INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        ended_ms INTEGER NOT NULL,
        complete_time_ms INTEGER NOT NULL,
        opened_at INTEGER NOT NULL,
        up_to INTEGER NOT NULL,
        events INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        withheld INTEGER NOT NULL,
        withheld_bytes INTEGER NOT NULL,
        late INTEGER NOT NULL,
        epochs TEXT NOT NULL,
        attributes TEXT NOT NULL,
        conversation TEXT AS (attributes ->> '$.conversation') VIRTUAL,
        dialect TEXT AS (attributes ->> '$.dialect') VIRTUAL,
        model TEXT AS (attributes ->> '$.model') VIRTUAL,
        owner TEXT AS (attributes ->> '$.owner') VIRTUAL,
        path TEXT AS (attributes ->> '$.path') VIRTUAL,
        crc INTEGER,
        response_crc INTEGER,
        text TEXT,
        response TEXT,
        receipt TEXT
      ) STRICT""";

  private static final String EVENTS =
      """
      CREATE TABLE events (
        stream TEXT NOT NULL REFERENCES streams (id) ON DELETE CASCADE,
        first_seq INTEGER NOT NULL,
        count INTEGER NOT NULL,
        bounds BLOB NOT NULL,
        wire TEXT NOT NULL,
        crc INTEGER,
        PRIMARY KEY (stream, first_seq)
      ) STRICT""";

  private static final String CHECKPOINT =
      """
      CREATE TABLE checkpoint (
        one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
        position INTEGER NOT NULL,
        journal TEXT,
        crc INTEGER
      ) STRICT""";

  /** What of the tables version 1 did not have. */
  static final String DELETED =
      """
      CREATE TABLE deleted (
        id TEXT NOT NULL PRIMARY KEY,
        opened_at INTEGER NOT NULL,
        up_to INTEGER NOT NULL,
        settled INTEGER NOT NULL,
        at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID""";

  /** Whoever deletes a stream: its events go too, and it does not come back from the journal. */
  static final String ON_DELETE =
      """
      CREATE TRIGGER streams_deleted AFTER DELETE ON streams BEGIN
        DELETE FROM events WHERE stream = OLD.id;
        INSERT INTO deleted (id, opened_at, up_to, settled, at_ms)
          VALUES (OLD.id, OLD.opened_at, OLD.up_to, OLD.at_rest, 1000 * unixepoch())
          ON CONFLICT (id) DO UPDATE SET opened_at = excluded.opened_at, up_to = excluded.up_to,
            settled = excluded.settled, at_ms = excluded.at_ms
            WHERE excluded.opened_at >= opened_at;
      END""";

  static final List<String> INDEXES =
      List.of(
          "CREATE INDEX streams_by_creation ON streams (created_ms, id)",
          "CREATE INDEX streams_by_conversation ON streams (conversation, created_ms, id)",
          "CREATE INDEX streams_by_outcome ON streams (outcome, created_ms, id)",
          "CREATE INDEX streams_by_owner ON streams (owner, created_ms, id)",
          "CREATE INDEX streams_by_owner_conversation"
              + " ON streams (owner, conversation, created_ms, id)",
          "CREATE INDEX streams_by_end ON streams (complete_time_ms, ended_ms, id, bytes)"
              + " WHERE at_rest = 1",
          "CREATE INDEX streams_unfinished ON streams (opened_at) WHERE at_rest = 0");

  /** Later than version 2, which is read without it, too. */
  private static final String UNSAVED =
      "CREATE INDEX IF NOT EXISTS streams_unsaved ON streams (created_ms, id) WHERE saved = 0";

  /**
   * The name by which a client comes back to a stream; null where a row's attributes are damaged,
   * which would fail a whole query.
   */
  static final String NAME = "iif(json_valid(attributes), attributes ->> '$.name', NULL)";

  /** Later than version 2 as well. */
  private static final String NAMED =
      "CREATE INDEX IF NOT EXISTS streams_by_name ON streams (" + NAME + ", created_ms, id)";

  static final String LEDGER =
      """
      CREATE TABLE ledger (
        stream TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        owner TEXT,
        tenant TEXT,
        route TEXT,
        model TEXT,
        dialect TEXT,
        tokens_in INTEGER,
        tokens_out INTEGER,
        tokens_cached INTEGER,
        tokens_reasoning INTEGER,
        outcome TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        ended_ms INTEGER NOT NULL,
        PRIMARY KEY (stream, opened_at)
      ) STRICT, WITHOUT ROWID""";

  static final List<String> LEDGER_INDEXES =
      List.of(
          "CREATE INDEX ledger_by_end ON ledger (ended_ms)",
          "CREATE INDEX ledger_by_owner ON ledger (owner, ended_ms)");

  private Schema() {}

  /**
   * Makes a connection the writer of an archive, and the tables if the file is new or of an earlier
   * version.
   *
   * @param logBytesMax with more than this in it the log is moved into the database
   * @throws ArchiveFailedException if the file belongs to another program or a newer version
   */
  static void prepare(Session writer, long logBytesMax) throws SQLException {
    long version = version(writer);
    if (version == 0) {
      // Before the first page is written, or it needs a whole VACUUM. It lets deletions shrink the
      // file.
      writer.run("PRAGMA auto_vacuum = INCREMENTAL");
    }
    // WAL, so that readers never wait for the writer. FULL, since a checkpoint lets go of the
    // journal's segments: what is stored must be on disk when the call returns.
    writer.run("PRAGMA journal_mode = WAL");
    writer.run("PRAGMA synchronous = FULL");
    writer.run("PRAGMA journal_size_limit = " + WAL_BYTES_KEPT);
    writer.run("PRAGMA wal_autocheckpoint = " + Math.max(1, logBytesMax / PAGE_BYTES));
    if (version == 0) {
      Transactions.run(writer, Schema::create);
    } else if (version == 1) {
      Migration.from1(writer);
    } else if (version == 2) {
      Migration.from2(writer);
    }
    writer.run(UNSAVED);
    writer.run(NAMED);
  }

  /** Version of the schema, 0 for an empty file. */
  private static long version(Session writer) throws SQLException {
    long application = writer.number("PRAGMA application_id");
    long version = writer.number("PRAGMA user_version");
    if (application == APPLICATION_ID && version > VERSION) {
      throw new ArchiveFailedException(
          "schema version %d is newer than %d, the newest this version of Lastword reads"
              .formatted(version, VERSION));
    }
    if (application == APPLICATION_ID && version >= 1) {
      return version;
    }
    if (writer.number("SELECT count(*) FROM sqlite_schema") > 0 || application != 0) {
      throw new ArchiveFailedException(
          "a database of another program, application_id 0x%08X".formatted(application));
    }
    return 0;
  }

  private static void create(Session writer) throws SQLException {
    writer.run(STREAMS);
    writer.run(EVENTS);
    writer.run(CHECKPOINT);
    writer.run(DELETED);
    writer.run(ON_DELETE);
    writer.run(LEDGER);
    for (var index : INDEXES) {
      writer.run(index);
    }
    for (var index : LEDGER_INDEXES) {
      writer.run(index);
    }
    writer.run("PRAGMA application_id = " + APPLICATION_ID);
    writer.run("PRAGMA user_version = " + VERSION);
  }
}
