package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An HTTP/2 client that sends frames one by one, over plain TCP, with prior knowledge. */
final class RawHttp2 implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;

  private static final int FRAME_BYTES_MAX = 16_384;

  /** What one stream was answered so far. */
  static final class Answer {
    int status;
    final Map<String, String> headers = new TreeMap<>();
    final ByteArrayOutputStream body = new ByteArrayOutputStream();
    boolean ended;
    int reset = -1;

    String header(String name) {
      return headers.getOrDefault(name, "");
    }

    String text() {
      return body.toString(UTF_8);
    }

    boolean over() {
      return ended || reset >= 0;
    }
  }

  private final Socket socket = new Socket();
  private final DataInputStream in;
  private final DefaultHttp2HeadersDecoder hpack = new DefaultHttp2HeadersDecoder(false);
  private final Map<Integer, Answer> answers = new TreeMap<>();
  private final Map<Integer, Integer> settings = new TreeMap<>();
  private final Map<Integer, Integer> granted = new TreeMap<>();
  private boolean giveWindow = true;
  private int goaway = -1;
  private long pongs;
  private int nextStream = 1;

  RawHttp2(InetSocketAddress address, int... ownSettings) throws IOException {
    socket.connect(address);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(20_000);
    in = new DataInputStream(socket.getInputStream());
    send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
    var payload = ByteBuffer.allocate(ownSettings.length * 3);
    for (int i = 0; i < ownSettings.length; i += 2) {
      payload.putShort((short) ownSettings[i]).putInt(ownSettings[i + 1]);
    }
    frame(SETTINGS, 0, 0, payload.array());
  }

  /** Whether what arrives is given back as window at once; it is if nothing else is said. */
  RawHttp2 givingWindow(boolean giving) {
    giveWindow = giving;
    return this;
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    send(bytes(type, flags, stream, payload));
  }

  static byte[] bytes(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .putInt((payload.length << 8) | type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  /** Fields as literals that nobody indexes, without Huffman. */
  static byte[] block(String... fields) {
    var out = new ByteArrayOutputStream();
    for (int i = 0; i < fields.length; i += 2) {
      out.write(0);
      literal(out, fields[i]);
      literal(out, fields[i + 1]);
    }
    return out.toByteArray();
  }

  private static void literal(ByteArrayOutputStream out, String text) {
    var bytes = text.getBytes(UTF_8);
    if (bytes.length < 127) {
      out.write(bytes.length);
    } else {
      out.write(127);
      int rest = bytes.length - 127;
      for (; rest >= 128; rest >>= 7) {
        out.write((rest & 127) | 128);
      }
      out.write(rest);
    }
    out.writeBytes(bytes);
  }

  /** Asks, and returns the stream's number. */
  int request(boolean end, String... fields) throws IOException {
    int stream = nextStream;
    nextStream += 2;
    var block = block(fields);
    int type = HEADERS;
    int flags = end ? END_STREAM : 0;
    int at = 0;
    for (; block.length - at > FRAME_BYTES_MAX; at += FRAME_BYTES_MAX) {
      frame(type, flags, stream, Arrays.copyOfRange(block, at, at + FRAME_BYTES_MAX));
      type = CONTINUATION;
      flags = 0;
    }
    frame(type, flags | END_HEADERS, stream, Arrays.copyOfRange(block, at, block.length));
    return stream;
  }

  int get(String path, String... fields) throws IOException {
    return request(true, with("GET", path, fields));
  }

  int post(String path, String body, String... fields) throws IOException {
    int stream = request(false, with("POST", path, fields));
    frame(DATA, END_STREAM, stream, body.getBytes(UTF_8));
    return stream;
  }

  static String[] with(String method, String path, String... fields) {
    var all =
        new ArrayList<>(
            List.of(
                ":method", method, ":scheme", "http", ":authority", "localhost", ":path", path));
    all.addAll(List.of(fields));
    return all.toArray(String[]::new);
  }

  void reset(int stream) throws IOException {
    frame(RST_STREAM, 0, stream, number(8));
  }

  void window(int stream, int bytes) throws IOException {
    frame(WINDOW_UPDATE, 0, stream, number(bytes));
  }

  /** Sends a part of a body, of which the windows are to have room. */
  void data(int stream, int length, boolean end) throws IOException {
    frame(DATA, end ? END_STREAM : 0, stream, new byte[length]);
    granted.merge(stream, -length, Integer::sum);
    granted.merge(0, -length, Integer::sum);
  }

  /** Bytes that the server takes of a stream now; of all together for 0. */
  int room(int stream) {
    return 65_535 + granted.getOrDefault(stream, 0);
  }

  Answer of(int stream) {
    return answers.computeIfAbsent(stream, _ -> new Answer());
  }

  Map<Integer, Integer> settings() {
    return settings;
  }

  /** The error of the server's goodbye; -1 if it has not said any. */
  int goaway() {
    return goaway;
  }

  /** The whole answer of a stream. */
  Answer answer(int stream) throws IOException {
    readUntil(() -> of(stream).over());
    return of(stream);
  }

  /** Reads until a text has come on a stream. */
  String readUntil(int stream, String text) throws IOException {
    readUntil(() -> of(stream).text().contains(text) || of(stream).over());
    return of(stream).text();
  }

  /** Reads until everything that was sent so far has been answered. */
  void settle() throws IOException {
    long before = pongs;
    frame(PING, 0, 0, new byte[8]);
    readUntil(() -> pongs > before);
  }

  void readUntil(java.util.function.BooleanSupplier enough) throws IOException {
    while (!enough.getAsBoolean()) {
      readFrame();
    }
  }

  /** Whether the server closes the connection; what it still says is read. */
  boolean serverCloses() throws IOException {
    try {
      while (true) {
        readFrame();
      }
    } catch (EOFException | java.net.SocketException e) {
      return true;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    }
  }

  private void readFrame() throws IOException {
    int lengthAndType = in.readInt();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    var payload = in.readNBytes(lengthAndType >>> 8);
    switch (lengthAndType & 0xff) {
      case DATA -> {
        of(stream).body.writeBytes(payload);
        if (giveWindow && payload.length > 0) {
          window(0, payload.length);
          window(stream, payload.length);
        }
      }
      case HEADERS -> headers(stream, payload);
      case RST_STREAM -> of(stream).reset = ByteBuffer.wrap(payload).getInt();
      case SETTINGS -> settings(flags, payload);
      case PING -> pongs += flags & 1;
      case WINDOW_UPDATE -> granted.merge(stream, ByteBuffer.wrap(payload).getInt(), Integer::sum);
      case GOAWAY -> goaway = ByteBuffer.wrap(payload).getInt(4);
      default -> {}
    }
    boolean carries = (lengthAndType & 0xff) == DATA || (lengthAndType & 0xff) == HEADERS;
    if (carries && (flags & END_STREAM) != 0) {
      of(stream).ended = true;
    }
  }

  private void headers(int stream, byte[] payload) throws IOException {
    Http2Headers decoded;
    try {
      decoded = hpack.decodeHeaders(stream, Unpooled.wrappedBuffer(payload));
    } catch (Exception e) {
      throw new IOException(e);
    }
    var answer = of(stream);
    answer.status = Integer.parseInt(decoded.status().toString());
    decoded.forEach(
        field -> answer.headers.put(field.getKey().toString(), field.getValue().toString()));
  }

  private void settings(int flags, byte[] payload) throws IOException {
    if ((flags & 1) == 0) {
      var pairs = ByteBuffer.wrap(payload);
      while (pairs.hasRemaining()) {
        settings.put((int) pairs.getShort(), pairs.getInt());
      }
      frame(SETTINGS, 1, 0, new byte[0]);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
