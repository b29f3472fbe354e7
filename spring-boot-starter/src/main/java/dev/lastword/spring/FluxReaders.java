package dev.lastword.spring;

import dev.lastword.journal.StreamId;
import dev.lastword.library.Reading;
import dev.lastword.library.ReadingBrokenException;
import dev.lastword.stream.Owner;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Serves readers in WebFlux. Whoever leaves cancels a reading, and nothing else. */
final class FluxReaders {
  /** Stands in an exchange whose answer has come to no clean end. */
  static final String BROKEN = FluxReaders.class.getName() + ".broken";

  private final Answers answers;

  FluxReaders(Answers answers) {
    this.answers = answers;
  }

  /** What a reader is to be given. */
  record Place(StreamId id, Owner owner, String lastEventId) {}

  /**
   * Serves a reader.
   *
   * @param begun told once there is something to say; what it fails with is the request's failure
   */
  Mono<Void> serve(Place place, ServerWebExchange exchange, CompletionStage<Void> begun) {
    return awaitBegun(begun)
        .then(Mono.defer(() -> read(place)))
        .flatMap(reading -> write(place.id(), reading, exchange));
  }

  /** A source that is silent for long is as good as one that has begun. */
  private Mono<Void> awaitBegun(CompletionStage<Void> begun) {
    return Mono.fromFuture(begun.toCompletableFuture(), true)
        .timeout(answers.properties().heartbeat())
        .onErrorResume(TimeoutException.class, e -> Mono.empty())
        .onErrorMap(ExecutionException.class, e -> e.getCause() == null ? e : e.getCause());
  }

  private Mono<Reading> read(Place place) {
    return Mono.fromCallable(() -> answers.read(place.id(), place.owner(), place.lastEventId()))
        .subscribeOn(Schedulers.boundedElastic())
        .doOnDiscard(Reading.class, Reading::close);
  }

  private Mono<Void> write(StreamId id, Reading reading, ServerWebExchange exchange) {
    var response = exchange.getResponse();
    if (reading.isAtEnd()) {
      reading
          .outcome()
          .ifPresent(it -> response.getHeaders().set(Answers.OUTCOME_HEADER, it.word()));
      reading.close();
      response.setStatusCode(HttpStatus.NO_CONTENT);
      response.getHeaders().remove(HttpHeaders.CONTENT_TYPE);
      return response.setComplete();
    }
    head(id, response);
    answers
        .link(exchange.getRequest().getPath().contextPath().value(), id)
        .ifPresent(it -> response.getHeaders().add(HttpHeaders.LINK, it));
    if (isHead(exchange)) {
      reading.close(); // nobody would read it
      return response.setComplete();
    }
    var ids = new EventIds(id);
    Flux<DataBuffer> body =
        JdkFlowAdapter.flowPublisherToFlux(reading.publisher())
            .map(bytes -> response.bufferFactory().wrap(ids.in(array(bytes))))
            .onErrorResume(
                ReadingBrokenException.class,
                e -> {
                  exchange.getAttributes().put(BROKEN, true);
                  return Mono.empty();
                })
            .doOnSubscribe(subscription -> answers.metrics().reading())
            .doFinally(
                signal -> {
                  reading.close();
                  answers.metrics().left();
                });
    return response.writeAndFlushWith(body.map(Flux::just));
  }

  /** Who asks for the head only, for which no source is asked and nothing is opened. */
  static boolean isHead(ServerWebExchange exchange) {
    return exchange.getRequest().getMethod().equals(HttpMethod.HEAD);
  }

  private static byte[] array(ByteBuffer buffer) {
    var bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static void head(StreamId id, ServerHttpResponse response) {
    var headers = response.getHeaders();
    var contentType = headers.getContentType();
    if (contentType == null || !MediaType.TEXT_EVENT_STREAM.isCompatibleWith(contentType)) {
      headers.setContentType(MediaType.TEXT_EVENT_STREAM);
    }
    headers.remove(HttpHeaders.CONTENT_LENGTH);
    if (headers.getCacheControl() == null) {
      headers.setCacheControl("no-cache");
    }
    if (headers.getFirst("X-Accel-Buffering") == null) {
      headers.set("X-Accel-Buffering", "no");
    }
    headers.set(Answers.STREAM_HEADER, id.value());
  }
}
