package dev.lastword.spring;

import dev.lastword.stream.Owner;
import java.security.Principal;
import java.util.concurrent.CompletableFuture;
import org.springframework.core.Ordered;
import org.springframework.http.server.PathContainer;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Gives a reader that comes back by the path it has asked the rest of its answer. The controller is
 * not called: the model is not asked again. The last filter, so behind the application's security.
 */
final class ResumingWebFilter implements WebFilter, Ordered {
  private final Answers answers;
  private final FluxReaders readers;

  ResumingWebFilter(Answers answers, FluxReaders readers) {
    this.answers = answers;
    this.readers = readers;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    var lastEventId = exchange.getRequest().getHeaders().getFirst(Answers.LAST_EVENT_ID);
    if (EventIds.at(lastEventId).isEmpty()
        || isEndpoint(path(exchange))
        || !answers.isEdge(path(exchange))) {
      return chain.filter(exchange);
    }
    return owner(exchange, answers)
        .flatMap(
            owner ->
                Mono.fromCallable(
                        () -> answers.resumed(lastEventId, owner, fullPath(exchange)).orElseThrow())
                    .subscribeOn(Schedulers.boundedElastic())
                    .flatMap(
                        at ->
                            readers.serve(
                                new FluxReaders.Place(at.stream(), owner, at.lastEventId()),
                                exchange,
                                CompletableFuture.completedFuture(null))));
  }

  private boolean isEndpoint(PathContainer path) {
    return path.value().startsWith(answers.properties().endpoints().path() + "/");
  }

  static PathContainer path(ServerWebExchange exchange) {
    return exchange.getRequest().getPath().pathWithinApplication();
  }

  static String fullPath(ServerWebExchange exchange) {
    return exchange.getRequest().getPath().value();
  }

  static Mono<Owner> owner(ServerWebExchange exchange, Answers answers) {
    return exchange
        .<Principal>getPrincipal()
        .map(answers::owner)
        .switchIfEmpty(Mono.fromSupplier(() -> answers.owner(null)));
  }

  @Override
  public int getOrder() {
    return LOWEST_PRECEDENCE;
  }
}
