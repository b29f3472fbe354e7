package dev.lastword.sse;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A parser under test with everything that it let its reader see. */
final class Parsed {
  /** The ways in which bytes can come in. */
  enum Source {
    ARRAY,
    MIDDLE_OF_ARRAY,
    HEAP_BUFFER,
    READ_ONLY_BUFFER,
    DIRECT_BUFFER
  }

  /** Allocated once: direct memory is slow to get and to give back. */
  private static final ByteBuffer DIRECT = ByteBuffer.allocateDirect(64 * 1024);

  final List<SseEvent> events = new ArrayList<>();
  final List<Seen> seen = new ArrayList<>();
  private final SseParser parser;
  private final Source source;

  Parsed(int eventBytesMax, Source source) {
    this.source = source;
    parser = new SseParser(eventBytesMax, this::take);
  }

  private void take(SseEvent event) {
    events.add(event);
    seen.add(new Seen(event.type(), event.data(), parser.lastEventId()));
  }

  /** Feeds {@code stream[from, to)}, and spoils the memory afterwards as a pooled buffer would. */
  Parsed feed(byte[] stream, int from, int to) {
    byte[] bytes = Arrays.copyOfRange(stream, from, to);
    switch (source) {
      case ARRAY -> {
        parser.feed(bytes, 0, bytes.length);
        Arrays.fill(bytes, (byte) '#');
      }
      case MIDDLE_OF_ARRAY -> {
        byte[] within = new byte[bytes.length + 11];
        Arrays.fill(within, (byte) '\n');
        System.arraycopy(bytes, 0, within, 5, bytes.length);
        parser.feed(within, 5, bytes.length);
        Arrays.fill(within, (byte) '#');
      }
      case HEAP_BUFFER -> feed(ByteBuffer.allocate(bytes.length + 9).position(4).slice(), bytes);
      case READ_ONLY_BUFFER -> parser.feed(ByteBuffer.wrap(bytes).asReadOnlyBuffer());
      case DIRECT_BUFFER -> feed(DIRECT.clear(), bytes);
    }
    return this;
  }

  private void feed(ByteBuffer buffer, byte[] bytes) {
    buffer.position(2).put(bytes).flip().position(2);
    parser.feed(buffer);
    if (buffer.position() != bytes.length + 2 || buffer.limit() != bytes.length + 2) {
      throw new AssertionError("the parser left the buffer at " + buffer);
    }
    for (int i = 0; i < buffer.limit(); i++) {
      buffer.put(i, (byte) '#');
    }
  }

  String lastEventId() {
    return parser.lastEventId();
  }

  long retryMs() {
    return parser.retryMs();
  }
}
