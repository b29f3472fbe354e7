package dev.lastword.stream;

/** A save hook did not save. */
public final class SaveException extends Exception {
  private static final long serialVersionUID = 1;

  private final Kind kind;

  /** Says whether to call again. */
  public SaveException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** Whether to call again. */
  public Kind kind() {
    return kind;
  }

  /** Whether calling again can help. */
  public enum Kind {
    /** The store could not be reached or was busy: called again. */
    UNREACHABLE,
    /**
     * The store will never take this response: the stream ends {@code failed}, {@code
     * save_rejected}.
     */
    REJECTED
  }
}
