package dev.lastword.spring;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.springframework.web.context.request.async.WebAsyncUtils;

/**
 * The first of all filters. It tells when a request's own thread has left them all: only then may
 * another thread touch the response, since filters such as Spring Security's write headers on their
 * way out, and containers guard nothing there.
 *
 * <p>And it breaks the connection of a reader whose answer has come to no clean end: further in,
 * whatever the application does with exceptions would make a clean end of it.
 */
final class OutermostFilter implements Filter {
  private static final String LEFT = OutermostFilter.class.getName() + ".left";

  /** Told once the request's own thread has left the filters. */
  static CompletionStage<Void> left(HttpServletRequest request) {
    return request.getAttribute(LEFT) instanceof Left left
        ? left.told
        : CompletableFuture.completedFuture(null);
  }

  private record Left(CompletableFuture<Void> told) {}

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (request.getDispatcherType() == DispatcherType.ASYNC
        && WebAsyncUtils.getAsyncManager(request).getConcurrentResult()
            == MvcReaders.Served.BROKEN) {
      throw new BrokenAnswer();
    }
    var told = new CompletableFuture<Void>();
    request.setAttribute(LEFT, new Left(told));
    try {
      chain.doFilter(request, response);
    } finally {
      told.complete(null);
    }
  }

  /** For the container, which then closes the connection. It says nothing of interest. */
  private static final class BrokenAnswer extends IOException {
    private static final long serialVersionUID = 1;

    BrokenAnswer() {
      super("the answer came to no clean end, and its reader is told so");
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }
}
