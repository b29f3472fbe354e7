package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;

/** Collects the body of a request, which has to be short. */
final class SmallBody implements BodyReceiver {
  private final Exchange exchange;
  private final int bytesMax;
  private final Consumer<byte[]> then;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private boolean refused;

  private SmallBody(Exchange exchange, int bytesMax, Consumer<byte[]> then) {
    this.exchange = exchange;
    this.bytesMax = bytesMax;
    this.then = then;
  }

  /**
   * Receives it.
   *
   * @param then on the exchange's loop, with an empty one where there is none; not where it is
   *     larger, which is answered
   */
  static void receive(Exchange exchange, int bytesMax, Consumer<byte[]> then) {
    if (exchange.request().hasBody()) {
      exchange.receive(new SmallBody(exchange, bytesMax, then));
    } else {
      then.accept(new byte[0]);
    }
  }

  @Override
  public void part(ByteBuf part) {
    if (!refused && bytes.size() + part.readableBytes() > bytesMax) {
      refused = true;
      Problem.tooMuch(413, "body_too_large", "body", bytesMax).send(exchange);
    } else if (!refused) {
      var copy = new byte[part.readableBytes()];
      part.getBytes(part.readerIndex(), copy);
      bytes.writeBytes(copy);
    }
  }

  @Override
  public void complete() {
    if (!refused) {
      then.accept(bytes.toByteArray());
    }
  }
}
