package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

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

  /** Names that stand twice in one object of a JSON text. */
  static Set<String> namesThatStandTwice(String json) {
    var twice = new TreeSet<String>();
    var open = new ArrayDeque<Set<String>>();
    try (var parser = Json.parser(json)) {
      for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
        switch (token) {
          case START_OBJECT -> open.push(new HashSet<>());
          case END_OBJECT -> open.pop();
          case PROPERTY_NAME -> {
            if (!open.element().add(parser.currentName())) {
              twice.add(parser.currentName());
            }
          }
          default -> {}
        }
      }
    }
    return twice;
  }

  private static byte[] bytes(String file) {
    try (var in = Fixture.class.getResourceAsStream(file)) {
      return Objects.requireNonNull(in, file).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
