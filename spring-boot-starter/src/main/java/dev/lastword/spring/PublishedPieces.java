package dev.lastword.spring;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** What a publisher says, for a thread that may wait. As much is asked for as was taken. */
final class PublishedPieces implements Subscriber<Object> {
  private static final int AHEAD = 16;

  private record Failure(Throwable cause) {}

  private record End() {}

  /** As many as were asked for, and the end. */
  private final LinkedBlockingQueue<Object> queue = new LinkedBlockingQueue<>();

  private volatile @Nullable Subscription subscription;

  private PublishedPieces() {}

  static PublishedPieces of(Publisher<?> source) {
    var pieces = new PublishedPieces();
    source.subscribe(pieces);
    return pieces;
  }

  /**
   * Hands each piece on, and returns at the end.
   *
   * @throws IllegalStateException if the publisher has failed, with its failure as the cause; or if
   *     the thread was interrupted
   */
  void forEach(Consumer<Object> taker) {
    try {
      for (var piece = queue.take(); !(piece instanceof End); piece = queue.take()) {
        if (piece instanceof Failure(Throwable cause)) {
          throw new IllegalStateException("the source has failed: " + cause, cause);
        }
        taker.accept(piece);
        request(1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the source is silent", e);
    } finally {
      cancel();
    }
  }

  private void request(long n) {
    var now = subscription;
    if (now != null) {
      now.request(n);
    }
  }

  private void cancel() {
    var now = subscription;
    if (now != null) {
      now.cancel();
    }
  }

  @Override
  public void onSubscribe(Subscription given) {
    subscription = given;
    given.request(AHEAD);
  }

  @Override
  public void onNext(Object piece) {
    queue.add(piece);
  }

  @Override
  public void onError(Throwable cause) {
    queue.add(new Failure(cause));
  }

  @Override
  public void onComplete() {
    queue.add(new End());
  }
}
