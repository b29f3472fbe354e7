package dev.lastword.library;

import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseParser;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What the tests of this room have in common. */
final class Rig {
  static final Owner ANN = Owner.of("ann");
  static final Owner BOB = Owner.of("bob");

  /** For what happens in milliseconds, on a machine that has other things to do. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private Rig() {}

  /** All that a reader is given, to its end. */
  static String readAll(Reading reading) {
    var out = new ByteArrayOutputStream();
    try {
      reading.writeTo(out);
    } catch (ReadingBrokenException e) {
      return text(out) + "broken: " + e.code();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return text(out);
  }

  private static String text(ByteArrayOutputStream out) {
    return out.toString(StandardCharsets.UTF_8).replace(": hb\n\n", "");
  }

  /** The data of the events in a text. */
  static List<String> data(String text) {
    var events = new ArrayList<SseEvent>();
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    new SseParser(1 << 20, events::add).feed(bytes, 0, bytes.length);
    return events.stream().map(SseEvent::data).toList();
  }

  /** The bounds of all, but for three. */
  static StreamOptions bounds(Duration idle, int most, StreamOptions.Saving saving) {
    var all = StreamOptions.DEFAULT;
    return new StreamOptions(
        all.tail(),
        all.endingSilence(),
        idle,
        all.duration(),
        all.responseBytesMax(),
        all.eventBytesMax(),
        all.pendingBytesMax(),
        all.residentBytesMax(),
        most,
        all.retaining(),
        saving);
  }
}
