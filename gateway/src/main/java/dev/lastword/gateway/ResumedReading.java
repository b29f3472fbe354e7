package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.stream.Stream;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Function;
import java.util.function.IntSupplier;

/**
 * Readers who come back to a stream by an address of their own kind.
 *
 * @param subscribersMax readers that one stream may have now
 */
record ResumedReading(Readers readers, IntSupplier subscribersMax) {
  /**
   * Reads a stream as its vendor's own endpoint would write it, from behind an event on.
   *
   * @param afterSeq number of the last event that the reader has, 0 for none
   */
  void start(Exchange exchange, Asker asker, Stream stream, long afterSeq) {
    start(exchange, asker, stream, afterSeq, OwnHeaders.ofEvents(stream.id().value()));
  }

  /**
   * The same.
   *
   * @param headers of the answer
   */
  void start(Exchange exchange, Asker asker, Stream stream, long afterSeq, HttpHeaders headers) {
    start(exchange, asker, stream, afterSeq, headers, dialect -> Face.ofRelay(dialect, false));
  }

  /**
   * The same.
   *
   * @param faces how it is shown in each dialect
   */
  void start(
      Exchange exchange,
      Asker asker,
      Stream stream,
      long afterSeq,
      HttpHeaders headers,
      Function<Dialect, Face> faces) {
    if (exchange.gone()) {
      return;
    }
    if (stream.isCorrupt()) {
      StreamsApi.corrupt().send(exchange);
      return;
    }
    int max = subscribersMax.getAsInt();
    if (stream.view().subscribers() >= max) {
      Refusals.tooManySubscribers(max).send(exchange);
      return;
    }
    exchange.start(200, headers);
    readers.start(exchange, stream, faces, afterSeq, asker.expiresMs());
  }

  /** Says that there is nothing to be read. */
  static void nothing(Exchange exchange) {
    nothing(exchange, new DefaultHttpHeaders());
  }

  /** Tells an EventSource to stop coming back, and other readers how the stream has ended. */
  static void nothingMore(Exchange exchange, Stream stream) {
    var headers = new DefaultHttpHeaders();
    var outcome = stream.outcome();
    if (outcome != null) {
      headers.set(OwnHeaders.OUTCOME, outcome.word());
    }
    nothing(exchange, headers);
  }

  private static void nothing(Exchange exchange, HttpHeaders headers) {
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    exchange.start(204, headers);
    exchange.end();
  }
}
