package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One exchange on an HTTP/1.1 connection. */
final class Http1Exchange implements Exchange {
  private static final ByteBuf CRLF = constant("\r\n");
  private static final ByteBuf LAST_CHUNK = constant("0\r\n\r\n");
  private static final ByteBuf CONTINUE = constant("HTTP/1.1 100 Continue\r\n\r\n");
  private static final ExchangeListener NOBODY = new ExchangeListener() {};

  /** How the end of the response's body is told. */
  private enum Body {
    NONE,
    LENGTH,
    CHUNKED,
    CLOSE
  }

  private final Http1Connection connection;
  private final Limits limits;
  private final BodyTime bodyTime = new BodyTime();
  private @Nullable RequestHead request;
  private @Nullable Consumer<HttpHeaders> amendment;
  private ExchangeListener listener = NOBODY;
  private @Nullable BodyReceiver receiver;
  private @Nullable ArrayDeque<ByteBuf> early;
  private final boolean keepAlive;
  private final boolean http10;
  private final boolean headMethod;
  private boolean continueDue;
  private boolean bodyWanted = true;
  private boolean requestComplete;
  private boolean started;
  private boolean settled;
  private boolean over;
  private boolean closeAfter;
  private Body body = Body.NONE;
  private long bodyBytes;

  Http1Exchange(Http1Connection connection, RequestHead request, RequestHeads.Traits traits) {
    this.connection = connection;
    this.limits = connection.server().limits();
    this.request = request;
    this.keepAlive = traits.keepAlive();
    this.http10 = traits.http10();
    this.continueDue = traits.expectsContinue() && request.hasBody();
    this.headMethod = request.is(HttpMethod.HEAD);
    this.requestComplete = !request.hasBody();
  }

  private Http1Exchange(Http1Connection connection) {
    this.connection = connection;
    this.limits = connection.server().limits();
    this.keepAlive = false;
    this.http10 = false;
    this.headMethod = false;
  }

  /** An exchange for the answer to what is no proper request; the connection ends with it. */
  static Http1Exchange refusing(Http1Connection connection) {
    return new Http1Exchange(connection);
  }

  private static ByteBuf constant(String text) {
    return Unpooled.unreleasableBuffer(
            Unpooled.directBuffer(text.length())
                .writeBytes(text.getBytes(StandardCharsets.US_ASCII)))
        .asReadOnly();
  }

  @Override
  public Loop loop() {
    return connection.loop();
  }

