package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Prints what stands in a journal's files, broken ones above all. Takes no lock, changes nothing;
 * beside a running journal the end may look torn.
 *
 * <p>One line for each segment, mark and entry, then one for each stream. Content, that is events
 * and the values of attributes, is only printed when asked for.
 *
 * @see "docs/formats/journal.md"
 */
public final class JournalInspector {
  private final Disk disk;
  private final Lines lines;
  private final StreamSummary streams = new StreamSummary();
  private final SegmentWalk walk = new SegmentWalk(new Printer());
  private final NavigableMap<Integer, Format> formats = new TreeMap<>();
  private boolean sound = true;

  private JournalInspector(Disk disk, Lines lines) {
    this.disk = disk;
    this.lines = lines;
  }

  /**
   * Prints a journal.
   *
   * @param journal its directory, or one segment's file
   * @param out receives the lines, each ended by LF
   * @param content whether to print events and attributes as well
   * @return whether it would open and replay; a torn tail does not hinder that
   * @throws IOException if a file cannot be read, or there is no journal
   */
  public static boolean print(Path journal, Appendable out, boolean content) throws IOException {
    boolean whole = Files.isDirectory(journal);
    var directory = whole ? journal : journal.toAbsolutePath().getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      throw new IOException(journal + " is no directory and no file");
    }
    return print(
        Disk.directory(directory),
        whole ? "" : String.valueOf(journal.getFileName()),
        new Lines(out, content));
  }

  /**
   * Prints the journal of any disk.
   *
   * @throws IOException as above
   */
  public static boolean print(Disk disk, Appendable out, boolean content) throws IOException {
    return print(disk, "", new Lines(out, content));
  }

  /**
   * Visits the entries of a journal in order, as far as they are sound; what is damaged is left
   * out. Changes nothing, and needs no lock: of a journal that is written to meanwhile the last
   * entries may be missing.
   *
   * @param journal its directory
   * @throws IOException if a file cannot be read
   */
  public static void visit(Path journal, Journal.Visitor visitor) throws IOException {
    var disk = Disk.directory(journal);
    var segments = List.copyOf(Segments.numbers(disk.list()));
    var formats = new TreeMap<Integer, Format>();
    for (int segment : segments) {
      try (var file = disk.openForReading(Segments.name(segment))) {
        format(file, segment).ifPresent(format -> formats.put(segment, format));
      }
    }
    var walk = new SegmentWalk(new Visit(visitor));
    for (var each : formats.entrySet()) {
      int segment = each.getKey();
      boolean isLast = segment == segments.getLast();
      long flushedTo = isLast ? -1 : FirstMarks.flushedTo(disk, formats, segment);
      try (var file = disk.openForReading(Segments.name(segment))) {
        walk.through(
            new SegmentWalk.Segment(
                file, each.getValue(), segment, file.size(), flushedTo, isLast));
      }
    }
  }

  /** Hands entries on. */
  private record Visit(Journal.Visitor visitor) implements SegmentWalk.Sink {
    @Override
    public void batch(BatchMark mark) {}

    @Override
    public void entry(RecordCursor record, BatchMark mark) {
      long position = Position.of(Position.segment(mark.position()), record.offset());
      visitor.visit(record.entry(), position, mark.epoch(), mark.timeMs());
    }

    @Override
    public void hole(Journal.Damage damage) {}
  }

  /** Prints the segments of a disk, or the only one of a name. */
  static boolean print(Disk disk, String only, Lines lines) throws IOException {
    var segments =
        Segments.numbers(disk.list()).stream()
            .filter(segment -> only.isEmpty() || Segments.name(segment).equals(only))
            .toList();
    if (segments.isEmpty()) {
      throw new IOException(
          "no segment of a journal: " + disk + (only.isEmpty() ? "" : "/" + only));
    }
    var inspector = new JournalInspector(disk, lines);
    inspector.print(segments);
    return inspector.sound;
  }

  private void print(List<Integer> segments) throws IOException {
    lines.line("journal " + disk);
    for (int segment : segments) {
      try (var file = disk.openForReading(Segments.name(segment))) {
        format(file, segment).ifPresent(format -> formats.put(segment, format));
      }
    }
    for (int i = 0; i < segments.size(); i++) {
      int segment = segments.get(i);
      if (i > 0 && segment != segments.get(i - 1) + 1) {
        unsound("segments " + (segments.get(i - 1) + 1) + " to " + (segment - 1) + " are missing");
      }
      try (var file = disk.openForReading(Segments.name(segment))) {
        segment(file, segment, segments.getLast());
      }
    }
    streams.print(lines);
    lines.line(sound ? "sound" : "DAMAGED: `lastword repair` shows what can be done");
  }

  private void segment(Disk.File file, int segment, int last) throws IOException {
    var name = Segments.name(segment);
    lines.line("");
    printHeader(file, segment, name);
    var format = formats.get(segment);
    if (format == null) {
      return;
    }
    boolean isLast = segment == last;
    long flushedTo = isLast ? -1 : FirstMarks.flushedTo(disk, formats, segment);
    long end =
        walk.through(
            new SegmentWalk.Segment(file, format, segment, file.size(), flushedTo, isLast));
    end(file, format, segment, end);
  }

  /** A damaged header does not keep the records from being read. */
  private static Optional<Format> format(Disk.File file, int segment) throws IOException {
    try {
      return Optional.of(SegmentHeader.read(file, Segments.name(segment)).format());
    } catch (DamagedException e) {
      return Format.ofRecords(file, segment);
    }
  }

  private void printHeader(Disk.File file, int segment, String name) throws IOException {
    try {
      var header = SegmentHeader.read(file, name);
      lines.header(header, name);
      if (header.segment() != segment || header.capacity() != file.size()) {
        unsound("the file is " + file.size() + " bytes long and named " + name);
      }
    } catch (DamagedException e) {
      lines.line("segment " + name + " bytes=" + file.size());
      unsound(String.valueOf(e.getMessage()));
    }
  }

  private void end(Disk.File file, Format format, int segment, long end) throws IOException {
    var next = ByteBuffer.allocate(BatchMark.BYTES);
    file.read(next, end);
    boolean torn =
        format.isFirst() ? next.getLong(0) != 0 : BatchMark.standsAt(next.clear(), format);
    lines.line(
        Position.text(Position.of(segment, end))
            + (torn
                ? " torn tail: the next opening cuts it off"
                : " end, " + (file.size() - end) + " bytes free"));
  }

  private void unsound(String what) throws IOException {
    sound = false;
    lines.line("DAMAGE " + what);
  }

  private final class Printer implements SegmentWalk.Sink {
    @Override
    public void batch(BatchMark mark) throws IOException {
      lines.mark(mark);
    }

    @Override
    public void entry(RecordCursor record, BatchMark mark) throws IOException {
      long position = Position.of(Position.segment(mark.position()), record.offset());
      try {
        var entry = record.entry();
        lines.entry(entry, position, record.length());
        streams.add(entry);
      } catch (RuntimeException e) {
        unsound(Position.text(position) + " the checksum is good, but it is no entry: " + e);
      }
    }

    @Override
    public void hole(Journal.Damage damage) throws IOException {
      unsound(
          Position.text(Position.of(damage.segment(), damage.fromOffset()))
              + " "
              + (damage.toOffset() - damage.fromOffset())
              + " bytes are damaged: a start goes on behind them, and takes what was open here for"
              + " incomplete");
    }
  }
}
