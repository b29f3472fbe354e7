package dev.lastword.archive;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * The tables, and who may open them.
 *
 * @see "docs/formats/archive.md"
 */
final class Schema {
  /** Number of this schema, kept in {@code user_version}. */
  static final int VERSION = 1;

  /** Tells the file from other SQLite databases: {@code LWAR}, kept in {@code application_id}. */
  static final int APPLICATION_ID = 0x4C574152;

  /** The write-ahead log is cut back to this after a checkpoint. */
  private static final int WAL_BYTES_KEPT = 16 << 20;

  private static final List<String> TABLES =
      List.of(
          """
          CREATE TABLE streams (
            id TEXT NOT NULL PRIMARY KEY,
            outcome TEXT NOT NULL,
            reason TEXT NOT NULL,
            saved INTEGER NOT NULL,
            terminal_missing INTEGER NOT NULL,
            created_ms INTEGER NOT NULL,
            ended_ms INTEGER NOT NULL,
            events INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            late INTEGER NOT NULL,
            epochs TEXT NOT NULL,
            attributes TEXT NOT NULL,
            conversation TEXT AS (attributes ->> '$.conversation') VIRTUAL,
            dialect TEXT AS (attributes ->> '$.dialect') VIRTUAL,
            model TEXT AS (attributes ->> '$.model') VIRTUAL,
            path TEXT AS (attributes ->> '$.path') VIRTUAL,
            text TEXT NOT NULL,
            response TEXT NOT NULL
          ) STRICT""",
          """
          CREATE TABLE events (
            stream TEXT NOT NULL REFERENCES streams (id) ON DELETE CASCADE,
            first_seq INTEGER NOT NULL,
            count INTEGER NOT NULL,
            bounds BLOB NOT NULL,
            wire TEXT NOT NULL,
            PRIMARY KEY (stream, first_seq)
          ) STRICT""",
          """
          CREATE TABLE checkpoint (
            one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
            position INTEGER NOT NULL
          ) STRICT""",
          "CREATE INDEX streams_by_creation ON streams (created_ms, id)",
          "CREATE INDEX streams_by_conversation ON streams (conversation, created_ms, id)",
          "CREATE INDEX streams_by_outcome ON streams (outcome, created_ms, id)",
          "CREATE INDEX streams_by_end ON streams (ended_ms, id, bytes)");

  private Schema() {}

  /**
   * Makes a connection the writer of an archive, and the tables if the file is new.
   *
   * @throws ArchiveFailedException if the file belongs to another program or a newer version
   */
  static void prepare(Connection writer) throws SQLException {
    Sql.run(writer, "PRAGMA foreign_keys = ON");
    boolean fresh = refuseForeign(writer);
    if (fresh) {
      // Before the first page is written, or it needs a whole VACUUM. It lets retention shrink the
      // file.
      Sql.run(writer, "PRAGMA auto_vacuum = INCREMENTAL");
    }
    // WAL, so that readers never wait for the writer. FULL, since a checkpoint lets go of the
    // journal's segments: what is stored must be on disk when the call returns.
    Sql.run(writer, "PRAGMA journal_mode = WAL");
    Sql.run(writer, "PRAGMA synchronous = FULL");
    Sql.run(writer, "PRAGMA journal_size_limit = " + WAL_BYTES_KEPT);
    if (fresh) {
      create(writer);
    }
  }

  /** Whether the file is new. */
  private static boolean refuseForeign(Connection writer) throws SQLException {
    long application = Sql.number(writer, "PRAGMA application_id");
    long version = Sql.number(writer, "PRAGMA user_version");
    if (application == APPLICATION_ID && version == VERSION) {
      return false;
    }
    if (application == APPLICATION_ID) {
      throw new ArchiveFailedException(
          "schema version %d is newer than %d, the newest this version of Lastword reads"
              .formatted(version, VERSION));
    }
    if (Sql.number(writer, "SELECT count(*) FROM sqlite_schema") > 0 || application != 0) {
      throw new ArchiveFailedException(
          "a database of another program, application_id 0x%08X".formatted(application));
    }
    return true;
  }

  private static void create(Connection writer) throws SQLException {
    Sql.run(writer, "BEGIN IMMEDIATE");
    for (var table : TABLES) {
      Sql.run(writer, table);
    }
    Sql.run(writer, "PRAGMA application_id = " + APPLICATION_ID);
    Sql.run(writer, "PRAGMA user_version = " + VERSION);
    Sql.run(writer, "COMMIT");
  }
}
