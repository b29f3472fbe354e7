package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One exchange on an HTTP/2 connection: a stream of it. */
@SuppressWarnings(
    "FutureReturnValueIgnored") // what cannot be written ends the stream, which is told
final class Http2Exchange implements Exchange, Sweepable {
  private static final ExchangeListener NOBODY = new ExchangeListener() {};

  /** A browser throws away what it has not handed to its page when the stream is reset. */
  private static final long BREAK_OFF_MS = 100;

  private final Http2Connection connection;
  private final Http2Stream stream;
  private final Http2Requests requests;
  private final Limits limits;
  private final BodyTime bodyTime = new BodyTime();
  private final boolean headMethod;
  private final Stall stall = new Stall();
  private @Nullable RequestHead request;
  private @Nullable Consumer<HttpHeaders> amendment;
  private ExchangeListener listener = NOBODY;
  private @Nullable BodyReceiver receiver;
  private @Nullable ByteBuf early;
  private @Nullable Http2Headers head;
  private boolean continueDue;
  private boolean bodyWanted = true;
  private boolean requestComplete;
  private boolean started;
  private boolean settled;
  private boolean bodiless;
  private boolean over;
  private boolean blocked;
  private boolean fed;
  private Runnable leaving = () -> {};
  private int place = -1;
  private int unconsumed;
  private long bodyBytes;
  private long waiting;

  Http2Exchange(
      Http2Connection connection,
      Http2Stream stream,
      Http2Requests requests,
      RequestHead request,
      boolean requestComplete) {
    this.connection = connection;
    this.stream = stream;
    this.requests = requests;
    this.limits = connection.server().limits();
    this.request = request;
    this.requestComplete = requestComplete;
    this.headMethod = request.is(HttpMethod.HEAD);
    this.continueDue = !requestComplete && request.headers().contains(HttpHeaderNames.EXPECT);
  }

  /** For the answer to what is no proper request. */
  Http2Exchange(
      Http2Connection connection,
      Http2Stream stream,
      Http2Requests requests,
      boolean requestComplete) {
    this.connection = connection;
    this.stream = stream;
    this.requests = requests;
    this.limits = connection.server().limits();
    this.requestComplete = requestComplete;
    this.headMethod = false;
  }

  Http2Stream stream() {
    return stream;
  }

  @Override
  public Loop loop() {
    return connection.loop();
  }

  @Override
  public RequestHead request() {
    var asked = request;
    if (asked == null) {
      throw new IllegalStateException("the request was let go");
    }
    return asked;
  }

  @Override
  public void listen(ExchangeListener told) {
    listener = told;
  }

  @Override
  public void amend(Consumer<HttpHeaders> change) {
    amendment = amendment == null ? change : amendment.andThen(change);
  }

  // --- the request's body

  @Override
  public void receive(BodyReceiver taker) {
    if (over) {
      return;
    }
    if (continueDue && !started) {
      continueDue = false;
      connection.head(stream, new DefaultHttp2Headers().status("100"), false);
      connection.flushSoon();
    }
    receiver = taker;
    bodyTime.run(bodyWanted);
    var waited = early;
    early = null;
    if (waited != null) {
      taker.part(waited);
      waited.release();
    }
    if (over) {
      return; // it refused what there was
    }
    if (requestComplete) {
      taker.complete();
    } else {
      taker.pause(); // its peer may send more only when it has been answered
      if (bodyWanted) {
        consume();
      }
    }
  }

  @Override
  public void bodyWanted(boolean wanted) {
    bodyWanted = wanted;
    bodyTime.run(wanted && receiver != null);
    if (wanted) {
      consume();
    }
  }

  /** Gives the peer the window back that it has used up. */
  private void consume() {
    int bytes = unconsumed;
    unconsumed = 0;
    if (bytes > 0 && !over) {
      try {
        connection.decoder().flowController().consumeBytes(stream, bytes);
        connection.flushSoon();
      } catch (Http2Exception e) {
        connection.onError(connection.context(), true, e);
      }
    }
  }

  /**
   * Takes a part of the body.
   *
   * @param bytes that it has used of the window
   * @return how many of them may be given back now
   */
  int content(ByteBuf part, int bytes) {
    bodyBytes += part.readableBytes();
    if (over) {
      return bytes;
    }
    if (bodyBytes > limits.bodyBytesMax()) {
      refuse(RequestHeads.bodyTooLarge(limits));
      return bytes;
    }
    if (receiver != null) {
      receiver.part(part);
      if (bodyWanted || over) {
        return bytes;
      }
    } else {
      keep(part);
    }
    unconsumed += bytes;
    return 0;
  }

  /** Copied: a frame of one byte would keep the whole buffer that it was read into. */
  private void keep(ByteBuf part) {
    if (early == null) {
      early = connection.context().alloc().buffer(part.readableBytes());
    }
    early.writeBytes(part, part.readerIndex(), part.readableBytes());
  }

  void contentComplete() {
    if (requestComplete) {
      return;
    }
    requestComplete = true;
    continueDue = false;
    if (receiver != null && !over) {
      receiver.complete();
    }
    if (settled) {
      receiver = null;
    }
  }

  /** Whether {@link #readComplete} has to be told, and nobody knows it yet. */
  boolean feed() {
    boolean first = !fed;
    fed = true;
    return first;
  }

  void readComplete() {
    fed = false;
    if (receiver != null && !requestComplete && !over) {
      receiver.pause();
    }
  }

