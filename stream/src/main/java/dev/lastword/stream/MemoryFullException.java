package dev.lastword.stream;

/** Answers take nearly all of the memory that is theirs: what was asked has to wait. */
public final class MemoryFullException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long bytesMax;

  MemoryFullException(long bytesMax) {
    super("answers take nearly all of %d bytes of memory".formatted(bytesMax));
    this.bytesMax = bytesMax;
  }

  /** All that answers may take, in bytes of the heap. */
  public long bytesMax() {
    return bytesMax;
  }
}
