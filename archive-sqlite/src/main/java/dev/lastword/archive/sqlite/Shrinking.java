package dev.lastword.archive.sqlite;

import java.sql.Connection;
import java.sql.SQLException;

/** Gives what deleted streams took back to the file system, a little at a time. */
final class Shrinking {
  /** Pages moved out of the way in one step, 4 MiB. */
  private static final int STEP_PAGES = 1_024;

  /** Free pages that stay in the file for what comes next, 4 MiB. */
  private static final int SPARE_PAGES = 1_024;

  private Shrinking() {}

  /** One step; true if there is more to do. */
  static boolean step(Connection writer) throws SQLException {
    long free = Sql.number(writer, "PRAGMA freelist_count") - SPARE_PAGES;
    if (free <= 0) {
      return false;
    }
    long pages = Math.min(free, STEP_PAGES);
    Transactions.run(writer, c -> Sql.run(c, "PRAGMA incremental_vacuum(%d)".formatted(pages)));
    if (free > STEP_PAGES) {
      return true;
    }
    // The file is cut when the log has been moved into it; this does not wait for readers.
    Sql.run(writer, "PRAGMA wal_checkpoint(PASSIVE)");
    return false;
  }
}
