package dev.lastword.stream;

import dev.lastword.journal.StreamId;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Room for one stream: its id, and a place among the generations that may run at once. Used by
 * {@link Streams#open}, or given back; whatever comes first counts. Thread-safe.
 */
public final class Place {
  private final StreamId id;
  private final Consumer<Boolean> ended;
  private final AtomicBoolean over = new AtomicBoolean();

  /**
   * @param ended told once whether a stream has come of it
   */
  Place(StreamId id, Consumer<Boolean> ended) {
    this.id = id;
    this.ended = ended;
  }

  /** The id that the stream will have. */
  public StreamId id() {
    return id;
  }

  /** No stream comes of it. */
  public void giveBack() {
    end(false);
  }

  /** There is a stream of this id, or there is none of it after all. */
  void end(boolean opened) {
    if (over.compareAndSet(false, true)) {
      ended.accept(opened);
    }
  }
}
