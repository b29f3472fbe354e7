package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call on an HTTP/2 connection to the upstream: a stream of it.
 *
 * <p>What arrives is told at once, also while nobody wants to read: the peer's window is not given
 * back meanwhile, so that at most {@link UpstreamHttp2#WINDOW_BYTES} come, and the streams beside
 * it go on.
 */
final class UpstreamStream implements UpstreamCarrier, Sweepable {
  /** Bytes of a request that may wait for the peer's window. */
  private static final int UNSENT_MAX = 64 << 10;

  private final UpstreamHttp2 connection;
  private @Nullable UpstreamCall call;
  private @Nullable Http2Headers head;
  private @Nullable Http2Stream stream;
  private boolean headMethod;
  private boolean headSeen;
  private boolean requestSent;
  private boolean full;
  private boolean fed;
  private boolean wanted = true;
  private long length = -1;
  private long received;
  private int unconsumed;
  private int unsent;
  private long taken;

  /** Whether the peer takes the request. */
  private final Stall upload = new Stall();

  private int place = -1;
  private long lastByteNanos = System.nanoTime();

  UpstreamStream(UpstreamHttp2 connection) {
    this.connection = connection;
  }

  // --- the request

  @Override
  public void serve(UpstreamCall next) {
    call = next;
    headMethod = next.request().method().equals(HttpMethod.HEAD);
  }

  @Override
  public void send(HttpObject part) {
    boolean end = part instanceof LastHttpContent;
    requestSent |= end;
    if (part instanceof HttpRequest request) {
      head = UpstreamHeads.request(request, connection.secured());
    } else if (part instanceof HttpContent content) {
      sendBody(content.content(), end);
    }
  }

  private void sendBody(ByteBuf part, boolean end) {
    if (!part.isReadable() && head != null) {
      part.release();
      sendHead(end);
      return;
    }
    sendHead(false);
    var to = stream;
    if (to == null) {
      part.release();
      return;
    }
    int bytes = part.readableBytes();
    unsent += bytes;
    connection.data(to, part, end).addListener(_ -> sent(bytes));
  }

  /** The head waits for what follows it: where nothing does, it is the end too. */
  private void sendHead(boolean end) {
    var due = head;
    head = null;
    if (due != null) {
      stream = connection.open(this, due, end);
      if (stream == null) {
        connection.later(this::refused);
      }
    }
  }

  private void sent(int bytes) {
    unsent -= bytes;
    taken += bytes;
    if (full && unsent < UNSENT_MAX) {
      full = false;
      connection.later(this::tellWritable); // the codec is in the middle of handing out bytes
    }
  }

  private void tellWritable() {
    if (call != null) {
      call.becameWritable();
    }
  }

  @Override
  public void flush() {
    sendHead(false);
    connection.flushNow();
  }

  @Override
  public boolean writable() {
    full = unsent >= UNSENT_MAX;
    return !full;
  }

  @Override
  public boolean reused() {
    return stream != null && stream.id() > UpstreamHttp2.FIRST_STREAM;
  }

  @Override
  public void release() {
    call = null; // nothing has been sent
  }

  @Override
  public void close() {
    if (call != null) { // else it is known how it has ended
      giveUp(Http2Error.CANCEL);
    }
  }

  /** Takes the call off, which is told by whoever asks for it, and resets the stream. */
  private @Nullable UpstreamCall giveUp(Http2Error why) {
    var given = call;
    call = null;
    head = null;
    if (stream != null) {
      connection.reset(stream, why);
    }
    return given;
  }

  // --- the response

  @Override
  public void readWanted(boolean nowWanted) {
    wanted = nowWanted;
    if (nowWanted && unconsumed > 0 && stream != null) {
      int bytes = unconsumed;
      unconsumed = 0;
      connection.consumed(stream, bytes);
    }
  }

  /** Takes the head of a response, or what follows its body. */
  void head(Http2Headers fields, boolean end) {
    lastByteNanos = System.nanoTime();
    var serving = call;
    if (serving == null) {
      return;
    }
    if (!headSeen) {
      takeHead(serving, fields, end);
    }
    if (end) {
      end();
    }
  }

  private void takeHead(UpstreamCall serving, Http2Headers fields, boolean end) {
    try {
      int status = UpstreamHeads.status(fields);
      if (status < 200) {
        if (status == 101 || end) { // nothing is switched in HTTP/2 (RFC 9113 §8.6)
          malformed();
        }
        return;
      }
      var headers = UpstreamHeads.response(fields);
      length = headMethod || status == 304 ? -1 : UpstreamHeads.length(headers);
      headSeen = true;
      serving.head(status, headers);
    } catch (IllegalArgumentException e) {
      malformed();
    }
  }

  /**
   * Takes a part of the body.
   *
   * @param bytes that it has used of our window
   * @return how many of them may be given back now
   */
  int part(ByteBuf part, int bytes) {
    lastByteNanos = System.nanoTime();
    received += part.readableBytes();
    var serving = call;
    if (serving == null) {
      return bytes;
    }
    if ((headMethod && received > 0) || (length >= 0 && received > length)) {
      malformed();
      return bytes;
    }
    if (part.isReadable()) {
      serving.part(part);
    }
    if (wanted || call == null) {
      return bytes;
    }
    unconsumed += bytes;
    return 0;
  }

  /** The peer has said all of its response. */
  void end() {
    var served = call;
    if (served == null) {
      return;
    }
    if (!headSeen || (length >= 0 && received < length)) {
      malformed();
      return;
    }
    call = null;
    if (!requestSent && stream != null) { // the rest would be sent for nothing
      var open = stream;
      connection.later(() -> connection.reset(open, Http2Error.CANCEL));
    }
    served.complete();
  }

  /** Whether {@link #pause} has to be told, and nobody knows it yet. */
  boolean feed() {
    boolean first = !fed;
    fed = true;
    return first;
  }

  /** No more parts at hand for now. */
  void pause() {
    fed = false;
    if (call != null) {
      call.pause();
    }
  }

  // --- what goes wrong

  /** What this upstream says cannot be relied on: nothing else is asked on its connection. */
  private void malformed() {
    connection.retire();
    breakOff(Http2Error.PROTOCOL_ERROR, UpstreamFailure.MALFORMED);
  }

  /** Something of ours went wrong with it. */
  void breakOff() {
    breakOff(Http2Error.INTERNAL_ERROR, UpstreamFailure.BROKEN_OFF);
  }

  private void breakOff(Http2Error why, UpstreamFailure failure) {
    var failing = giveUp(why);
    if (failing != null) {
      failing.fail(failure);
    }
  }

  /** The peer has reset it. */
  void reset(long code) {
    if (code == Http2Error.REFUSED_STREAM.code()) {
      refused();
    } else if (code == Http2Error.HTTP_1_1_REQUIRED.code()) {
      refused(true);
    } else {
      fail(UpstreamFailure.BROKEN_OFF);
    }
  }

  /** The peer has not looked at it, and will not. */
  void refused() {
    refused(false);
  }

  private void refused(boolean inHttp1) {
    var refused = call;
    call = null;
    if (refused != null) {
      refused.refused(inHttp1);
    }
  }

  void fail(UpstreamFailure failure) {
    var failing = call;
    call = null;
    if (failing != null) {
      failing.fail(failure);
    }
  }

  /** Nothing more comes of it, whoever has ended it. */
  void closed() {
    fail(UpstreamFailure.BROKEN_OFF);
  }

  @Override
  public void sweep(long now) {
    if (call == null) {
      return;
    }
    if (!call.reading()) {
      lastByteNanos = now; // the silence is ours
    } else if (headSeen
        && TimeUnit.NANOSECONDS.toMillis(now - lastByteNanos) > connection.idleMs()) {
      breakOff(Http2Error.CANCEL, UpstreamFailure.IDLE);
    } else if (upload.stands(headSeen || unsent == 0 ? 0 : taken + 1, now, connection.headMs())) {
      breakOff(Http2Error.CANCEL, UpstreamFailure.NO_HEAD); // its request would never be whole
    }
  }

  @Override
  public int place() {
    return place;
  }

  @Override
  public void place(int newPlace) {
    place = newPlace;
  }
}
