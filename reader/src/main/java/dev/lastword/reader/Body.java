package dev.lastword.reader;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A response's body, a part at a time, waited for no longer than is said: streams have no time. */
final class Body implements BodySubscriber<Body> {
  /** What comes next of a body. */
  sealed interface Part {
    /** Bytes of it. */
    record Bytes(List<ByteBuffer> buffers) implements Part {}

    /** It has ended in good order. */
    record End() implements Part {}

    /** It has broken off, or was silent for too long (no cause). */
    record Broken(@Nullable Throwable cause) implements Part {}
  }

  private final BlockingQueue<Part> parts = new LinkedBlockingQueue<>();
  private volatile @Nullable Subscription subscription;
  private volatile boolean closed;

  @Override
  public CompletionStage<Body> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Subscription given) {
    subscription = given;
    if (closed) {
      given.cancel();
    } else {
      given.request(1);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    parts.add(new Part.Bytes(buffers));
  }

  @Override
  public void onError(Throwable cause) {
    parts.add(new Part.Broken(cause));
  }

  @Override
  public void onComplete() {
    parts.add(new Part.End());
  }

  /** The next part; behind the last one it must not be called. */
  Part take(Duration silence) throws InterruptedException {
    var part = parts.poll(silence.toMillis(), TimeUnit.MILLISECONDS);
    if (part == null) {
      close();
      return new Part.Broken(null);
    }
    var asked = subscription;
    if (part instanceof Part.Bytes && asked != null) {
      asked.request(1);
    }
    return part;
  }

  /** Lets the connection go. Whoever waits in {@link #take} is told that it has broken. */
  void close() {
    closed = true;
    var given = subscription;
    if (given != null) {
      given.cancel();
    }
    parts.add(new Part.Broken(null));
  }
}
