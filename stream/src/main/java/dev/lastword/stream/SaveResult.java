package dev.lastword.stream;

/** What became of saving a response once more. */
public sealed interface SaveResult {
  /** Every hook has acknowledged it, now or before. */
  record Saved(StreamView stream) implements SaveResult {}

  /** It runs, or is being saved already. */
  record Pending(StreamView stream) implements SaveResult {}

  /**
   * A hook did not take it.
   *
   * @param cause a {@link SaveException} if the hook gave one, or a {@link
   *     java.util.concurrent.TimeoutException}
   */
  record Unsaved(StreamView stream, Throwable cause) implements SaveResult {}

  /** There is no such stream. */
  record Unknown() implements SaveResult {}

  /** Of a stream that needs no call. */
  static SaveResult of(StreamView stream) {
    return stream.saved() ? new Saved(stream) : new Pending(stream);
  }
}
