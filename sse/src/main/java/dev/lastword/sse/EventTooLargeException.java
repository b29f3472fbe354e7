package dev.lastword.sse;

/** An event grew past the parser's bound; the parser takes no more input. */
public final class EventTooLargeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int bytesMax;

  /** Says which bound was passed. */
  public EventTooLargeException(int bytesMax) {
    super("an event is larger than " + bytesMax + " bytes");
    this.bytesMax = bytesMax;
  }

  /** The bound, in bytes of one event's fields. */
  public int bytesMax() {
    return bytesMax;
  }
}