  @Override
  public RequestHead request() {
    var head = request;
    if (head == null) {
      throw new IllegalStateException("the request was let go");
    }
    return head;
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
      connection.write(CONTINUE.duplicate());
      connection.context().flush();
    }
    receiver = taker;
    bodyTime.run(bodyWanted);
    var waiting = early;
    early = null;
    if (waiting != null) {
      for (var part : waiting) {
        taker.part(part);
        part.release();
      }
    }
    if (over) {
      return; // it refused what there was
    }
    if (requestComplete) {
      taker.complete();
    } else {
      taker.pause(); // its peer may send more only when it has been answered
      connection.channel().config().setAutoRead(bodyWanted);
    }
  }

  @Override
  public void bodyWanted(boolean wanted) {
    if (!over && !requestComplete && wanted != bodyWanted) {
      bodyWanted = wanted;
      bodyTime.run(wanted && receiver != null);
      connection.channel().config().setAutoRead(wanted);
    }
  }

  void content(ByteBuf part) {
    bodyBytes += part.readableBytes();
    if (bodyBytes > limits.bodyBytesMax()) {
      connection.refuse(RequestHeads.bodyTooLarge(limits));
    } else if (receiver != null) {
      receiver.part(part);
    } else if (part.isReadable() && !over) {
      keep(part);
    }
  }

  private void keep(ByteBuf part) {
    if (early == null) {
      early = new ArrayDeque<>(2);
    }
    early.add(part.retain());
    connection.channel().config().setAutoRead(false); // until somebody takes it
  }

  void contentComplete() {
    if (requestComplete) {
      return;
    }
    requestComplete = true;
    continueDue = false;
    connection.channel().config().setAutoRead(true); // from now on to see the peer go
    if (receiver != null) {
      receiver.complete();
    }
    if (settled && !over) {
      settle();
    }
  }

  void readComplete() {
    if (receiver != null && !requestComplete) {
      receiver.pause();
    }
  }

  boolean requestComplete() {
    return requestComplete;
  }

  /** Whether the peer owes us more of its body than it has sent by now. */
  boolean bodyTooSlow(long nowNanos) {
    if (requestComplete || !bodyWanted || receiver == null || started) {
      return false;
    }
    return limits.bodyTooSlow(bodyTime.ms(nowNanos), bodyBytes);
  }

  /** Those that it began with. */
  Limits limits() {
    return limits;
  }

  // --- the response

  @Override
  public void start(int status, HttpHeaders headers) {
    if (over || started) {
      return;
    }
    started = true;
    if (amendment != null) {
      amendment.accept(headers);
      amendment = null;
    }
    body = bodyOf(status, headers);
    closeAfter =
        !keepAlive || !requestComplete || body == Body.CLOSE || connection.server().leaving();
    if (status == 204) {
      headers.remove(HttpHeaderNames.CONTENT_LENGTH); // RFC 9110 §8.6
    }
    var out = connection.context().alloc().directBuffer(256);
    Http1Head.write(out, status, headers);
    if (!headers.contains(HttpHeaderNames.DATE)) {
      Http1Head.field(out, HttpHeaderNames.DATE, loop().date().text());
    }
    if (body == Body.CHUNKED) {
      Http1Head.field(out, HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    }
    if (closeAfter) {
      Http1Head.field(out, HttpHeaderNames.CONNECTION, "close");
    } else if (http10) {
      Http1Head.field(out, HttpHeaderNames.CONNECTION, "keep-alive");
    }
    Http1Head.crlf(out);
    connection.write(out);
  }

  private Body bodyOf(int status, HttpHeaders headers) {
    if (headMethod || status == 204 || status == 304) {
      return Body.NONE;
    }
    if (headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
      return Body.LENGTH;
    }
    return http10 ? Body.CLOSE : Body.CHUNKED;
  }

  @Override
  public Framing framing() {
    return body == Body.CHUNKED ? Framing.CHUNKED : Framing.NONE;
  }

  @Override
  public void write(ByteBuf part) {
    if (over || body == Body.NONE || !part.isReadable()) {
      part.release();
    } else if (body == Body.CHUNKED) {
      var size = connection.context().alloc().directBuffer(10);
      ByteBufUtil.writeAscii(size, Integer.toHexString(part.readableBytes()));
      Http1Head.crlf(size);
      connection.write(size);
      connection.write(part);
      connection.write(CRLF.duplicate());
    } else {
      connection.write(part);
    }
  }

  @Override
  public void writeFramed(ByteBuf framed) {
    if (over || body == Body.NONE) {
      framed.release();
    } else {
      connection.write(framed);
    }
  }

  @Override
  public void flush() {
    if (!over) {
      connection.context().flush();
    }
  }

  @Override
  public boolean writable() {
    return !over && connection.channel().isWritable();
  }

  @Override
  public long pendingBytes() {
    return over ? 0 : connection.pendingBytes();
  }

  @Override
  public void settle() {
    request = null;
    settled = true;
    if (requestComplete) { // else somebody waits for the rest of it
      receiver = null;
      connection.settle(this);
    }
  }

  @Override
  public void end() {
    if (over) {
      return;
    }
    over = true;
    if (body == Body.CHUNKED) {
      connection.write(LAST_CHUNK.duplicate());
    }
    letGo();
    connection.context().flush();
    connection.ended(this, !closeAfter && requestComplete);
  }

  @Override
  public void abort() {
    if (over) {
      return;
    }
    over = true;
    letGo();
    connection.breakOff(body == Body.CLOSE); // there a closed connection would be a clean end
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

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // nobody needs it any more
  public void tunnel(HttpHeaders headers, Channel upstream, Consumer<Tunnel> then) {
    if (over || started) {
      upstream.close();
      return;
    }
    started = true;
    over = true;
    if (amendment != null) {
      amendment.accept(headers);
    }
    letGo();
    var out = connection.context().alloc().directBuffer(256);
    Http1Head.write(out, 101, headers);
    Http1Head.crlf(out);
    connection.write(out);
    connection.context().flush();
    var tunnel =
        new Tunnel(loop(), connection.channel(), upstream, connection.server().limits().stallMs());
    then.accept(tunnel); // first: what this side has read already goes on to the other
    connection.handOver(tunnel.client());
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

  void becameWritable() {
    listener.writable();
  }

  void tick(long now) {
    listener.tick(now);
  }

  /** The connection is gone, or will say nothing more of this exchange. */
  void lost() {
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
      early.forEach(ByteBuf::release);
      early = null;
    }
  }
}
