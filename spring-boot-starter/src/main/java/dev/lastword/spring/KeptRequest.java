package dev.lastword.spring;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.web.context.request.ServletWebRequest;
import org.springframework.web.context.request.async.AsyncWebRequest;
import org.springframework.web.context.request.async.WebAsyncManager;
import org.springframework.web.context.request.async.WebAsyncUtils;

/**
 * The asynchronous request that an application's source is told that it answers. It has no
 * connection: it does not time out, and comes to its error by an owner's cancel only. Where Spring
 * would dispatch a request again, this one is whole.
 */
final class KeptRequest extends ServletWebRequest implements AsyncWebRequest {
  private final Intake intake;
  private final KeptResponse response;
  private final WebAsyncManager manager;
  private final List<Consumer<Throwable>> errorHandlers = new ArrayList<>();
  private final List<Runnable> completionHandlers = new ArrayList<>();
  private volatile boolean started;
  private volatile boolean complete;

  KeptRequest(HttpServletRequest request, KeptResponse response, Intake intake) {
    super(new OwnManager(request), response);
    this.intake = intake;
    this.response = response;
    this.manager = WebAsyncUtils.getAsyncManager(this);
    manager.setAsyncWebRequest(this);
    intake.whenCancelled(() -> fail(new IllegalStateException("the answer was cancelled")));
  }

  /**
   * Has the manager of another asynchronous request than the connection's. What Spring asks of a
   * request when a source ends, for its log, is known here: the container's own may be another's by
   * then.
   */
  private static final class OwnManager extends HttpServletRequestWrapper {
    private final String method;
    private final String uri;
    private final @Nullable String query;
    private @Nullable Object manager;

    OwnManager(HttpServletRequest request) {
      super(request);
      this.method = request.getMethod();
      this.uri = request.getRequestURI();
      this.query = request.getQueryString();
    }

    @Override
    public String getMethod() {
      return method;
    }

    @Override
    public String getRequestURI() {
      return uri;
    }

    @Override
    public @Nullable String getQueryString() {
      return query;
    }

    @Override
    public @Nullable Object getAttribute(String name) {
      return isManager(name) ? manager : super.getAttribute(name);
    }

    @Override
    public void setAttribute(String name, @Nullable Object value) {
      if (isManager(name)) {
        manager = value;
      } else {
        super.setAttribute(name, value);
      }
    }

    @Override
    public void removeAttribute(String name) {
      if (isManager(name)) {
        manager = null;
      } else {
        super.removeAttribute(name);
      }
    }

    private static boolean isManager(String name) {
      return name.equals(WebAsyncUtils.WEB_ASYNC_MANAGER_ATTRIBUTE);
    }
  }

  /** Says the head that the source has said, as far as it has. */
  void copyHead(HttpServletResponse to) {
    response.copyHead(to);
  }

  /** A connection's, and there is none: bounds of answers are the engine's. */
  @Override
  public void setTimeout(@Nullable Long timeout) {}

  @Override
  public void addTimeoutHandler(Runnable handler) {}

  @Override
  public synchronized void addErrorHandler(Consumer<Throwable> handler) {
    errorHandlers.add(handler);
  }

  @Override
  public synchronized void addCompletionHandler(Runnable handler) {
    completionHandlers.add(handler);
  }

  @Override
  public void startAsync() {
    started = true;
  }

  @Override
  public boolean isAsyncStarted() {
    return started;
  }

  @Override
  public boolean isAsyncComplete() {
    return complete;
  }

  private void fail(Throwable cause) {
    List<Consumer<Throwable>> handlers;
    synchronized (this) {
      handlers = List.copyOf(errorHandlers);
    }
    handlers.forEach(handler -> handler.accept(cause));
  }

  /** The source has come to its end. Called with the manager's lock held. */
  @Override
  public void dispatch() {
    complete = true;
    var result = manager.getConcurrentResult();
    Thread.ofVirtual().name("lastword-ending-" + intake.id()).start(() -> end(result));
  }

  /** What the application does at the completion belongs to its chain, such as a save. */
  private void end(@Nullable Object result) {
    List<Runnable> handlers;
    synchronized (this) {
      handlers = List.copyOf(completionHandlers);
    }
    try {
      handlers.forEach(Runnable::run);
    } catch (RuntimeException e) {
      intake.failed(e);
      return;
    }
    if (result instanceof Throwable failure) {
      intake.failed(failure);
    } else {
      intake.completed();
    }
  }
}
