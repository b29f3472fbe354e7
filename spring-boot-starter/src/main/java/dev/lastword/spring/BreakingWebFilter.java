package dev.lastword.spring;

import java.io.IOException;
import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Breaks the connection of a reader whose answer has come to no clean end. The first filter:
 * further in, whatever the application does with exceptions would make a clean end of it.
 */
final class BreakingWebFilter implements WebFilter, Ordered {
  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    return chain
        .filter(exchange)
        .then(
            Mono.defer(
                () ->
                    exchange.getAttributes().containsKey(FluxReaders.BROKEN)
                        ? Mono.<Void>error(new BrokenAnswer())
                        : Mono.empty()));
  }

  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE;
  }

  /** For the server, which then closes the connection. It says nothing of interest. */
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
