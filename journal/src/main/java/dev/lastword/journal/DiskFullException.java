package dev.lastword.journal;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * There is no room on the disk. Whoever meets that may let go of what is old, so nothing else is
 * one: neither a lack of descriptors nor a server that cannot be reached.
 */
public final class DiskFullException extends IOException {
  private static final long serialVersionUID = 1;

  /** What systems say; Java has no type for it. */
  private static final List<String> SAID =
      List.of("No space left on device", "Disk quota exceeded", "not enough space on the disk");

  /** Says how much is missing. */
  public DiskFullException(String message) {
    super(message);
  }

  public DiskFullException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Whether an exception, or what it comes of, says so; not all do, in each language. */
  static boolean isSaid(Throwable failure) {
    for (@Nullable Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof DiskFullException || isSaid(String.valueOf(each.getMessage()))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSaid(String message) {
    return SAID.stream().anyMatch(message::contains);
  }
}
