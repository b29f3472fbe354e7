package dev.lastword.archive.sql;

import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Transactions of one session. */
public final class Transactions {
  private static final Logger log = LoggerFactory.getLogger(SqlArchive.class);

  private Transactions() {}

  /** What is done in a transaction. */
  @FunctionalInterface
  public interface Work {
    /** Does it. */
    void on(Session writer) throws SQLException;
  }

  /** Does all of it or nothing. */
  public static void run(Session writer, Work work) throws SQLException {
    writer.begin(true);
    boolean committed = false;
    try {
      work.on(writer);
      writer.commit();
      committed = true;
    } finally {
      if (!committed) {
        rollBack(writer);
      }
    }
  }

  /** Does several statements so that they see the same. */
  static <T> T view(Session reader, Workers.Work<T> work) throws SQLException {
    reader.begin(false);
    try {
      return work.on(reader);
    } finally {
      rollBack(reader);
    }
  }

  private static void rollBack(Session session) {
    try {
      session.rollBack();
    } catch (SQLException e) {
      // SQLite has rolled back by itself, as it does when the disk is full; or the server is gone.
      log.debug("archive.rolled_back cause={}", e.getMessage());
    }
  }
}
