package dev.lastword.cluster;

import java.io.Serial;

/** The store of a cluster refused, or did not answer. */
public final class ClusterFailedException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  /** Nothing else caused it. */
  public ClusterFailedException(String message) {
    super(message);
  }

  public ClusterFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
