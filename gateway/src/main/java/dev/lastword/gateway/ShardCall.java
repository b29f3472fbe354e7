package dev.lastword.gateway;

import dev.lastword.cluster.Shard;
import dev.lastword.cluster.Where;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * One request without a body, asked of whoever has a shard: of this process, or of another node. On
 * its loop; once over or left, nothing is told any more.
 */
final class ShardCall {
  private final Front front;
  private final Shard shard;
  private final Where where;
  private final InnerExchange.Told told;
  private @Nullable UpstreamCall call;
  private @Nullable InnerExchange inner;
  private boolean asked;
  private boolean over;

  private ShardCall(Front front, Shard shard, Where where, InnerExchange.Told told) {
    this.front = front;
    this.shard = shard;
    this.where = where;
    this.told = told;
  }

  /**
   * Asks.
   *
   * @param here answers for this gateway's own shard
   * @param head whose body does not count
   * @param told that it is over, and not complete, where nobody has the shard
   */
  static ShardCall start(
      Front front, Shard shard, Route here, Loop loop, RequestHead head, InnerExchange.Told told) {
    var made = new ShardCall(front, shard, front.node().of(shard), told);
    loop.execute(() -> made.ask(here, loop, head)); // never before the caller has it
    return made;
  }

  private void ask(Route here, Loop loop, RequestHead head) {
    asked = true;
    if (over) {
      return;
    }
    var route = front.node().isOwn(shard) ? here : front.node().takenOver(shard);
    var headers = NodeFields.withoutBody(NodeFields.toNode(head, shard, front.node().secret()));
    if (route != null) {
      inner = new InnerExchange(loop, head.bodiless(headers), new OfSelf());
      route.handle(inner);
    } else if (where instanceof Where.At(var address)) {
      call =
          front
              .calls()
              .call(loop, address, head.method(), head.target(), headers, false, new OfNode());
    } else {
      over(false);
    }
  }

  /** Whether the shard is where it was asked for, as far as is known, or will be asked for. */
  boolean isThere() {
    if (!asked) {
      return true;
    }
    boolean here = front.node().isOwn(shard) || front.node().takenOver(shard) != null;
    if (inner != null || here) {
      return inner != null && here;
    }
    return !(front.node().of(shard) instanceof Where.At now) || now.equals(where);
  }

  /** There is room for more of the answer. */
  void becameWritable() {
    if (call != null) {
      call.readWanted(true);
    } else if (inner != null) {
      inner.becameWritable();
    }
  }

  /** About a second has passed. */
  void tick(long nowNanos) {
    if (inner != null) {
      inner.tick(nowNanos);
    }
  }

  /** Nobody wants the answer any more. */
  void leave() {
    if (!over) {
      over = true;
      if (call != null) {
        call.abort();
      } else if (inner != null) {
        inner.leave();
      }
    }
  }

  private void over(boolean complete) {
    if (!over) {
      over = true;
      told.over(complete);
    }
  }

  private void head(int status, HttpHeaders headers) {
    if (headers.contains(NodeFields.ELSEWHERE)) {
      leaveUntold();
    } else if (!over) {
      told.head(status, headers);
    }
  }

  /** It was asked where the shard is not any more. */
  private void leaveUntold() {
    if (call != null) {
      call.abort();
    }
    over(false);
  }

  /** An answer from within this process. */
  private final class OfSelf implements InnerExchange.Told {
    @Override
    public void head(int status, HttpHeaders headers) {
      ShardCall.this.head(status, headers);
    }

    @Override
    public void part(ByteBuf part) {
      if (over) {
        part.release();
      } else {
        told.part(part);
      }
    }

    @Override
    public void pause() {
      if (!over) {
        told.pause();
      }
    }

    @Override
    public void over(boolean complete) {
      ShardCall.this.over(complete);
    }

    @Override
    public boolean writable() {
      return told.writable();
    }

    @Override
    public long pendingBytes() {
      return told.pendingBytes();
    }
  }

  /** An answer of another node. */
  private final class OfNode implements UpstreamListener {
    @Override
    public void connected(UpstreamCall connected) {
      // The request has no body.
    }

    @Override
    public boolean again() {
      return true;
    }

    @Override
    public void head(UpstreamCall answering, int status, HttpHeaders headers) {
      ShardCall.this.head(status, RelayHeaders.toClient(headers));
    }

    @Override
    public void part(ByteBuf part) {
      if (!over) {
        told.part(part.retain());
        if (call != null && !told.writable()) {
          told.pause();
          call.readWanted(over || told.writable());
        }
      }
    }

    @Override
    public void pause() {
      if (!over) {
        told.pause();
      }
    }

    @Override
    public void complete() {
      over(true);
    }

    @Override
    public void failed(UpstreamFailure failure) {
      front.failed(shard, failure);
      over(false);
    }
  }
}
