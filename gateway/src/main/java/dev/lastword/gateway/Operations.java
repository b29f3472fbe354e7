package dev.lastword.gateway;

import dev.lastword.journal.Journal;
import dev.lastword.stream.Streams;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executor;

/** What operators and their machines ask. */
final class Operations {
  private final Streams streams;
  private final GatewayMetrics metrics;
  private final Executor io;

  Operations(Streams streams, GatewayMetrics metrics, Executor io) {
    this.streams = streams;
    this.metrics = metrics;
    this.io = io;
  }

  /** Whether restarting the process would help: 503 once the journal takes nothing any more. */
  void health(Exchange exchange) {
    var journal = streams.health();
    boolean healthy = journal != Journal.Health.CLOSED;
    StreamsApi.ok(
        exchange,
        healthy ? 200 : 503,
        Json.bytes(
            out -> {
              out.writeStartObject();
              out.writeBooleanProperty("healthy", healthy);
              out.writeStringProperty("journal", journal.name().toLowerCase(Locale.ROOT));
              out.writeEndObject();
            }));
  }

  /** Whether new requests should be sent here. */
  void readiness(Exchange exchange) {
    var reasons = reasons();
    StreamsApi.ok(
        exchange,
        reasons.isEmpty() ? 200 : 503,
        Json.bytes(
            out -> {
              out.writeStartObject();
              out.writeBooleanProperty("ready", reasons.isEmpty());
              out.writeArrayPropertyStart("reasons");
              reasons.forEach(out::writeString);
              out.writeEndArray();
              out.writeEndObject();
            }));
  }

  private List<String> reasons() {
    var reasons = new ArrayList<String>();
    if (streams.isDraining()) {
      reasons.add("draining");
    }
    switch (streams.health()) {
      case OPEN -> {}
      case FULL -> reasons.add(streams.isOutOfRoom() ? "disk_full" : "journal_blocked");
      case CLOSED -> reasons.add("journal_closed");
    }
    return reasons;
  }

  void metrics(Exchange exchange) {
    io.execute(
        () -> {
          var text = metrics.scrape().getBytes(StandardCharsets.UTF_8);
          exchange.loop().run(() -> respond(exchange, text));
        });
  }

  private static void respond(Exchange exchange, byte[] text) {
    var headers = OwnHeaders.of("text/plain; version=0.0.4; charset=utf-8");
    exchange.respond(200, headers, Unpooled.wrappedBuffer(text));
  }
}
