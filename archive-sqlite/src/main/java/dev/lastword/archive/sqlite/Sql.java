package dev.lastword.archive.sqlite;

import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What SQLite says when it refuses. */
final class Sql {
  private Sql() {}

  /** Another program holds a lock. */
  static boolean isBusy(SQLException e) {
    return switch (primary(e)) {
      case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL -> true;
      default -> false;
    };
  }

  /** The disk is full. */
  static boolean isFull(SQLException e) {
    return primary(e) == SQLiteErrorCode.SQLITE_FULL
        || code(e) == SQLiteErrorCode.SQLITE_IOERR_SHMSIZE;
  }

  /** Not written, for whatever reason; beyond a quota, too. */
  static boolean isUnwritten(SQLException e) {
    return code(e) == SQLiteErrorCode.SQLITE_IOERR_WRITE;
  }

  /** The file's pages do not make sense. */
  static boolean isDamaged(SQLException e) {
    return switch (primary(e)) {
      case SQLITE_CORRUPT, SQLITE_NOTADB -> true;
      default -> false;
    };
  }

  private static SQLiteErrorCode code(SQLException e) {
    return e instanceof SQLiteException sqlite
        ? sqlite.getResultCode()
        : SQLiteErrorCode.getErrorCode(e.getErrorCode());
  }

  /** The result code without what extends it. */
  private static SQLiteErrorCode primary(SQLException e) {
    return SQLiteErrorCode.getErrorCode(code(e).code & 0xff);
  }
}
