package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects the body of a request, which has to be short. Where that may be more than {@link
 * #FREE_BYTES}, a longer one takes its memory from a budget.
 */
final class SmallBody implements BodyReceiver {
  static final int FREE_BYTES = 64 << 10;

  /** It is copied as it grows. */
  private static final long COST = 2;

  private final Exchange exchange;
  private final Optional<ResponseBudget> budget;
  private ResponseBudget.@Nullable Lease lease;
  private final int bytesMax;
  private final Consumer<byte[]> then;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private boolean refused;

  private SmallBody(
      Exchange exchange, int bytesMax, Optional<ResponseBudget> budget, Consumer<byte[]> then) {
    this.exchange = exchange;
    this.budget = budget;
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
    receive(exchange, bytesMax, Optional.empty(), then);
  }

  /** The same of one that is larger; where there is no memory for it that is answered, too. */
  static void receive(
      Exchange exchange, int bytesMax, ResponseBudget budget, Consumer<byte[]> then) {
    receive(exchange, bytesMax, Optional.of(budget), then);
  }

  private static void receive(
      Exchange exchange, int bytesMax, Optional<ResponseBudget> budget, Consumer<byte[]> then) {
    if (!exchange.request().hasBody()) {
      then.accept(new byte[0]);
      return;
    }
    var body = new SmallBody(exchange, bytesMax, budget, then);
    if (budget.isPresent()) {
      exchange.listen(
          new ExchangeListener() {
            @Override
            public void gone() {
              body.letGo();
            }
          });
    }
    exchange.receive(body);
  }

  @Override
  public void part(ByteBuf part) {
    if (!refused && bytes.size() + part.readableBytes() > bytesMax) {
      refused = true;
      letGo();
      Problem.tooMuch(413, "body_too_large", "body", bytesMax).send(exchange);
    } else if (!refused && !holds(bytes.size() + part.readableBytes())) {
      refused = true;
      budget.ifPresent(full -> full.refusal().send(exchange));
    } else if (!refused) {
      var copy = new byte[part.readableBytes()];
      part.getBytes(part.readerIndex(), copy);
      bytes.writeBytes(copy);
    }
  }

  /** Whether there is memory for so much: for what it may become, once for all. */
  private boolean holds(int length) {
    if (budget.isPresent() && lease == null && length > FREE_BYTES) {
      lease = budget.get().take(COST * bytesMax).orElse(null);
      return lease != null;
    }
    return true;
  }

  private void letGo() {
    if (lease != null) {
      lease.close();
      lease = null;
    }
  }

  @Override
  public void complete() {
    if (!refused) {
      try {
        then.accept(bytes.toByteArray());
      } finally {
        letGo();
      }
    }
  }
}
