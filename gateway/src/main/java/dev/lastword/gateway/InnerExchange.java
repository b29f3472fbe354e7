package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request that this process asks itself, without a socket between: what another node would be
 * asked by a call. Its request has no body. On its loop.
 */
final class InnerExchange implements Exchange {
  /** Told of the answer, as of a call's. */
  interface Told {
    void head(int status, HttpHeaders headers);

    /** The next part of the body, which is the listener's to release. */
    void part(ByteBuf part);

    /** No more parts at hand for now. */
    default void pause() {}

    /** The answer is complete, or broken off. Nothing follows. */
    void over(boolean complete);

    /** Whether there is room for more. */
    default boolean writable() {
      return true;
    }

    /** Bytes that wait for the socket that it goes to. */
    default long pendingBytes() {
      return 0;
    }
  }

  private final Loop loop;
  private final RequestHead request;
  private final Told told;
  private ExchangeListener listener = new ExchangeListener() {};
  private @Nullable Consumer<HttpHeaders> amendment;
  private boolean bodyless;
  private boolean started;
  private boolean over;

  InnerExchange(Loop loop, RequestHead request, Told told) {
    this.loop = loop;
    this.request = request;
    this.told = told;
  }

  /** There is room for more. */
  void becameWritable() {
    if (!over) {
      listener.writable();
    }
  }

  /** About a second has passed. */
  void tick(long nowNanos) {
    if (!over) {
      listener.tick(nowNanos);
    }
  }

  /** Whoever asked does not want the answer any more; nothing is told. */
  void leave() {
    if (!over) {
      over = true;
      listener.gone();
    }
  }

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public RequestHead request() {
    return request;
  }

  @Override
  public void listen(ExchangeListener to) {
    listener = to;
  }

  @Override
  public void amend(Consumer<HttpHeaders> change) {
    amendment = amendment == null ? change : amendment.andThen(change);
  }

  @Override
  public void receive(BodyReceiver receiver) {
    if (!over) {
      receiver.complete();
    }
  }

  @Override
  public void bodyWanted(boolean wanted) {
    // It has none.
  }

  @Override
  public void start(int status, HttpHeaders headers) {
    if (over || started) {
      return;
    }
    started = true;
    bodyless = status == 204 || status == 304;
    if (amendment != null) {
      amendment.accept(headers);
      amendment = null;
    }
    told.head(status, headers);
  }

  @Override
  public Framing framing() {
    return Framing.NONE;
  }

  @Override
  public void write(ByteBuf part) {
    if (over || bodyless || !part.isReadable()) {
      part.release();
    } else {
      told.part(part);
    }
  }

  @Override
  public void writeFramed(ByteBuf framed) {
    write(framed);
  }

  @Override
  public void flush() {
    if (!over) {
      told.pause();
    }
  }

  @Override
  public boolean writable() {
    return !over && told.writable();
  }

  @Override
  public long pendingBytes() {
    return over ? 0 : told.pendingBytes();
  }

  @Override
  public void settle() {
    // There is little to let go of.
  }

  @Override
  public void end() {
    over(true);
  }

  @Override
  public void abort() {
    over(false);
  }

  private void over(boolean complete) {
    if (!over) {
      over = true;
      told.over(complete);
    }
  }

  @Override
  public void respond(int status, HttpHeaders headers, ByteBuf body) {
    if (over || started) {
      body.release();
      abort();
      return;
    }
    headers.set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
    start(status, headers);
    write(body);
    end();
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // nobody needs it
  public void tunnel(HttpHeaders headers, Channel upstream, Consumer<Tunnel> then) {
    upstream.close(); // nobody asks itself for a WebSocket
    abort();
  }

  @Override
  public boolean started() {
    return started;
  }

  @Override
  public boolean gone() {
    return over;
  }
}
