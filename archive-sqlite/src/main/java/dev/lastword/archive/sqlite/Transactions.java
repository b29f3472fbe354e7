package dev.lastword.archive.sqlite;

import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Transactions of one connection. */
final class Transactions {
  private static final Logger log = LoggerFactory.getLogger(SqliteArchive.class);

  private Transactions() {}

  /** What is done in a transaction. */
  @FunctionalInterface
  interface Work {
    void on(Session writer) throws SQLException;
  }

  /** Does all of it or nothing. Only the beginning can fail because another program writes. */
  static void run(Session writer, Work work) throws SQLException {
    writer.run("BEGIN IMMEDIATE");
    boolean committed = false;
    try {
      work.on(writer);
      writer.run("COMMIT");
      committed = true;
    } finally {
      if (!committed) {
        rollBack(writer);
      }
    }
  }

  /** Does several statements so that they see the same. */
  static <T> T view(Session reader, Workers.Work<T> work) throws SQLException {
    reader.run("BEGIN");
    try {
      return work.on(reader);
    } finally {
      rollBack(reader);
    }
  }

  private static void rollBack(Session session) {
    try {
      session.run("ROLLBACK");
    } catch (SQLException e) {
      // SQLite has rolled back by itself, as it does when the disk is full.
      log.debug("archive.rolled_back cause={}", e.getMessage());
    }
  }
}
