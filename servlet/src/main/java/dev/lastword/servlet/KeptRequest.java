package dev.lastword.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;

/** A request whose asynchronous context is the servlet's, apart from the connection's. */
final class KeptRequest extends HttpServletRequestWrapper {
  private final KeptResponse response;
  private volatile @Nullable KeptAsync async;

  KeptRequest(HttpServletRequest request, KeptResponse response) {
    super(request);
    this.response = response;
  }

  /** Null if the servlet has not begun one. */
  @Nullable KeptAsync async() {
    return async;
  }

  @Override
  public AsyncContext startAsync() {
    return startAsync(this, response);
  }

  @Override
  public AsyncContext startAsync(ServletRequest asked, ServletResponse answered) {
    var begun = new KeptAsync(super.startAsync(asked, answered), response, asked, answered);
    async = begun;
    response.whenKept(begun::watch);
    return begun;
  }

  @Override
  public boolean isAsyncStarted() {
    var begun = async;
    return begun != null && (begun.isDispatched() ? super.isAsyncStarted() : !begun.isDone());
  }

  @Override
  public AsyncContext getAsyncContext() {
    var begun = async;
    return begun == null ? super.getAsyncContext() : begun;
  }
}