  private boolean bodyTooSlow(long now) {
    if (requestComplete || !bodyWanted || receiver == null || started) {
      return false;
    }
    return limits.bodyTooSlow(bodyTime.ms(now), bodyBytes);
  }

  /** Answers in place of whoever was about to. */
  private void refuse(Problem problem) {
    connection.server().refused(problem);
    if (started) {
      connection.reset(stream, Http2Error.CANCEL);
    } else {
      problem.send(
          requests.begin(new Http2Exchange(connection, stream, requests, requestComplete)));
    }
  }

  // --- the response

  @Override
  public void start(int status, HttpHeaders headers) {
    if (over || started) {
      return;
    }
    started = true;
    bodiless = headMethod || status == 204 || status == 304;
    if (amendment != null) {
      amendment.accept(headers);
      amendment = null;
    }
    if (status == 204) {
      headers.remove(HttpHeaderNames.CONTENT_LENGTH); // RFC 9110 §8.6
    }
    head = Http2Heads.response(status, headers, loop().date().text());
  }

  /** The head waits for what follows it: where nothing does, it is the end too. */
  private void sendHead(boolean end) {
    var due = head;
    head = null;
    if (due != null) {
      connection.head(stream, due, end);
    }
  }

  @Override
  public Framing framing() {
    return Framing.NONE;
  }

  @Override
  public void write(ByteBuf part) {
    if (over || bodiless || !part.isReadable()) {
      part.release();
      return;
    }
    sendHead(false);
    waiting += part.readableBytes();
    connection.data(stream, part, false);
  }

  @Override
  public void writeFramed(ByteBuf framed) {
    write(framed);
  }

  @Override
  public void flush() {
    if (!over) {
      sendHead(false);
      connection.flushSoon();
    }
  }

  @Override
  public boolean writable() {
    if (over) {
      return false;
    }
    boolean room = connection.hasRoom(this);
    if (!room && !blocked) {
      blocked = true;
      connection.block(this);
    }
    return room;
  }

  void unblocked() {
    blocked = false;
    if (!over) {
      listener.writable();
    }
  }

  /**
   * Bytes that wait for a flush or for the peer's window.
   *
   * @param any whether the codec still has some
   */
  long waiting(boolean any) {
    if (!any) {
      waiting = 0;
    }
    return waiting;
  }

  @Override
  public long pendingBytes() {
    return over ? 0 : waiting(connection.holdsBytesOf(this));
  }

  @Override
  public void settle() {
    request = null;
    settled = true;
    if (requestComplete) { // else somebody waits for the rest of it
      receiver = null;
    }
  }

  @Override
  public void end() {
    if (over) {
      return;
    }
    over = true;
    letGo();
    if (head != null) {
      sendHead(true);
      resetIfUnheard();
    } else {
      connection.data(stream, Unpooled.EMPTY_BUFFER, true).addListener(_ -> resetIfUnheard());
    }
    connection.flushSoon();
  }

  /** What is left of the request would be read for nothing (RFC 9113 §8.1). */
  private void resetIfUnheard() {
    if (!requestComplete) {
      connection.reset(stream, Http2Error.NO_ERROR);
    }
  }

  @Override
  public void abort() {
    if (over) {
      return;
    }
    over = true;
    letGo();
    if (!started || head != null) {
      connection.reset(stream, Http2Error.INTERNAL_ERROR);
      return;
    }
    connection
        .data(stream, Unpooled.EMPTY_BUFFER, false)
        .addListener(
            _ ->
                loop()
                    .schedule(
                        BREAK_OFF_MS, () -> connection.reset(stream, Http2Error.INTERNAL_ERROR)));
    connection.flushSoon();
  }

  @Override
  public void respond(int status, HttpHeaders headers, ByteBuf content) {
    if (over || started) {
      content.release();
      abort();
      return;
    }
    headers.set(HttpHeaderNames.CONTENT_LENGTH, content.readableBytes());
    start(status, headers);
    write(content);
    end();
  }

  /** A stream of HTTP/2 is none of a WebSocket: no client may ask here (RFC 9113 §8.2.2). */
  @Override
  public void tunnel(HttpHeaders headers, Channel upstream, Consumer<Tunnel> then) {
    throw new IllegalStateException("an upgrade was asked for in HTTP/2");
  }

  @Override
  public boolean started() {
    return started;
  }

  @Override
  public boolean gone() {
    return over;
  }

  // --- the connection

  /** It is counted on an address, until it is closed. */
  void entered(Runnable leave) {
    leaving = leave;
  }

  /** The stream is closed, or nothing more will be said of this exchange. */
  void lost() {
    leaving.run();
    leaving = () -> {};
    if (!over) {
      over = true;
      letGo();
      listener.gone();
    }
  }

  private void letGo() {
    request = null;
    receiver = null;
    if (early != null) {
      early.release();
      early = null;
    }
  }

  @Override
  public void sweep(long now) {
    boolean held = connection.holdsBytesOf(this);
    // A window moves by what is taken of it and by what is given back.
    long at = held ? connection.windowOf(this) * 31 + waiting + 1 : 0;
    if (stall.stands(at, now, connection.server().stallMs())) {
      connection.server().stalled();
      connection.reset(stream, Http2Error.CANCEL);
    } else if (!over && bodyTooSlow(now)) {
      refuse(RequestHeads.bodyTooSlow(limits));
    } else if (!over) {
      listener.tick(now);
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
