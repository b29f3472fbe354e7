package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.TimeUnit;

/**
 * A response whose body is made piece by piece, as its reader takes it. A reader that takes less
 * than {@link #BYTES_PER_SECOND_MIN} is not waited for: what is held for it is missing for others.
 */
final class PacedAnswer implements ExchangeListener {
  static final long GRACE_MS = 10_000;
  static final long BYTES_PER_SECOND_MIN = 16 << 10;

  /** Where the pieces come from. Used on the exchange's loop. */
  interface Source {
    /**
     * Asked for the next piece; answers, now or later, with one of {@link #give}, {@link #end} and
     * {@link #fail}.
     */
    void next(PacedAnswer to);

    /** No more pieces will be asked for, whatever was left. */
    default void close() {}
  }

  private final Exchange exchange;
  private final Source source;
  private final long startedNanos = System.nanoTime();
  private long given;
  private boolean asking;
  private boolean running;
  private boolean done;

  private PacedAnswer(Exchange exchange, Source source) {
    this.exchange = exchange;
    this.source = source;
  }

  /** Starts a response of status 200. On the exchange's loop. */
  static void start(Exchange exchange, HttpHeaders headers, Source source) {
    var answer = new PacedAnswer(exchange, source);
    if (exchange.gone()) {
      answer.finish();
      return;
    }
    exchange.listen(answer);
    exchange.start(200, headers);
    answer.goOn();
  }

  /** Asks for pieces while there is room; a source that answers at once is asked in a loop. */
  private void goOn() {
    if (running) {
      return;
    }
    running = true;
    while (!done && !asking && exchange.writable()) {
      asking = true;
      source.next(this);
    }
    running = false;
    exchange.flush();
  }

  /** The next piece; takes the buffer over. */
  void give(ByteBuf piece) {
    asking = false;
    given += piece.readableBytes();
    exchange.write(piece);
    goOn();
  }

  /** There is nothing more: the answer is whole. */
  void end() {
    if (!done) {
      finish();
      exchange.end();
    }
  }

  /** There is more, and it cannot be had. */
  void fail() {
    if (!done) {
      finish();
      exchange.abort();
    }
  }

  private void finish() {
    done = true;
    source.close();
  }

  @Override
  public void writable() {
    goOn();
  }

  @Override
  public void gone() {
    if (!done) {
      finish();
    }
  }

  @Override
  public void tick(long nowNanos) {
    long elapsedMs = TimeUnit.NANOSECONDS.toMillis(nowNanos - startedNanos);
    boolean waiting = !exchange.writable(); // for the reader, not for the disk
    if (done || !waiting || elapsedMs <= GRACE_MS) {
      return;
    }
    long owed = (elapsedMs - GRACE_MS) / 1_000 * BYTES_PER_SECOND_MIN;
    if (given - exchange.pendingBytes() < owed) {
      fail();
    }
  }
}
