package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/// What a round's readers do.
///
/// @param port where the system under test listens, on 127.0.0.1
/// @param readers connections
/// @param stream path of the stream that all of them follow; `""` when each asks the source for a
///   stream of its own, and for the next when that has ended
/// @param shape of the streams asked for; its key is that of the followed stream
/// @param timedOneIn of how many readers one is timed, at least 1; the others' bytes wait in their
///   sockets until some ten events have come
record ReaderPlan(int port, int readers, String stream, StreamShape shape, int timedOneIn) {
  private static final double EVENTS_AT_A_TIME = 10;
  private static final double INTERVAL_SECONDS_MAX = 0.5;
  private static final int SOURCE_ADDRESSES = 8;
  private static final String REQUEST =
      "{\"model\":\"bench\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"go\"}]}";

  ReaderPlan {
    if (timedOneIn < 1) {
      throw new IllegalArgumentException(
          "--timed-readers: one reader in N, N is at least 1, not " + timedOneIn);
    }
  }

  static ReaderPlan of(Line line) {
    return new ReaderPlan(
        line.count("port"),
        line.count("readers"),
        line.text("stream"),
        StreamShape.ofUri(line.text("shape")),
        line.count("timed_one_in"));
  }

  Line describe(String word) {
    return Line.of(word)
        .with("port", port)
        .with("readers", readers)
        .with("stream", stream)
        .with("shape", "?" + shape.query())
        .with("timed_one_in", timedOneIn);
  }

  boolean follows() {
    return !stream.isEmpty();
  }

  /// Whether this reader reads as soon as there is something, and its events are timed.
  boolean timed(int reader) {
    // Spread over the order of arrival, and over event loops.
    return Integer.remainderUnsigned((reader * 0x9E3779B1) >>> 8, timedOneIn) == 0;
  }

  /// How often the other readers read.
  long readIntervalNanos() {
    return (long) (Math.min(EVENTS_AT_A_TIME / shape.rate(), INTERVAL_SECONDS_MAX) * 1e9);
  }

  int key(int reader) {
    return follows() ? shape.key() : reader;
  }

  InetSocketAddress target() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /// One address has about 28,000 ports towards a server, so the readers come from several.
  static InetSocketAddress source(int reader) {
    return new InetSocketAddress(
        InetAddress.ofLiteral("127.0.0." + (2 + reader % SOURCE_ADDRESSES)), 0);
  }

  /// The request of one reader. First responses differ in length, so that later ones do not all end
  /// together.
  byte[] request(int reader, boolean first) {
    if (follows()) {
      return ("GET "
              + stream
              + " HTTP/1.1\r\nHost: 127.0.0.1:"
              + port
              + "\r\nAccept: text/event-stream\r\n\r\n")
          .getBytes(US_ASCII);
    }
    double part = first ? reader * 0.6180339887498949 % 1.0 : 1;
    var own = shape.withKey(reader).withEvents((int) Math.ceil(shape.events() * part));
    // With events=0 a stream is endless, and reader 0's part is nothing.
    var asked = shape.events() > 0 && own.events() == 0 ? own.withEvents(1) : own;
    return ("POST /v1/chat/completions?"
            + asked.query()
            + " HTTP/1.1\r\nHost: 127.0.0.1:"
            + port
            + "\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: "
            + REQUEST.length()
            + "\r\n\r\n"
            + REQUEST)
        .getBytes(US_ASCII);
  }
}
