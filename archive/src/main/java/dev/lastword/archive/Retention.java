package dev.lastword.archive;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Deletes what has outlived its time, oldest end first, in steps: between two of them others may
 * write.
 */
final class Retention {
  private static final int STEP_STREAMS_MAX = 200;
  private static final long STEP_BYTES_MAX = 32L << 20;

  /** Pages moved out of the way in one step, 4 MiB. */
  private static final int STEP_PAGES = 1_024;

  /** Free pages that stay in the file for what comes next, 4 MiB. */
  private static final int SPARE_PAGES = 1_024;

  private final long endedBeforeMs;
  private final long bytesMax;

  /** Length of the events of all streams that are still there; -1 until it was added up. */
  private long bytes = -1;

  Retention(long endedBeforeMs, long bytesMax) {
    this.endedBeforeMs = endedBeforeMs;
    this.bytesMax = bytesMax;
  }

  /** Deletes a few streams; returns how many, 0 once nothing is left to delete. */
  int deleteSome(Connection writer) throws SQLException {
    if (bytes < 0) {
      bytes = Sql.number(writer, "SELECT coalesce(sum(bytes), 0) FROM streams");
    }
    var outlived = outlived(writer);
    try (var delete = writer.prepareStatement("DELETE FROM streams WHERE id = ?")) {
      for (var id : outlived) {
        delete.setString(1, id);
        delete.executeUpdate();
      }
    }
    return outlived.size();
  }

  private List<String> outlived(Connection writer) throws SQLException {
    var ids = new ArrayList<String>();
    long stepBytes = 0;
    try (var statement = writer.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT id, ended_ms, bytes FROM streams ORDER BY ended_ms, id LIMIT "
                    + STEP_STREAMS_MAX)) {
      while (rows.next()
          && stepBytes < STEP_BYTES_MAX
          && (rows.getLong(2) < endedBeforeMs || bytes > bytesMax)) {
        ids.add(rows.getString(1));
        stepBytes += rows.getLong(3);
        bytes -= rows.getLong(3);
      }
    }
    return ids;
  }

  /** Gives some free pages back to the file system; false once there are few left. */
  static boolean shrinkSome(Connection writer) throws SQLException {
    long free = Sql.number(writer, "PRAGMA freelist_count") - SPARE_PAGES;
    if (free > 0) {
      Sql.run(writer, "PRAGMA incremental_vacuum(%d)".formatted(Math.min(free, STEP_PAGES)));
    }
    return free > STEP_PAGES;
  }
}
