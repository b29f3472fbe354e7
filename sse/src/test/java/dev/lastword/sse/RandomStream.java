package dev.lastword.sse;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;

/** Streams made of what parsers stumble over, and of garbage. */
final class RandomStream {
  private static final List<byte[]> PIECES =
      List.of(
              "data",
              "data:",
              "data: ",
              "data:  ",
              "event:",
              "event: ",
              "id",
              "id:",
              "id: ",
              "retry: ",
              "retry:",
              ":",
              ": hb",
              " ",
              "a",
              "content_block_delta",
              "[DONE]",
              "7",
              "19",
              "\\n",
              "\\n",
              "\\n",
              "\\n\\n",
              "\\n\\n",
              "\\r",
              "\\r\\n",
              "\\r\\n\\r\\n",
              "\\r\\r",
              "\\t",
              "\\x00",
              "\\uFEFF",
              "\\xEF",
              "\\xEF\\xBB",
              "\\xED\\xA0\\x80",
              "\\uD83D\\uDE00",
              "\\xF0\\x9F",
              "\\xE4\\xB8",
              "\\u4E16",
              "\\xC3",
              "\\xFF",
              "{\"choices\":[{\"delta\":{\"content\":\"word\"}}]}",
              "unknown",
              "dat",
              "datax")
          .stream()
          .map(EventStreams::unescape)
          .toList();

  private final Random random;

  RandomStream(Random random) {
    this.random = random;
  }

  byte[] bytes() {
    var out = new ByteArrayOutputStream();
    if (random.nextInt(4) == 0) {
      out.writeBytes("\uFEFF".getBytes(UTF_8));
    }
    int pieces = random.nextInt(60);
    for (int i = 0; i < pieces; i++) {
      if (random.nextInt(12) == 0) {
        out.write(random.nextInt(256));
      } else {
        out.writeBytes(PIECES.get(random.nextInt(PIECES.size())));
      }
    }
    return out.toByteArray();
  }

  Parsed.Source source() {
    var all = Parsed.Source.values();
    return all[random.nextInt(all.length)];
  }

  /** Feeds the stream in pieces of random length, some of them empty. */
  void feed(byte[] stream, Parsed parsed) {
    int longest = 1 + random.nextInt(40);
    int at = 0;
    while (at < stream.length) {
      int to = Math.min(stream.length, at + random.nextInt(longest + 1));
      parsed.feed(stream, at, to);
      at = to;
    }
  }
}
