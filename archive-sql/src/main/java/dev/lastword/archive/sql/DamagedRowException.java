package dev.lastword.archive.sql;

/** A row is not what was written; whoever knows the stream names it. */
public final class DamagedRowException extends RuntimeException {
  private static final long serialVersionUID = 1;

  DamagedRowException(String how) {
    super(how);
  }

  DamagedRowException(String how, Throwable cause) {
    super(how, cause);
  }
}
