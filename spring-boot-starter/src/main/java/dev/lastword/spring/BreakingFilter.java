package dev.lastword.spring;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import org.springframework.web.context.request.async.WebAsyncUtils;

/**
 * Breaks the connection of a reader whose answer has come to no clean end. The first filter of
 * asynchronous dispatches: further in, whatever the application does with exceptions would make a
 * clean end of it.
 */
final class BreakingFilter implements Filter {
  @Override
  public void init(FilterConfig config) {}

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    var result = WebAsyncUtils.getAsyncManager(request).getConcurrentResult();
    if (result == MvcReaders.Served.BROKEN) {
      throw new BrokenAnswer();
    }
    chain.doFilter(request, response);
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
