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

  /** Takes back what is written down of it, and then runs what follows. */
  private volatile Consumer<Runnable> withdrawal = Runnable::run;

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

  /** No stream comes of it. Its id is free once that is written down, where it was claimed. */
  public void giveBack() {
    if (over.compareAndSet(false, true)) {
      withdrawal.accept(() -> ended.accept(false));
    }
  }

  /** It is written down, and has to be taken back by this. */
  void claimed(Consumer<Runnable> taken) {
    withdrawal = taken;
  }

  /** There is a stream of this id, or there is none of it after all. */
  void end(boolean opened) {
    if (over.compareAndSet(false, true)) {
      ended.accept(opened);
    }
  }
}
