package dev.lastword.spring;

import java.util.concurrent.atomic.AtomicBoolean;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebExchangeDecorator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * An exchange whose event stream leads to the journal. Head and status are the connection's, and so
 * is a body that is no event stream.
 */
final class KeptExchange extends ServerWebExchangeDecorator {
  private final Mono<Intake> opening;
  private final Sinks.One<Intake> intake = Sinks.one();
  private final AtomicBoolean kept = new AtomicBoolean();
  private final ServerHttpResponse response;

  /**
   * @param opening opens an intake; it may wait
   */
  KeptExchange(ServerWebExchange connection, Mono<Intake> opening) {
    super(connection);
    this.opening = opening;
    this.response = new Kept(connection.getResponse());
  }

  @Override
  public ServerHttpResponse getResponse() {
    return response;
  }

  /** Whether the source has begun to say an event stream: it is heard to its end then. */
  boolean isKept() {
    return kept.get();
  }

  /** Says what the source said, once it is known that it is an event stream; else it is empty. */
  Mono<Intake> intake() {
    return intake.asMono();
  }

  /** The source has come to its end, and all that it has done at it. */
  void completed() {
    intake.tryEmitEmpty(); // nothing where it was kept
  }

  /** The source has failed. */
  void failed(Throwable cause) {
    intake.tryEmitError(cause);
  }

  private final class Kept extends ServerHttpResponseDecorator {
    Kept(ServerHttpResponse connection) {
      super(connection);
    }

    @Override
    public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
      return isEventStream() ? keep(Flux.from(body)) : super.writeWith(body);
    }

    @Override
    public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
      return isEventStream()
          ? keep(Flux.from(body).concatMap(part -> part, 0)) // none waits unopened
          : super.writeAndFlushWith(body);
    }

    private boolean isEventStream() {
      var contentType = getHeaders().getContentType();
      var status = getStatusCode();
      return contentType != null
          && MediaType.TEXT_EVENT_STREAM.isCompatibleWith(contentType)
          && (status == null || status.is2xxSuccessful());
    }

    private Mono<Void> keep(Flux<? extends DataBuffer> body) {
      kept.set(true);
      return opening
          .subscribeOn(Schedulers.boundedElastic())
          .flatMap(
              opened -> {
                intake.tryEmitValue(opened);
                return body.publishOn(Schedulers.boundedElastic(), 16)
                    .concatMap(buffer -> take(buffer, opened), 1)
                    .then()
                    .doOnDiscard(DataBuffer.class, DataBufferUtils::release) // what waits its turn
                    .contextWrite(own -> ReactorContexts.with(opened.answer(), own));
              });
    }

    private Mono<Void> take(DataBuffer buffer, Intake opened) {
      return Mono.fromCallable(
          () -> {
            try {
              var bytes = new byte[buffer.readableByteCount()];
              buffer.read(bytes);
              opened.bytes(bytes, 0, bytes.length);
              return null;
            } finally {
              DataBufferUtils.release(buffer);
            }
          });
    }
  }
}
