package dev.lastword.servlet;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.StreamView;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A servlet's asynchronous context. Of an event stream it completes the answer, and the
 * connection's own context follows once its reader has read, or left; a reader that leaves is not
 * told to the servlet's listeners. Of any other response it is the container's own.
 */
final class KeptAsync implements AsyncContext {
  private static final Logger log = LoggerFactory.getLogger(KeptAsync.class);

  private final AsyncContext connection;
  private final KeptResponse response;
  private final ServletRequest asked;
  private final ServletResponse answered;
  private final List<AsyncListener> listeners = new CopyOnWriteArrayList<>();
  private final AtomicBoolean done = new AtomicBoolean();

  /**
   * Guards what is done to the connection's context: containers use one again for another request
   * once it has completed.
   */
  private final ReentrantLock lock = new ReentrantLock();

  private boolean released;
  private volatile boolean dispatched;

  KeptAsync(
      AsyncContext connection,
      KeptResponse response,
      ServletRequest asked,
      ServletResponse answered) {
    this.connection = connection;
    this.response = response;
    this.asked = asked;
    this.answered = answered;
    connection.addListener(new OfConnection());
  }

  boolean isDone() {
    return done.get();
  }

  /** Whether the servlet has given its request back to the container. */
  boolean isDispatched() {
    return dispatched;
  }

  @Override
  public void complete() {
    if (!done.compareAndSet(false, true)) {
      throw new IllegalStateException("the asynchronous context has completed");
    }
    try {
      response.end();
    } catch (IOException e) { // of its last bytes: the answer takes nothing any more
      log.debug("async.not_flushed cause={}", e.toString());
    }
    var exchange = response.exchange();
    if (exchange == null) {
      connection.complete();
      return;
    }
    exchange.ended().whenComplete((ending, undecided) -> ended());
    exchange.served().whenComplete((nothing, never) -> release());
  }

  /** Unless the container has let go of it, since its reader had gone. */
  private void release() {
    lock.lock();
    try {
      if (!released) {
        released = true;
        connection.complete();
      }
    } catch (RuntimeException e) {
      log.debug("async.not_completed cause={}", e.toString());
    } finally {
      lock.unlock();
    }
  }

  private void left(Exchange exchange) {
    lock.lock();
    try {
      released = true;
    } finally {
      lock.unlock();
    }
    exchange.leave();
  }

  private void ended() {
    tell(null, AsyncListener::onComplete);
  }

  /** The answer has ended before the servlet has: its owner has stopped it, or a bound has. */
  void watch(Exchange exchange) {
    exchange.ended().whenComplete(this::stopped);
  }

  private void stopped(@Nullable StreamView ending, @Nullable Throwable undecided) {
    if (!done.get() && (ending == null || ending.outcome() != Outcome.COMPLETED)) {
      var why = undecided != null ? undecided : new IOException("the stream has ended");
      tell(why, AsyncListener::onError);
    }
  }

  private interface Telling {
    void tell(AsyncListener listener, AsyncEvent event) throws IOException;
  }

  private void tell(@Nullable Throwable why, Telling telling) {
    var event = new AsyncEvent(this, asked, answered, why);
    for (var listener : listeners) {
      try {
        telling.tell(listener, event);
      } catch (IOException | RuntimeException e) {
        log.warn("async.listener_failed cause={}", e.toString());
      }
    }
  }

  /** What the container says of the connection. */
  private final class OfConnection implements AsyncListener {
    @Override
    public void onComplete(AsyncEvent event) {
      var exchange = response.exchange();
      if (exchange == null) {
        done.set(true);
        tell(null, AsyncListener::onComplete);
      } else {
        left(exchange);
      }
    }

    /**
     * The servlet's own bound, of the one as of the other. What it has completed meanwhile is not
     * under it: the save, and the reader's pace. The container would end the connection behind
     * this, so its reader is waited for here.
     */
    @Override
    public void onTimeout(AsyncEvent event) throws IOException {
      var exchange = response.exchange();
      if (!done.get()) {
        tell(null, AsyncListener::onTimeout);
      }
      if (exchange != null) {
        if (!done.get()) {
          exchange.fail("timeout", "The server took too long.");
        }
        exchange.awaitReader();
        release();
      }
    }

    @Override
    public void onError(AsyncEvent event) {
      if (response.exchange() == null) {
        tell(event.getThrowable(), AsyncListener::onError);
      } // else a reader has gone, and the container completes what it has
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      tell(null, AsyncListener::onStartAsync);
    }
  }

  @Override
  public ServletRequest getRequest() {
    return asked;
  }

  @Override
  public ServletResponse getResponse() {
    return answered;
  }

  @Override
  public boolean hasOriginalRequestAndResponse() {
    return answered == response;
  }

  @Override
  public void dispatch() {
    leaveToTheNext();
    connection.dispatch();
  }

  @Override
  public void dispatch(String path) {
    leaveToTheNext();
    connection.dispatch(path);
  }

  @Override
  public void dispatch(ServletContext context, String path) {
    leaveToTheNext();
    connection.dispatch(context, path);
  }

  private void leaveToTheNext() {
    if (response.exchange() != null) {
      throw new IllegalStateException(
          "dispatch: an event stream that has begun is completed, and not dispatched");
    }
    dispatched = true;
    response.dispatched();
  }

  @Override
  public void start(Runnable run) {
    connection.start(run);
  }

  @Override
  public void addListener(AsyncListener listener) {
    listeners.add(listener);
  }

  @Override
  public void addListener(AsyncListener listener, ServletRequest asked, ServletResponse answered) {
    listeners.add(listener);
  }

  @Override
  public <T extends AsyncListener> T createListener(Class<T> type) throws ServletException {
    return connection.createListener(type);
  }

  @Override
  public void setTimeout(long ms) {
    connection.setTimeout(ms);
  }

  @Override
  public long getTimeout() {
    return connection.getTimeout();
  }
}
