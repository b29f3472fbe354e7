package dev.lastword.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// One reader and its connection: asks, reads to the end, asks again. Confined to its event loop.
final class Reader extends ChannelInboundHandlerAdapter implements ResponseReader.Sink {
  private final ReaderLoop loop;
  private final int number;
  private final boolean timed;
  private @Nullable Channel channel;
  private ResponseReader response = new ResponseReader(this);
  private EventCheck check;
  private boolean first = true;
  private boolean reading;
  private boolean closing;
  private boolean left;
  private long now;

  Reader(ReaderLoop loop, int number) {
    this.loop = loop;
    this.number = number;
    timed = loop.plan.timed(number);
    check = check();
  }

  int number() {
    return number;
  }

  boolean isTimed() {
    return timed;
  }

  /// Reads what has come, once, past the event loop: for a reader that is not timed.
  void read() {
    if (!(channel instanceof UnixChannel socket)
        || !channel.isActive()
        || channel.config().isAutoRead()) {
      return;
    }
    try {
      int length = socket.fd().read(loop.incoming, 0, loop.incoming.capacity());
      if (length < 0) {
        var _ = channel.close();
      } else if (length > 0) {
        loop.incoming.get(0, loop.scratch, 0, length);
        take(length);
      }
    } catch (IOException | IllegalStateException e) { // not HTTP, as accept says
      loop.tally().complain(e.toString());
      var _ = channel.close();
    }
  }

  void close() {
    leave();
    if (channel != null) {
      var _ = channel.close();
    }
  }

  // A reader whose connection was closed opens the next with itself as handler, one after the
  // other.
  @Override
  public boolean isSharable() {
    return true;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    channel = context.channel();
    if (left) {
      var _ = context.close();
      return;
    }
    response = new ResponseReader(this);
    ask(context.channel());
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    var buffer = (ByteBuf) message;
    try {
      int length = buffer.readableBytes();
      buffer.readBytes(loop.scratch, 0, length);
      take(length);
    } finally {
      buffer.release();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (left) {
      return;
    }
    if (reading) {
      truncated("connection closed");
    }
    if (loop.isStopping()) {
      leave();
    } else {
      loop.connect(this);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    loop.tally().complain(cause.toString());
    var _ = context.close();
  }

  @Override
  public void head(int status, String fields) {
    if (status != 200
        || !ResponseReader.field(fields, "Transfer-Encoding").equalsIgnoreCase("chunked")) {
      left = true;
      loop.refused("refused: " + fields);
      close();
      return;
    }
    closing = ResponseReader.field(fields, "Connection").equalsIgnoreCase("close");
    if (!timed && channel != null) {
      channel.config().setAutoRead(false);
    }
    boolean wasFirst = first;
    first = false;
    loop.began(wasFirst, ResponseReader.field(fields, "Lastword-Stream"));
  }

  @Override
  public void body(byte[] bytes, int from, int to) {
    check.accept(bytes, from, to, now, loop.tally());
  }

  @Override
  public void end() {
    reading = false;
    if (check.isDone()) {
      loop.tally().complete++;
    } else {
      truncated("body ended");
    }
    if (loop.isStopping() || loop.plan.follows()) {
      close();
    } else if (closing && channel != null) {
      var _ = channel.close();
    } else if (channel != null) {
      ask(channel);
    }
  }

  private void ask(Channel to) {
    check = check();
    reading = true;
    var _ =
        to.writeAndFlush(
            Unpooled.wrappedBuffer(loop.plan.request(number, first)), to.voidPromise());
  }

  private void take(int length) {
    now = System.nanoTime();
    loop.tally().bytes += length;
    loop.tally().reads++;
    response.accept(loop.scratch, 0, length);
  }

  private EventCheck check() {
    return new EventCheck(loop.template, loop.plan.key(number), timed);
  }

  private void truncated(String how) {
    loop.tally().truncated++;
    loop.tally().complain(how + " before the response of stream " + number + " was complete");
    reading = false;
  }

  private void leave() {
    if (!left) {
      left = true;
      loop.left();
    }
  }
}
