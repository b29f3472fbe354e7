package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;

/** An HTTP/2 upstream that says frames one by one. */
final class FramedUpstream implements AutoCloseable {
  private static final int PREFACE_BYTES = 24;
  private static final int PUSH_PROMISE = 5;

  private final ServerSocket socket;
  private final int[] settings;
  private final BlockingQueue<Socket> http1 = new LinkedBlockingQueue<>();
  private final BlockingQueue<Peer> arrived = new LinkedBlockingQueue<>();
  private final List<Peer> peers = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private volatile boolean givesWindow = true;

  private FramedUpstream(ServerSocket socket, int... settings) {
    this.socket = socket;
    this.settings = settings;
  }

  /**
   * With prior knowledge, over plain TCP.
   *
   * @param settings numbers and values
   */
  static FramedUpstream start(int... settings) throws IOException {
    return on(new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress()), settings);
  }

  /** On a socket, which may be of TLS. */
  static FramedUpstream on(ServerSocket socket, int... settings) {
    var upstream = new FramedUpstream(socket, settings);
    Thread.ofVirtual().start(upstream::accept);
    return upstream;
  }

  /** Whether what arrives is given back as window at once; it is if nothing else is said. */
  FramedUpstream givingWindow(boolean giving) {
    givesWindow = giving;
    return this;
  }

  private void accept() {
    try {
      while (true) {
        var peer = new Peer(socket.accept());
        connections.incrementAndGet();
        peers.add(peer);
        Thread.ofVirtual().start(peer::run);
      }
    } catch (IOException e) {
      // closed
    }
  }

  String url() {
    return "http://127.0.0.1:" + socket.getLocalPort();
  }

  int port() {
    return socket.getLocalPort();
  }

  /** How many connections were opened so far. */
  int connections() {
    return connections.get();
  }

  /** The next connection that has been opened. */
  Peer peer() throws InterruptedException {
    var peer = arrived.poll(20, TimeUnit.SECONDS);
    if (peer == null) {
      throw new AssertionError("nobody connected");
    }
    return peer;
  }

  /** The next connection on which HTTP/2 was not agreed on. */
  Socket http1() throws InterruptedException {
    var connection = http1.poll(20, TimeUnit.SECONDS);
    if (connection == null) {
      throw new AssertionError("nobody connected");
    }
    return connection;
  }

  @Override
  public void close() throws IOException {
    socket.close();
    for (var peer : peers) {
      peer.close();
    }
  }

  /** One request as it was heard. */
  record Request(int stream, Map<String, String> fields, List<String> names) {
    String field(String name) {
      return fields.getOrDefault(name, "");
    }
  }

  /** One connection. */
  final class Peer implements AutoCloseable {
    private final Socket socket;
    private final DefaultHttp2HeadersDecoder hpack = new DefaultHttp2HeadersDecoder(false);
    private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    private final Map<Integer, ByteArrayOutputStream> bodies = new ConcurrentHashMap<>();
    private final Map<Integer, Integer> resets = new ConcurrentHashMap<>();
    private final Map<Integer, Integer> granted = new ConcurrentHashMap<>();
    private final Set<Integer> ended = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Integer> told = new ConcurrentHashMap<>();
    private volatile int goaway = -1;
    private final AtomicInteger pings = new AtomicInteger();
    private volatile boolean answersPings = true;
    private volatile boolean closed;

    private Peer(Socket socket) {
      this.socket = socket;
    }

    // --- what it hears

    private void run() {
      try {
        if (socket instanceof SSLSocket tls) {
          tls.startHandshake();
          if (!tls.getApplicationProtocol().equals("h2")) {
            http1.add(tls);
            return;
          }
        }
        var in = new DataInputStream(socket.getInputStream());
        in.readNBytes(PREFACE_BYTES);
        settings(settings);
        arrived.add(this);
        while (true) {
          hear(in);
        }
      } catch (Exception e) {
        closed = true; // the peer has gone, which its test knows
      }
    }

    private void hear(DataInputStream in) throws Exception {
      int lengthAndType = in.readInt();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      var payload = in.readNBytes(lengthAndType >>> 8);
      int type = lengthAndType & 0xff;
      switch (type) {
        case RawHttp2.HEADERS -> requests.add(request(stream, payload));
        case RawHttp2.DATA -> data(stream, payload);
        case RawHttp2.RST_STREAM -> resets.put(stream, ByteBuffer.wrap(payload).getInt());
        case RawHttp2.WINDOW_UPDATE ->
            granted.merge(stream, ByteBuffer.wrap(payload).getInt(), Integer::sum);
        case RawHttp2.GOAWAY -> goaway = ByteBuffer.wrap(payload).getInt(4);
        case RawHttp2.SETTINGS -> heardSettings(flags, payload);
        case RawHttp2.PING -> ping(flags, payload);
        default -> {}
      }
      if ((type == RawHttp2.HEADERS || type == RawHttp2.DATA)
          && (flags & RawHttp2.END_STREAM) != 0) {
        ended.add(stream);
      }
    }

    private void heardSettings(int flags, byte[] payload) throws IOException {
      if ((flags & 1) == 0) {
        var pairs = ByteBuffer.wrap(payload);
        while (pairs.hasRemaining()) {
          told.put((int) pairs.getShort(), pairs.getInt());
        }
        send(RawHttp2.bytes(RawHttp2.SETTINGS, 1, 0, new byte[0]));
      }
    }

    private void ping(int flags, byte[] payload) throws IOException {
      if ((flags & 1) == 0) {
        pings.incrementAndGet();
        if (answersPings) {
          send(RawHttp2.bytes(RawHttp2.PING, 1, 0, payload));
        }
      }
    }

    private void data(int stream, byte[] payload) throws IOException {
      bodies.computeIfAbsent(stream, _ -> new ByteArrayOutputStream()).writeBytes(payload);
      if (givesWindow && payload.length > 0) {
        window(stream, payload.length);
      }
    }

    private Request request(int stream, byte[] payload) throws Exception {
      var fields = new TreeMap<String, String>();
      var names = new ArrayList<String>();
      hpack
          .decodeHeaders(stream, Unpooled.wrappedBuffer(payload))
          .forEach(
              field -> {
                names.add(field.getKey().toString());
                fields.merge(
                    field.getKey().toString(), field.getValue().toString(), (a, b) -> a + ", " + b);
              });
      return new Request(stream, fields, names);
    }

    /** The next request. */
    Request request() throws InterruptedException {
      var request = requests.poll(20, TimeUnit.SECONDS);
      if (request == null) {
        throw new AssertionError("nothing was asked");
      }
      return request;
    }

    /** Whether nothing has been asked that was not taken yet. */
    boolean isQuiet() {
      return requests.isEmpty();
    }

    /** What has come of a request's body. */
    String body(int stream) {
      var body = bodies.get(stream);
      return body == null ? "" : body.toString(UTF_8);
    }

    /** The body of a request once it has ended. */
    String wholeBody(int stream) {
      Awaitility.await().atMost(20, TimeUnit.SECONDS).until(() -> ended.contains(stream));
      return body(stream);
    }

    /** The error with which a stream is reset. */
    int reset(int stream) {
      return Awaitility.await()
          .atMost(20, TimeUnit.SECONDS)
          .until(() -> resets.get(stream), code -> code != null);
    }

    Set<Integer> resets() {
      return new HashSet<>(resets.keySet());
    }

    int goaway() {
      return goaway;
    }

    int pings() {
      return pings.get();
    }

    void answerPings(boolean answering) {
      answersPings = answering;
    }

    boolean isClosed() {
      return closed;
    }

    /** A setting of the gateway's, or -1. */
    int told(int setting) {
      return told.getOrDefault(setting, -1);
    }

    /** Bytes of window that were given of a stream, of all together for 0. */
    int granted(int stream) {
      return granted.getOrDefault(stream, 0);
    }

    // --- what it says

    synchronized Peer send(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
      return this;
    }

    Peer settings(int... pairs) throws IOException {
      var payload = ByteBuffer.allocate(pairs.length * 3);
      for (int i = 0; i < pairs.length; i += 2) {
        payload.putShort((short) pairs[i]).putInt(pairs[i + 1]);
      }
      return send(RawHttp2.bytes(RawHttp2.SETTINGS, 0, 0, payload.array()));
    }

    Peer window(int stream, int bytes) throws IOException {
      send(RawHttp2.bytes(RawHttp2.WINDOW_UPDATE, 0, stream, RawHttp2.number(bytes)));
      return send(RawHttp2.bytes(RawHttp2.WINDOW_UPDATE, 0, 0, RawHttp2.number(bytes)));
    }

    /** Fields, with or without the end of the stream. */
    Peer fields(int stream, boolean end, String... fields) throws IOException {
      int flags = RawHttp2.END_HEADERS | (end ? RawHttp2.END_STREAM : 0);
      return send(RawHttp2.bytes(RawHttp2.HEADERS, flags, stream, RawHttp2.block(fields)));
    }

    Peer data(int stream, String text, boolean end) throws IOException {
      return send(
          RawHttp2.bytes(
              RawHttp2.DATA, end ? RawHttp2.END_STREAM : 0, stream, text.getBytes(UTF_8)));
    }

    Peer push(int stream, int promised) throws IOException {
      var block =
          RawHttp2.block(
              ":method", "GET", ":scheme", "http", ":authority", "x", ":path", "/pushed");
      return send(
          RawHttp2.bytes(
              PUSH_PROMISE,
              RawHttp2.END_HEADERS,
              stream,
              ByteBuffer.allocate(4 + block.length).putInt(promised).put(block).array()));
    }

    Peer resetting(int stream, int code) throws IOException {
      return send(RawHttp2.bytes(RawHttp2.RST_STREAM, 0, stream, RawHttp2.number(code)));
    }

    /** Says goodbye: streams up to this one are answered. */
    Peer goodbye(int lastStream, int code) throws IOException {
      return send(
          RawHttp2.bytes(
              RawHttp2.GOAWAY,
              0,
              0,
              ByteBuffer.allocate(8).putInt(lastStream).putInt(code).array()));
    }

    /** A whole answer. */
    Peer respond(int stream, int status, String text) throws IOException {
      fields(stream, false, ":status", "" + status, "content-type", "text/plain");
      return data(stream, text, true);
    }

    /** The head of an event stream. */
    Peer stream(int stream) throws IOException {
      return fields(stream, false, ":status", "200", "content-type", "text/event-stream");
    }

    Peer delta(int stream, String text) throws IOException {
      return data(
          stream,
          "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
              + text
              + "\"},\"finish_reason\":null}]}\n\n",
          false);
    }

    /** The end of an event stream. */
    Peer finish(int stream) throws IOException {
      return data(
          stream,
          """
          data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

          data: [DONE]

          """,
          true);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
