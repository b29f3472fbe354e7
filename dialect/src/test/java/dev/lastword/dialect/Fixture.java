package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Recorded shapes of real streams, read through the parser that the gateway reads them with. */
final class Fixture {
  private Fixture() {}

  static List<SseEvent> events(String name) {
    var events = new ArrayList<SseEvent>();
    var bytes = bytes(name + ".sse");
    new SseParser(1 << 20, events::add).feed(bytes, 0, bytes.length);
    return events;
  }

  static String text(String file) {
    return new String(bytes(file), StandardCharsets.UTF_8);
  }

  static List<Sign> signs(Dialect dialect, RequestFacts facts, List<SseEvent> events) {
    var detector = dialect.detector(facts);
    return events.stream().map(detector::observe).toList();
  }

  static AssembledResponse assemble(Dialect dialect, List<SseEvent> events) {
    var assembler = dialect.assembler();
    events.forEach(assembler::accept);
    return assembler.assemble();
  }

  private static byte[] bytes(String file) {
    try (var in = Fixture.class.getResourceAsStream(file)) {
      return Objects.requireNonNull(in, file).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
