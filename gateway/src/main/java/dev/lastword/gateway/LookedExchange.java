package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Consumer;

/** An exchange whose request's body has been {@linkplain BodyFirst looked at}. */
record LookedExchange(Exchange exchange, BodyFirst body) implements Exchange {
  @Override
  public void receive(BodyReceiver receiver) {
    body.handTo(receiver);
  }

  /** Whoever listens, what is kept of the body goes with the peer. */
  @Override
  public void listen(ExchangeListener listener) {
    exchange.listen(
        new ExchangeListener() {
          @Override
          public void writable() {
            listener.writable();
          }

          @Override
          public void gone() {
            body.forget();
            listener.gone();
          }

          @Override
          public void tick(long nowNanos) {
            listener.tick(nowNanos);
          }
        });
  }

  @Override
  public void respond(int status, HttpHeaders headers, ByteBuf content) {
    body.forget();
    exchange.respond(status, headers, content);
  }

  @Override
  public void start(int status, HttpHeaders headers) {
    body.forget();
    exchange.start(status, headers);
  }

  @Override
  public void abort() {
    body.forget();
    exchange.abort();
  }

  @Override
  public Loop loop() {
    return exchange.loop();
  }

  @Override
  public RequestHead request() {
    return exchange.request();
  }

  @Override
  public void amend(Consumer<HttpHeaders> change) {
    exchange.amend(change);
  }

  @Override
  public void bodyWanted(boolean wanted) {
    exchange.bodyWanted(wanted);
  }

  @Override
  public Framing framing() {
    return exchange.framing();
  }

  @Override
  public void write(ByteBuf part) {
    exchange.write(part);
  }

  @Override
  public void writeFramed(ByteBuf framed) {
    exchange.writeFramed(framed);
  }

  @Override
  public void flush() {
    exchange.flush();
  }

  @Override
  public boolean writable() {
    return exchange.writable();
  }

  @Override
  public long pendingBytes() {
    return exchange.pendingBytes();
  }

  @Override
  public void settle() {
    exchange.settle();
  }

  @Override
  public void end() {
    exchange.end();
  }

  @Override
  public void tunnel(HttpHeaders headers, Channel upstream, Consumer<Tunnel> then) {
    exchange.tunnel(headers, upstream, then);
  }

  @Override
  public boolean started() {
    return exchange.started();
  }

  @Override
  public boolean gone() {
    return exchange.gone();
  }
}
