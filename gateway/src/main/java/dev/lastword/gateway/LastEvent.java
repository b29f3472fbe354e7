package dev.lastword.gateway;

import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Cursor;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Subscriber;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Reads the last event of a stream that has ended, for an exchange that has not been answered. */
final class LastEvent implements Subscriber, ExchangeListener {
  private final Exchange exchange;
  private final Consumer<SseEvent> told;
  private final Cursor cursor;
  private boolean done;

  private LastEvent(Exchange exchange, Stream stream, Consumer<SseEvent> told) {
    this.exchange = exchange;
    this.told = told;
    this.cursor = stream.subscribe(this, stream.view().events() - 1);
  }

  /**
   * Reads it.
   *
   * @param stream of at least one event
   * @param told on the exchange's loop, unless its peer has gone or the stream could not be read
   */
  static void read(Exchange exchange, Stream stream, Consumer<SseEvent> told) {
    var reading = new LastEvent(exchange, stream, told);
    exchange.listen(reading);
    reading.wake();
  }

  @Override
  public Executor executor() {
    return exchange.loop();
  }

  @Override
  public void wake() {
    var block = done ? null : cursor.next();
    if (block != null) {
      leave();
      told.accept(block.events().decode().getLast());
    }
  }

  private void leave() {
    done = true;
    cursor.close();
  }

  @Override
  public void notice(String code, String message) {
    if (!done) {
      leave();
      Problem.unavailable(code, message).send(exchange);
    }
  }

  @Override
  public void gone() {
    if (!done) {
      leave();
    }
  }
}
