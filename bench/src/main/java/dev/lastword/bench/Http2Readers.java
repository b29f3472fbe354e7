package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/// Readers of one stream over HTTP/2 (RFC 9113) with prior knowledge, many on a connection. They
/// count heads and ends, and look at no event: how many are there is what matters.
final class Http2Readers implements AutoCloseable {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int ACK = 1;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int WINDOW_BYTES = 1 << 20;
  private static final int INITIAL_WINDOW_SIZE = 4;

  /// The first byte of a head that begins with `:status: 200` (RFC 7541, appendix A).
  private static final int STATUS_200 = 0x88;

  private static final int WAIT_SECONDS = 90;

  private final List<Socket> connections = new ArrayList<>();
  private final CountDownLatch heads;
  private final CountDownLatch ends;
  private final AtomicReference<String> failure = new AtomicReference<>("");

  private Http2Readers(int readers) {
    heads = new CountDownLatch(readers);
    ends = new CountDownLatch(readers);
  }

  /// Opens readers and waits until each has its response's head.
  ///
  /// @param path of the stream
  /// @param each readers on one connection
  /// @throws IllegalStateException if one is refused, or they do not come in time
  static Http2Readers open(int port, String path, int readers, int each)
      throws IOException, InterruptedException {
    var opened = new Http2Readers(readers);
    try {
      for (int left = readers; left > 0; left -= each) {
        opened.connect(port, path, Math.min(left, each));
      }
      opened.await(opened.heads, "heads");
      return opened;
    } catch (IOException | InterruptedException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /// Waits until every reader has read to the end.
  void awaitEnds() throws InterruptedException {
    await(ends, "ends");
  }

  private void await(CountDownLatch latch, String what) throws InterruptedException {
    if (!latch.await(WAIT_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          latch.getCount() + " readers without their " + what + "; " + failure.get());
    }
  }

  private void connect(int port, String path, int readers) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    connections.add(socket);
    socket.setTcpNoDelay(true);
    var out = new ByteArrayOutputStream();
    out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
    out.writeBytes(frame(SETTINGS, 0, 0, settings()));
    out.writeBytes(frame(WINDOW_UPDATE, 0, 0, number(readers * WINDOW_BYTES)));
    var head = head(path, port);
    for (int i = 0; i < readers; i++) {
      out.writeBytes(frame(HEADERS, END_STREAM | END_HEADERS, 2 * i + 1, head));
    }
    socket.getOutputStream().write(out.toByteArray());
    Thread.ofVirtual().start(() -> read(socket));
  }

  private void read(Socket socket) {
    try {
      var in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      while (true) {
        int lengthAndType = in.readInt();
        int flags = in.readUnsignedByte();
        int _ = in.readInt();
        var payload = in.readNBytes(lengthAndType >>> 8);
        take(socket, lengthAndType & 0xff, flags, payload);
      }
    } catch (IOException e) {
      failure.compareAndSet("", "a connection ended: " + e); // as they do when they are closed
    }
  }

  private void take(Socket socket, int type, int flags, byte[] payload) throws IOException {
    switch (type) {
      case HEADERS -> {
        if ((payload[0] & 0xff) == STATUS_200) {
          heads.countDown();
        } else {
          failure.compareAndSet("", "a reader was refused");
        }
      }
      case RST_STREAM -> failure.compareAndSet("", "a stream was reset");
      case GOAWAY -> failure.compareAndSet("", "the server said goodbye");
      case SETTINGS, PING -> {
        if ((flags & ACK) == 0) {
          var body = type == PING ? payload : new byte[0];
          socket.getOutputStream().write(frame(type, ACK, 0, body));
        }
      }
      default -> {}
    }
    if ((type == DATA || type == HEADERS) && (flags & END_STREAM) != 0) {
      ends.countDown();
    }
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .putInt((payload.length << 8) | type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  private static byte[] settings() {
    return ByteBuffer.allocate(6)
        .putShort((short) INITIAL_WINDOW_SIZE)
        .putInt(WINDOW_BYTES)
        .array();
  }

  private static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  /// Fields as literals that are in no table, without Huffman (RFC 7541 §6.2.2).
  private static byte[] head(String path, int port) {
    var out = new ByteArrayOutputStream();
    for (var text :
        List.of(
            ":method",
            "GET",
            ":scheme",
            "http",
            ":authority",
            "127.0.0.1:" + port,
            ":path",
            path,
            "accept",
            "text/event-stream")) {
      if (text.equals("accept") || text.startsWith(":")) {
        out.write(0);
      }
      out.write(text.length());
      out.writeBytes(text.getBytes(US_ASCII));
    }
    return out.toByteArray();
  }

  @Override
  public void close() {
    for (var socket : connections) {
      try {
        socket.close();
      } catch (IOException e) {
        failure.compareAndSet("", e.toString());
      }
    }
  }
}
