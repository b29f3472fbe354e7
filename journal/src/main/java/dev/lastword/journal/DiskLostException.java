package dev.lastword.journal;

import java.io.IOException;

/**
 * Nobody knows what has become of a write, and whoever holds the disk can write to it no more: the
 * next would stand behind what is perhaps not there. Only another opening can tell.
 */
public final class DiskLostException extends IOException {
  private static final long serialVersionUID = 1;

  /** Nothing more is known of it. */
  public DiskLostException(String message) {
    super(message);
  }

  public DiskLostException(String message, Throwable cause) {
    super(message, cause);
  }
}
