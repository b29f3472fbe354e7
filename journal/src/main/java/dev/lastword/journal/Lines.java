package dev.lastword.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.sse.EncodedEvents;
import java.io.IOException;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;

/** What {@link JournalInspector} prints, line by line. Whatever is not ours is escaped. */
final class Lines {
  private final Appendable out;
  private final boolean content;

  Lines(Appendable out, boolean content) {
    this.out = out;
    this.content = content;
  }

  void line(String text) throws IOException {
    out.append(text).append('\n');
  }

  void header(SegmentHeader header, String name) throws IOException {
    line(
        "segment "
            + name
            + " number="
            + header.segment()
            + " format="
            + header.version()
            + (header.id() == null ? "" : " journal=" + header.id())
            + " epoch="
            + header.epoch()
            + " bytes="
            + header.capacity());
  }

  void mark(BatchMark mark) throws IOException {
    var why = mark.why() == BatchMark.Why.ENTRIES ? "" : " " + lowerCase(mark.why().name());
    line(
        Position.text(mark.position())
            + " batch "
            + mark.number()
            + " epoch="
            + mark.epoch()
            + why
            + " flushed="
            + Position.text(mark.flushed())
            + (mark.timeMs() == 0 ? "" : " time_ms=" + mark.timeMs() + " at=" + at(mark.wallMs())));
  }

  void entry(Entry entry, long position, int bytes) throws IOException {
    line(
        "  "
            + Position.text(position)
            + " "
            + lowerCase(entry.getClass().getSimpleName())
            + " stream="
            + entry.stream()
            + " "
            + fields(entry)
            + " bytes="
            + bytes
            + " crc=ok");
    if (content) {
      content(entry);
    }
  }

  private static String fields(Entry entry) {
    return switch (entry) {
      case Entry.Opened e -> "attributes=" + e.attributes().size() + " at=" + at(e.atMs());
      case Entry.Appended e -> events(e.firstSeq(), e.events());
      case Entry.Ending e ->
          events(e.firstSeq(), e.withheld()) + missing(e.terminalMissing()) + " at=" + at(e.atMs());
      case Entry.Saved e -> "at=" + at(e.atMs());
      case Entry.Sealed e ->
          events(e.firstSeq(), e.events())
              + " outcome="
              + e.outcome().word()
              + " reason="
              + escaped(e.reason())
              + missing(e.terminalMissing())
              + " at="
              + at(e.atMs())
              + (e.receipt().isEmpty() ? "" : " receipt=" + escaped(e.receipt()));
      case Entry.Late e -> "events=" + e.events().count();
      case Entry.Deleted e -> "expired=" + e.expired() + " at=" + at(e.atMs());
      case Entry.Withheld e -> events(e.firstSeq(), e.events());
      case Entry.Shown e -> "ended=" + e.ended();
      case Entry.Rejected e -> "at=" + at(e.atMs());
    };
  }

  private static String events(long firstSeq, EncodedEvents events) {
    return events.count() == 0
        ? "seqs=none"
        : "seqs=" + firstSeq + "-" + (firstSeq + events.count() - 1);
  }

  private static String missing(boolean terminal) {
    return " terminal_missing=" + terminal;
  }

  private static String lowerCase(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  private static String at(long ms) {
    return ms >= 0 && ms < 253_402_300_800_000L
        ? Instant.ofEpochMilli(ms).toString()
        : Long.toString(ms);
  }

  private void content(Entry entry) throws IOException {
    switch (entry) {
      case Entry.Opened e -> content(e.attributes());
      case Entry.Appended e -> content(e.events());
      case Entry.Ending e -> content(e.withheld());
      case Entry.Saved e -> {}
      case Entry.Sealed e -> content(e.events());
      case Entry.Late e -> content(e.events());
      case Entry.Deleted e -> {}
      case Entry.Withheld e -> content(e.events());
      case Entry.Shown e -> {}
      case Entry.Rejected e -> {}
    }
  }

  private void content(Map<String, String> attributes) throws IOException {
    for (var attribute : attributes.entrySet()) {
      line("    " + escaped(attribute.getKey()) + "=" + escaped(attribute.getValue()));
    }
  }

  private void content(EncodedEvents events) throws IOException {
    int from = 0;
    for (int i = 0; i < events.count(); i++) {
      int to = events.end(i);
      line("    " + escaped(new String(events.wire(), from, to - from, UTF_8)));
      from = to;
    }
  }

  /** On one line, and nothing in it steers a terminal. */
  private static String escaped(String text) {
    var escaped = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (c == '\n') {
                escaped.append("\\n");
              } else if (c == '\\') {
                escaped.append("\\\\");
              } else if (Character.isISOControl(c)
                  || Character.getType(c) == Character.FORMAT
                  || Character.getType(c) == Character.LINE_SEPARATOR
                  || Character.getType(c) == Character.PARAGRAPH_SEPARATOR) {
                escaped.append("\\u{" + Integer.toHexString(c) + "}");
              } else {
                escaped.appendCodePoint(c);
              }
            });
    return escaped.toString();
  }
}
