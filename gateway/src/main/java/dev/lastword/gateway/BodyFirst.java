package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Looks at a request's body before anything is done with the request: all of it is kept, or as much
 * as is looked at, and handed out again from its first byte.
 */
final class BodyFirst implements BodyReceiver {
  private final Exchange exchange;
  private final ResponseBudget budget;
  private final BodyStart start;
  private final Looked then;
  private BodyReceiver to = this;
  private long length;
  private boolean looked;
  private boolean complete;
  private boolean over;

  /** Goes on with a request whose body has been looked at. */
  interface Looked {
    /**
     * @param same the exchange, whose body nobody has received yet
     * @param body its first part, decoded, up to {@link BodyStart#BYTES_MAX}
     */
    void then(Exchange same, byte[] body);
  }

  private BodyFirst(Exchange exchange, ContentCoding coding, ResponseBudget budget, Looked then) {
    this.exchange = exchange;
    this.budget = budget;
    this.then = then;
    // As much again for the part with which it is enough.
    this.start =
        new BodyStart(exchange.request().contentLength(), coding, 2 * BodyStart.BYTES_MAX, budget);
  }

  /**
   * Reads the body of a request.
   *
   * @param then on the exchange's loop, unless the peer goes or there is no memory for that
   */
  static void read(Exchange exchange, ContentCoding coding, ResponseBudget budget, Looked then) {
    var body = new BodyFirst(exchange, coding, budget, then);
    exchange.listen(body.new Waiting());
    exchange.receive(body);
  }

  @Override
  public void part(ByteBuf part) {
    if (to != this) {
      to.part(part);
    } else if (!over) {
      length += part.readableBytes();
      if (!start.add(part) || !start.isWhole()) {
        forget();
        budget.refusal().send(exchange);
      } else if (length >= BodyStart.BYTES_MAX && !looked) {
        exchange.bodyWanted(false);
        look();
      }
    }
  }

  @Override
  public void pause() {
    if (to != this) {
      to.pause();
    }
  }

  @Override
  public void complete() {
    complete = true;
    if (to != this) {
      to.complete();
    } else if (!looked && !over) {
      look();
    }
  }

  private void look() {
    looked = true;
    then.then(new LookedExchange(exchange, this), start.bytes());
  }

  /** Hands all of it out, and what is still to come. */
  void handTo(BodyReceiver receiver) {
    to = receiver;
    if (!over) {
      receiver.part(Unpooled.wrappedBuffer(start.sent()));
      forget();
    }
    if (exchange.gone()) {
      return; // it refused what there was
    }
    if (complete) {
      receiver.complete();
    } else {
      receiver.pause();
      exchange.bodyWanted(true);
    }
  }

  /** Nobody needs what is kept of it. */
  void forget() {
    over = true;
    start.close();
  }

  /** A client whose request is not complete. */
  private final class Waiting implements ExchangeListener {
    @Override
    public void gone() {
      forget();
    }
  }
}
