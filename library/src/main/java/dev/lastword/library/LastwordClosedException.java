package dev.lastword.library;

/** This Lastword is closed: nothing is asked of it any more. */
public final class LastwordClosedException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  LastwordClosedException() {
    super("this Lastword is closed");
  }
}
