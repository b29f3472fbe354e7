package dev.lastword.stream;

/** A response is kept as events, and putting it together would take too much of the heap. */
public final class ResponseTooLargeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long bytes;
  private final long bytesMax;

  ResponseTooLargeException(long bytes, long bytesMax) {
    super("the response may take %d bytes of the heap, of %d at most".formatted(bytes, bytesMax));
    this.bytes = bytes;
    this.bytesMax = bytesMax;
  }

  /** What it may take, in bytes of the heap. */
  public long bytes() {
    return bytes;
  }

  /** What one response may take at the most. */
  public long bytesMax() {
    return bytesMax;
  }
}
