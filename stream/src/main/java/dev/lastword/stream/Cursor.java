package dev.lastword.stream;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where one reader is in a stream. Used on its subscriber's executor only.
 *
 * <p>Reads from memory along the stream's chain; what is no longer in memory is read from the
 * journal or the archive, off the executor, one block at a time.
 */
public final class Cursor {
  private static final Logger log = LoggerFactory.getLogger(Cursor.class);

  private final Stream stream;
  private final Subscriber subscriber;

  /** Where in the chain; null while the next event is in the archive. */
  private @Nullable Node node;

  private long seq;
  private @Nullable Block loaded;
  private boolean loading;
  private boolean closed;

  /** The place in its group of subscribers; -1 when it is in none. */
  int place = -1;

  Cursor(Stream stream, Subscriber subscriber, long afterSeq) {
    this.stream = stream;
    this.subscriber = subscriber;
    this.seq = afterSeq;
    this.node = stream.history().nodeBefore(afterSeq + 1);
  }

  /** What a reader can expect. */
  public enum Status {
    /** Nothing to read now; the subscriber is woken when there is. */
    WAITING,
    /** The next block is being fetched; the subscriber is woken when it is here. */
    LOADING,
    /** Nothing more, ever: the stream is released and all of it was given out. */
    ENDED
  }

  /** The next block; empty-handed: {@link #status} says why. */
  public @Nullable Block next() {
    if (loaded != null) {
      var block = loaded;
      loaded = null;
      return give(block);
    }
    if (closed || loading) {
      return null;
    }
    if (node == null) {
      node = stream.history().nodeBefore(seq + 1);
    }
    if (node == null) {
      load(null);
      return null;
    }
    var following = node.next;
    if (following == null) {
      return null;
    }
    var block = following.resident;
    if (block == null) {
      load(following);
      return null;
    }
    node = following;
    return give(block);
  }

  /** Why {@link #next} gave nothing. */
  public Status status() {
    if (loading || loaded != null) {
      return Status.LOADING;
    }
    // State before count: a stream is released only after its last block was linked.
    return stream.state() instanceof StreamState.Released && seq >= stream.eventCount()
        ? Status.ENDED
        : Status.WAITING;
  }

  /** Number of the last event given out. */
  public long seq() {
    return seq;
  }

  /** The stream it reads. */
  public Stream stream() {
    return stream;
  }

  /** Whether nobody else reads the stream now. */
  public boolean isAlone() {
    return stream.subscribers().count() == 1;
  }

  /** Leaves. The stream goes on as if this reader had never been. */
  public void close() {
    if (!closed) {
      closed = true;
      stream.subscribers().leave(this);
    }
  }

  Subscriber subscriber() {
    return subscriber;
  }

  private Block give(Block block) {
    var rest = block.firstSeq() <= seq ? block.after(seq) : block;
    seq = rest.lastSeq();
    return rest;
  }

  private void load(@Nullable Node from) {
    loading = true;
    stream
        .history()
        .load(
            from,
            seq + 1,
            block -> subscriber.executor().execute(() -> arrived(from, block)),
            e -> subscriber.executor().execute(() -> failed(e)));
  }

  private void arrived(@Nullable Node from, Block block) {
    loading = false;
    if (closed) {
      return;
    }
    if (from != null && block.lastSeq() >= from.lastSeq) {
      node = from; // the archive may give it in parts
    }
    loaded = block;
    subscriber.wake();
  }

  private void failed(RuntimeException e) {
    loading = false;
    if (closed) {
      return;
    }
    if (stream.isDeleted() || e instanceof StreamDeletedException) {
      subscriber.notice("deleted", "The stream was deleted.");
      return;
    }
    log.error("subscriber.read_failed stream={} after={}", stream.id(), seq, e);
    subscriber.notice("read_failed", "The stream could not be read back from the disk.");
  }
}
