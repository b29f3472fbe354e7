package dev.lastword.journal;

import java.io.IOException;

/** The place where the journal is kept has a later owner. Nothing was written, and nothing will. */
public final class FencedException extends IOException {
  private static final long serialVersionUID = 1;

  private final long epoch;

  /**
   * Says who has the place.
   *
   * @param epoch under which the later owner writes, at least 1
   */
  public FencedException(String message, long epoch) {
    super(message);
    this.epoch = epoch;
  }

  /** What the later owner writes with. */
  public FencingToken current() {
    return new FencingToken(epoch);
  }
}
