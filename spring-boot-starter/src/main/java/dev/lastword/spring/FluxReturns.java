package dev.lastword.spring;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.Ordered;
import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.http.HttpEntity;
import org.springframework.http.ResponseEntity;
import org.springframework.web.reactive.HandlerResult;
import org.springframework.web.reactive.HandlerResultHandler;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/**
 * The first of WebFlux's handlers of results. What may be an event stream is handed to the handler
 * that it was meant for, but with an exchange that leads to the journal, and apart from the
 * connection, which is served from there.
 */
final class FluxReturns implements HandlerResultHandler, Ordered {
  private static final CompletionStage<Void> BEGUN = CompletableFuture.completedFuture(null);

  private final Answers answers;
  private final FluxReaders readers;
  private final ObjectProvider<HandlerResultHandler> handlers;
  private final ReactiveAdapterRegistry reactive = ReactiveAdapterRegistry.getSharedInstance();

  FluxReturns(Answers answers, FluxReaders readers, ObjectProvider<HandlerResultHandler> handlers) {
    this.answers = answers;
    this.readers = readers;
    this.handlers = handlers;
  }

  /** Before that of functional endpoints, which is the first of WebFlux's own. */
  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE;
  }

  @Override
  public boolean supports(HandlerResult result) {
    var value = result.getReturnValue();
    return switch (value) {
      case null -> false;
      case SseAnswer answer -> true;
      case FluxReaders.Place place -> true;
      case HttpEntity<?> entity -> entity.getBody() instanceof SseAnswer || maySay(result);
      case ServerResponse response -> maySay(result);
      default -> {
        var adapter = reactive.getAdapter(value.getClass());
        yield adapter != null
            && (adapter.isMultiValue() ? maySay(result) : willSay(adapter, result));
      }
    };
  }

  /**
   * Whether one is promised of what is handled here. Which is declared as what it is by a function
   * of Kotlin's that is suspended.
   */
  private boolean willSay(ReactiveAdapter adapter, HandlerResult result) {
    var declared = result.getReturnType();
    var promised = isOwn(declared.toClass()) ? declared : declared.getGeneric();
    return !adapter.isNoValue()
        && isOwn(promised.toClass())
        && (!isEntity(promised.toClass())
            || SseAnswer.class.isAssignableFrom(promised.getGeneric().toClass())
            || maySay(result));
  }

  private static boolean isOwn(Class<?> type) {
    return isEntity(type)
        || SseAnswer.class.isAssignableFrom(type)
        || FluxReaders.Place.class.isAssignableFrom(type);
  }

  private static boolean isEntity(Class<?> type) {
    return HttpEntity.class.isAssignableFrom(type);
  }

  private boolean maySay(HandlerResult result) {
    return answers.properties().edge().enabled() && others(result).findFirst().isPresent();
  }

  private java.util.stream.Stream<HandlerResultHandler> others(HandlerResult result) {
    return handlers
        .orderedStream()
        .filter(handler -> !(handler instanceof FluxReturns) && handler.supports(result));
  }

  @Override
  public Mono<Void> handleResult(ServerWebExchange exchange, HandlerResult result) {
    var value = result.getReturnValue();
    var adapter = value == null ? null : reactive.getAdapter(value.getClass());
    return adapter == null || adapter.isMultiValue()
        ? handle(value, exchange, result)
        : Mono.from(adapter.toPublisher(value))
            .singleOptional()
            .flatMap(
                kept ->
                    handle(kept.orElse(null), exchange, promised(result, Mono.justOrEmpty(kept))));
  }

  /** The same with a promise that is kept already: whoever handles it goes by what was declared. */
  private static HandlerResult promised(HandlerResult result, Mono<Object> kept) {
    return new HandlerResult(
        result.getHandler(), kept, result.getReturnTypeSource(), result.getBindingContext());
  }

  private Mono<Void> handle(
      @Nullable Object value, ServerWebExchange exchange, HandlerResult result) {
    var body = value instanceof HttpEntity<?> entity ? entity.getBody() : value;
    if (body instanceof FluxReaders.Place place) {
      return readers.serve(place, exchange, BEGUN);
    }
    if (body instanceof SseAnswer answer) {
      head(value, exchange);
      return FluxReaders.isHead(exchange)
          ? headOnly(exchange)
          : Mono.deferContextual(context -> answer(answer, exchange, context));
    }
    var other = others(result).findFirst().orElseThrow();
    return answers.isEdge(ResumingWebFilter.path(exchange)) && !FluxReaders.isHead(exchange)
        ? Mono.deferContextual(context -> keep(other, exchange, result, context))
        : other.handleResult(exchange, result);
  }

  private static void head(@Nullable Object value, ServerWebExchange exchange) {
    if (value instanceof ResponseEntity<?> entity) {
      exchange.getResponse().setStatusCode(entity.getStatusCode());
      exchange.getResponse().getHeaders().putAll(entity.getHeaders());
    }
  }

  private static Mono<Void> headOnly(ServerWebExchange exchange) {
    exchange.getResponse().getHeaders().setContentType(Answers.EVENT_STREAM);
    return exchange.getResponse().setComplete();
  }

  private Mono<Void> answer(SseAnswer answer, ServerWebExchange exchange, ContextView context) {
    var path = ResumingWebFilter.fullPath(exchange);
    return ResumingWebFilter.owner(exchange, answers)
        .flatMap(
            asking ->
                Mono.fromCallable(
                        () -> answers.begin(answer, asking, path, ReactorContexts.of(context)))
                    .subscribeOn(Schedulers.boundedElastic())
                    .map(id -> new FluxReaders.Place(id, answer.ownerOr(asking), "")))
        .flatMap(place -> readers.serve(place, exchange, BEGUN));
  }

  private Mono<Void> keep(
      HandlerResultHandler other,
      ServerWebExchange exchange,
      HandlerResult result,
      ContextView context) {
    return ResumingWebFilter.owner(exchange, answers)
        .flatMap(
            owner -> {
              var path = ResumingWebFilter.fullPath(exchange);
              var kept =
                  new KeptExchange(exchange, Mono.fromCallable(() -> answers.intake(owner, path)));
              var source = generate(other.handleResult(kept, result), kept, context);
              return kept.intake()
                  .flatMap(
                      intake ->
                          readers.serve(
                              new FluxReaders.Place(intake.id(), owner, ""),
                              exchange,
                              intake.begun()))
                  .doOnError(e -> exchange.getResponse().getHeaders().clearContentHeaders())
                  .doOnCancel(
                      () -> {
                        if (!kept.isKept()) {
                          source.dispose();
                        }
                      });
            });
  }

  /** Subscribes to the source apart from its connection, whose leaving it does not hear of. */
  private static Disposable generate(Mono<Void> source, KeptExchange kept, ContextView context) {
    var generation = new Generation(kept);
    var subscription =
        source
            .contextWrite(context)
            .subscribe(nothing -> {}, generation::failed, generation::completed);
    generation.runs(subscription);
    return subscription;
  }

  /** One run of a source. */
  private static final class Generation {
    private final KeptExchange kept;

    Generation(KeptExchange kept) {
      this.kept = kept;
    }

    void runs(Disposable subscription) {
      var unused =
          kept.intake()
              .subscribe(intake -> intake.whenCancelled(subscription::dispose), failure -> {});
    }

    void completed() {
      kept.completed();
      var unused = kept.intake().subscribe(Intake::completed, failure -> {});
    }

    void failed(Throwable cause) {
      kept.failed(cause);
      var unused = kept.intake().subscribe(intake -> intake.failed(cause), failure -> {});
    }
  }
}
