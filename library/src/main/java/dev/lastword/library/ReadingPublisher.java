package dev.lastword.library;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A reading, for one subscriber that says how much it takes. */
final class ReadingPublisher implements Flow.Publisher<ByteBuffer> {
  private final Reading reading;
  private final Executor io;
  private final AtomicBoolean taken = new AtomicBoolean();

  ReadingPublisher(Reading reading, Executor io) {
    this.reading = reading;
    this.io = io;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
    var subscription = new Subscription(subscriber);
    subscriber.onSubscribe(subscription);
    if (taken.compareAndSet(false, true)) {
      io.execute(subscription);
    } else {
      subscription.cancelled = true;
      subscriber.onError(new IllegalStateException("a reading is for one subscriber"));
    }
  }

  /** Reads as much as was asked for. */
  private final class Subscription implements Flow.Subscription, Runnable {
    private final Flow.Subscriber<? super ByteBuffer> subscriber;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition asked = lock.newCondition();
    private long demand;
    private volatile boolean cancelled;
    private @Nullable IllegalArgumentException wrong;

    Subscription(Flow.Subscriber<? super ByteBuffer> subscriber) {
      this.subscriber = subscriber;
    }

    @Override
    public void request(long n) {
      lock.lock();
      try {
        if (n <= 0) {
          wrong = new IllegalArgumentException("n is " + n + ": at least 1");
        }
        demand = n > Long.MAX_VALUE - demand ? Long.MAX_VALUE : demand + n;
        asked.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      reading.close();
      lock.lock();
      try {
        asked.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void run() {
      try (reading) {
        while (awaitDemand()) {
          Optional<byte[]> bytes = reading.next();
          if (cancelled) {
            return;
          }
          if (bytes.isEmpty()) {
            subscriber.onComplete();
            return;
          }
          subscriber.onNext(ByteBuffer.wrap(bytes.get()));
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        fail(new ReadingBrokenException("draining", "this Lastword is closed"));
      } catch (ReadingBrokenException | RuntimeException e) {
        fail(e);
      }
    }

    private void fail(Exception e) {
      if (!cancelled) {
        subscriber.onError(e);
      }
    }

    /** False once nothing more is wanted. */
    private boolean awaitDemand() throws InterruptedException {
      lock.lock();
      try {
        while (demand == 0 && wrong == null && !cancelled) {
          asked.await();
        }
        if (wrong != null) {
          throw wrong;
        }
        if (demand != Long.MAX_VALUE) {
          demand--;
        }
        return !cancelled;
      } finally {
        lock.unlock();
      }
    }
  }
}
