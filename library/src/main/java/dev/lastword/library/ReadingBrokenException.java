package dev.lastword.library;

import java.io.IOException;

/**
 * A stream cannot be read to a clean end: it was cancelled or has failed, which its last event has
 * said, or this process goes away. Let the response break off, so that no reader takes it for
 * whole; in a servlet or a handler by throwing this on.
 */
public final class ReadingBrokenException extends IOException {
  private static final long serialVersionUID = 1;

  private final String code;

  ReadingBrokenException(String code, String message) {
    super(code + ": " + message);
    this.code = code;
  }

  /**
   * An outcome that is no success, or {@code draining}, {@code save_pending}, {@code deleted},
   * {@code read_failed}, {@code disk_full}, {@code journal_blocked}, {@code journal_closed}, or
   * {@code closed}: by the application itself.
   */
  public String code() {
    return code;
  }
}
