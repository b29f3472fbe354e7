package dev.lastword.bench;

import io.netty.channel.Channel;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// One response of the source while it is being sent. Confined to its channel's event loop.
final class PacedStream {
  private final Channel channel;
  private final StreamShape shape;
  private final EventTemplate template;
  private final Runnable onEnd;
  private final long intervalNanos;
  private long due;
  private int sequence;
  private boolean blocked;
  private boolean over;

  /// The next stream in the same slot of the [Pacer]'s wheel.
  @Nullable PacedStream next;

  PacedStream(Channel channel, StreamShape shape, EventTemplate template, Runnable onEnd) {
    this.channel = channel;
    this.shape = shape;
    this.template = template;
    this.onEnd = onEnd;
    this.intervalNanos = shape.intervalNanos();
  }

  StreamShape shape() {
    return shape;
  }

  long due() {
    return due;
  }

  boolean isOver() {
    return over || !channel.isActive();
  }

  /// Sets when the first event is due: spread over one interval by the stream's number, or at a
  /// moment common to all.
  void startAt(long now) {
    if (shape.tick()) {
      due = (now / intervalNanos + 1) * intervalNanos;
    } else {
      double spread = shape.key() * 0.6180339887498949 % 1.0;
      due = now + (long) (spread * intervalNanos);
    }
  }

  /// Sends what is due before `until`, with one flush.
  ///
  /// @return events sent; fewer than were due when the peer does not read, and then they stay due
  int sendDue(long until, long now, Histogram lag) {
    int sent = 0;
    while (due < until && !isOver()) {
      if (!channel.isWritable()) {
        blocked = true;
        break;
      }
      lag.recordValue(Math.max(0, now - due));
      if (shape.events() > 0 && sequence == shape.events()) {
        end(now);
      } else {
        send(stamp(now));
      }
      sent++;
      due += intervalNanos;
    }
    if (sent > 0) {
      blocked = blocked && due < until;
      channel.flush();
    }
    return sent;
  }

  /// Sends the next event, due or not.
  void sendNow(long now) {
    send(now);
    channel.flush();
  }

  /// Sends the ending event, the terminal event and the end of the body.
  void end(long now) {
    over = true;
    write(template.ending(shape.key(), sequence, stamp(now)));
    channel.flush();
    onEnd.run();
  }

  private void send(long stamp) {
    write(template.event(shape.key(), sequence++, stamp));
  }

  // Past the pipeline while nothing waits in it: what the source spends, the system under test
  // lacks.
  private void write(ByteBuffer bytes) {
    int written = 0;
    var waiting = channel.unsafe().outboundBuffer();
    if (channel instanceof UnixChannel socket && waiting != null && waiting.isEmpty()) {
      try {
        written = socket.fd().write(bytes, 0, bytes.limit());
      } catch (IOException e) {
        var _ = channel.close();
        return;
      }
    }
    if (written < bytes.limit()) {
      var rest = bytes.duplicate().position(written);
      var _ =
          channel.write(
              channel.alloc().directBuffer(rest.remaining()).writeBytes(rest),
              channel.voidPromise());
    }
  }

  // What waited for the peer carries the time when it was due, or back-pressure would not count as
  // delay.
  private long stamp(long now) {
    return blocked || shape.tick() ? Math.min(due, now) : now;
  }
}
