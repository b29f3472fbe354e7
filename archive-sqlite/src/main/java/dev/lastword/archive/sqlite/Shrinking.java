package dev.lastword.archive.sqlite;

import dev.lastword.archive.sql.Session;
import dev.lastword.archive.sql.Transactions;
import java.sql.SQLException;

/** Gives what deleted streams took back to the file system, a little at a time. */
final class Shrinking {
  /** Pages moved out of the way in one step, 4 MiB. */
  private static final int STEP_PAGES = 1_024;

  /** As much on a full disk, where moving them takes room, 128 KiB. */
  private static final int TIGHT_STEP_PAGES = 32;

  /** Free pages that stay in the file for what comes next, 4 MiB. */
  private static final int SPARE_PAGES = 1_024;

  private Shrinking() {}

  static boolean hasFreePages(Session session) throws SQLException {
    return session.number("PRAGMA freelist_count") > 0;
  }

  /**
   * One step; true if there is more to do.
   *
   * @param tight the disk is full: nothing stays in the file, and little is moved at a time
   */
  static boolean step(Session writer, boolean tight) throws SQLException {
    long spare = tight ? 0 : SPARE_PAGES;
    int step = tight ? TIGHT_STEP_PAGES : STEP_PAGES;
    long free = writer.number("PRAGMA freelist_count") - spare;
    if (free <= 0) {
      return false;
    }
    long pages = Math.min(free, step);
    Transactions.run(writer, c -> c.run("PRAGMA incremental_vacuum(%d)".formatted(pages)));
    if (free > step) {
      return true;
    }
    // The file is cut when the log has been moved into it; this does not wait for readers.
    writer.run("PRAGMA wal_checkpoint(PASSIVE)");
    return false;
  }
}
