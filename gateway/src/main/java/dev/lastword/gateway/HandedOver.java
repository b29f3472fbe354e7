package dev.lastword.gateway;

import dev.lastword.cluster.Shard;
import dev.lastword.cluster.Where;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A request that another node answers, since it has the shard: bodies pass in both directions as
 * their receivers take them. What that node completes is complete here, and what breaks there
 * breaks here.
 */
final class HandedOver implements UpstreamListener {
  private final Front front;
  private final Shard shard;
  private final Where.At where;
  private final Exchange exchange;
  private @Nullable UpstreamCall call;

  /** Whether the body, if there is one, has begun to be sent: nobody has it any more. */
  private boolean sending;

  private boolean answered;

  /** Says that it does not run any more: a node that ends gives it its time. */
  private final Runnable over;

  private HandedOver(Front front, Shard shard, Where.At where, Exchange exchange) {
    this.front = front;
    this.shard = shard;
    this.where = where;
    this.exchange = exchange;
    this.over = front.node().handingOver();
  }

  /** Hands a request over whose body nobody has received. */
  static void start(Front front, Shard shard, Where.At where, Exchange exchange) {
    var handed = new HandedOver(front, shard, where, exchange);
    exchange.listen(handed.new Client());
    var head = exchange.request();
    handed.call =
        front
            .calls()
            .call(
                exchange.loop(),
                where.address(),
                head.method(),
                head.target(),
                NodeFields.toNode(head, shard, front.node().secret()),
                head.hasBody(),
                handed);
  }

  @Override
  public void connected(UpstreamCall connected) {
    call = connected;
    if (!exchange.gone() && exchange.request().hasBody()) {
      sending = true;
      exchange.receive(new Up(connected));
    }
  }

  @Override
  public boolean again() {
    return !sending;
  }

  @Override
  public void writable() {
    exchange.bodyWanted(true);
  }

  /** The request's body, on its way to the node. */
  private final class Up implements BodyReceiver {
    private final UpstreamCall to;

    Up(UpstreamCall to) {
      this.to = to;
    }

    @Override
    public void part(ByteBuf part) {
      to.write(part);
      if (!to.writable()) {
        to.flush();
        exchange.bodyWanted(to.writable() || to.isOver());
      }
    }

    @Override
    public void pause() {
      to.flush();
    }

    @Override
    public void complete() {
      to.finish();
    }
  }

  // --- down

  @Override
  public void head(UpstreamCall answering, int status, HttpHeaders headers) {
    if (headers.contains(NodeFields.ELSEWHERE)) {
      answering.abort();
      over.run();
      unanswered();
      return;
    }
    answered = true;
    exchange.start(status, RelayHeaders.toClient(headers));
  }

  @Override
  public void part(ByteBuf part) {
    exchange.write(part.retain());
    if (call != null && !exchange.writable()) {
      exchange.flush();
      call.readWanted(exchange.gone() || exchange.writable());
    }
  }

  @Override
  public void pause() {
    exchange.flush();
  }

  @Override
  public void complete() {
    over.run();
    exchange.end();
  }

  @Override
  public void failed(UpstreamFailure failure) {
    over.run();
    front.failed(shard, failure);
    if (answered) {
      exchange.abort();
    } else {
      unanswered();
    }
  }

  private void unanswered() {
    if (!exchange.gone()) {
      Front.unreachable(shard).send(exchange);
    }
  }

  /** Whoever asks. */
  private final class Client implements ExchangeListener {
    @Override
    public void writable() {
      if (call != null) {
        call.readWanted(true);
      }
    }

    @Override
    public void gone() {
      over.run();
      if (call != null) {
        call.abort();
      }
    }

    /** A node may be silent, and another one may have its shard by now. */
    @Override
    public void tick(long nowNanos) {
      boolean moved =
          front.node().of(shard) instanceof Where.At now ? !now.equals(where) : isHere();
      if (moved && call != null && !call.isOver()) {
        call.abort();
        failed(UpstreamFailure.RESET);
      }
    }

    private boolean isHere() {
      return front.node().takenOver(shard) != null;
    }
  }
}
