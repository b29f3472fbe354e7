package dev.lastword.reader;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** Why a stream was not read to its end. What came before was handed out. */
public final class ReaderException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final int status;

  /** What went wrong. */
  public enum Kind {
    /** A status that another try does not change, or an answer that is no event stream. */
    REFUSED,
    /** Nothing was heard for as long as the reader is patient. */
    UNREACHABLE,
    /** The connection broke, and the endpoint says nothing by which the rest could be asked for. */
    BROKEN,
    /** The endpoint left events out, or sent one that is too large. */
    GAP,
    /** The stream itself ended otherwise than whole: it failed, was cancelled or interrupted. */
    ENDED
  }

  ReaderException(Kind kind, int status, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.status = status;
  }

  /** What went wrong. */
  public Kind kind() {
    return kind;
  }

  /** The HTTP status, 0 where none was the reason. */
  public int status() {
    return status;
  }
}
