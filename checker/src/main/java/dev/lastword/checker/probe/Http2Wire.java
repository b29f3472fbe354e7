package dev.lastword.checker.probe;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * HTTP/2 over a plain or a TLS socket, one stream for each connection. Netty's codec makes frames
 * of bytes and bytes of frames; the socket is read here, by the thread that wants an event, so that
 * what is known of arrivals and departures is as exact as with HTTP/1.1.
 */
final class Http2Wire extends Wire {
  private static final int WINDOW_BYTES = 1024 * 1024;
  private static final Set<String> HTTP_1_ONLY =
      Set.of(
          "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

  private final Http2Frames frames = new Http2Frames();
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Http2ConnectionHandler codec;
  private final int stream;
  private final Lingering lingering;
  private final byte[] buffer = new byte[64 * 1024];
  private boolean spoken;
  private boolean streamOver;
  private boolean left;

  /** The connection's preface goes out with the request. */
  Http2Wire(Socket socket, Optional<Integer> windowBytes, Lingering lingering) {
    super(socket);
    this.lingering = lingering;
    this.codec =
        new Http2ConnectionHandlerBuilder()
            .server(false)
            .frameListener(frames)
            .initialSettings(
                Http2Settings.defaultSettings()
                    .pushEnabled(false)
                    .maxHeaderListSize(HEAD_BYTES_MAX)
                    .initialWindowSize(windowBytes.orElse(WINDOW_BYTES)))
            .build();
    channel.config().setAllocator(new UnpooledByteBufAllocator(false, true));
    channel.pipeline().addLast(codec);
    this.stream = codec.connection().local().incrementAndGetNextStreamId();
  }

  @Override
  public void send(Request request) throws IOException {
    boolean bodyless = request.body().length == 0;
    var context = context();
    var encoder = codec.encoder();
    var sent =
        encoder.writeHeaders(context, stream, fields(request), 0, bodyless, context.newPromise());
    if (!bodyless) {
      var body = Unpooled.wrappedBuffer(request.body());
      sent = encoder.writeData(context, stream, body, 0, true, context.newPromise());
    }
    flush();
    requireNotFailed(sent);
  }

  /** What waits for room in the peer's window is sent when there is some, and has not failed. */
  private static void requireNotFailed(ChannelFuture sent) throws IOException {
    if (sent.cause() != null) {
      throw new IOException("cannot send: " + sent.cause().getMessage(), sent.cause());
    }
  }

  private ChannelHandlerContext context() {
    return channel.pipeline().context(codec);
  }

  private static Http2Headers fields(Request request) {
    var uri = request.uri();
    var path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    var authority =
        request.headers().stream()
            .filter(header -> header.name().equalsIgnoreCase("host"))
            .map(Header::value)
            .findFirst()
            .orElse(uri.getRawAuthority().replaceFirst("^.*@", ""));
    var fields =
        new DefaultHttp2Headers()
            .method(request.method())
            .scheme(uri.getScheme())
            .authority(authority)
            .path(uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery());
    for (var header : request.headers()) {
      var name = header.name().toLowerCase(Locale.ROOT);
      if (!HTTP_1_ONLY.contains(name)) {
        fields.add(name, header.value());
      }
    }
    return fields;
  }

  @Override
  public Head head() throws IOException {
    while (true) {
      if (next() instanceof Http2Frames.Fields fields && fields.status() >= 200) {
        streamOver = fields.last();
        return new Head(fields.status(), fields.headers());
      }
    }
  }

  @Override
  public Body body(Head head, String method) {
    return new FramedBody(
        head.first("content-length").isPresent() ? Body.Framing.LENGTH : Body.Framing.FRAMES);
  }

  /** The next head or piece of our stream, as soon as it has arrived. */
  private Http2Frames.Part next() throws IOException {
    while (true) {
      switch (frames.poll()) {
        case null -> receive();
        case Http2Frames.Reset(long code) ->
            throw new CutException("the server reset the stream: " + error(code));
        case Http2Frames.GoAway(int last, long code) -> {
          if (last < stream) {
            throw new CutException("the server turned the stream away: " + error(code));
          }
        }
        case Http2Frames.Part part -> {
          return part;
        }
      }
    }
  }

  private static String error(long code) {
    var error = Http2Error.valueOf(code);
    return error == null ? "error " + code : error.name();
  }

  /** Reads what the socket has, at least one byte, and lets the codec answer it. */
  private void receive() throws IOException {
    int n = socket.getInputStream().read(buffer);
    if (n < 0) {
      throw spoken ? new CutException() : new HungUpException();
    }
    if (!spoken && n >= 4 && new String(buffer, 0, 4, ISO_8859_1).equals("HTTP")) {
      throw new ProtocolException("it does not speak HTTP/2; leave --http2 out");
    }
    spoken = true;
    channel.writeInbound(Unpooled.copiedBuffer(buffer, 0, n));
    flush();
    if (!channel.isOpen()) {
      throw new ProtocolException("it breaks the rules of HTTP/2");
    }
  }

  /** Sends what the codec has to say, and what it was given, in one write. */
  private void flush() throws IOException {
    codec.flush(context());
    channel.flushOutbound();
    var all = new ByteArrayOutputStream();
    for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
      all.writeBytes(ByteBufUtil.getBytes(bytes));
      bytes.release();
    }
    if (all.size() > 0) {
      socket.getOutputStream().write(all.toByteArray());
      socket.getOutputStream().flush();
    }
  }

  @Override
  public void reset() throws IOException {
    var context = context();
    var sent = codec.resetStream(context, stream, Http2Error.CANCEL.code(), context.newPromise());
    try {
      flush();
      requireNotFailed(sent);
    } catch (IOException e) {
      return; // the server has left first: there is no stream to reset
    }
    left = true;
    lingering.add(socket);
  }

  /** Closes the connection, unless its stream was reset. */
  @Override
  public void close() throws IOException {
    if (!left) {
      super.close();
    }
  }

  private final class FramedBody implements Body {
    private final Framing framing;
    private byte[] content = {};
    private int taken;

    FramedBody(Framing framing) {
      this.framing = framing;
    }

    @Override
    public Framing framing() {
      return framing;
    }

    @Override
    public int read(byte[] into) throws IOException {
      while (taken == content.length) {
        if (streamOver) {
          return -1;
        }
        follow();
      }
      int n = Math.min(content.length - taken, into.length);
      System.arraycopy(content, taken, into, 0, n);
      taken += n;
      return n;
    }

    private void follow() throws IOException {
      switch (next()) {
        case Http2Frames.Fields trailers -> streamOver = trailers.last();
        case Http2Frames.Data(byte[] bytes, boolean last) -> {
          content = bytes;
          taken = 0;
          streamOver = last;
        }
      }
    }
  }
}
