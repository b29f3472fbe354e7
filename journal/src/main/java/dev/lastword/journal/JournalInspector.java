package dev.lastword.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
  private boolean sound = true;
  private @Nullable BatchMark mark;

  /** Between damage and the next mark nobody can say which batch an entry belongs to. */
  private boolean adrift;

  private long end;

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
    for (int i = 0; i < segments.size(); i++) {
      int segment = segments.get(i);
      if (i > 0 && segment != segments.get(i - 1) + 1) {
        unsound("segments " + (segments.get(i - 1) + 1) + " to " + (segment - 1) + " are missing");
        mark = null;
      }
      try (var file = disk.openForReading(Segments.name(segment))) {
        segment(file, segment, segment == segments.getLast());
      }
    }
    streams.print(lines);
    lines.line(sound ? "sound" : "DAMAGED: it will not open, or not replay, as it is");
  }

  private void segment(Disk.File file, int segment, boolean last) throws IOException {
    var name = Segments.name(segment);
    lines.line("");
    try {
      var header = SegmentHeader.read(file, name);
      lines.line(
          "segment "
              + name
              + " number="
              + header.segment()
              + " format="
              + SegmentHeader.VERSION
              + " epoch="
              + header.epoch()
              + " bytes="
              + header.capacity());
      if (header.segment() != segment || header.capacity() != file.size()) {
        unsound("the file is " + file.size() + " bytes long and named " + name);
      }
    } catch (DamagedException e) {
      lines.line("segment " + name + " bytes=" + file.size());
      unsound(String.valueOf(e.getMessage()));
    }
    records(file, segment, last);
  }

  private void records(Disk.File file, int segment, boolean last) throws IOException {
    var cursor = new RecordCursor(file, SegmentHeader.BYTES, file.size());
    boolean first = true;
    var found = cursor.next();
    while (cursor.offset() < file.size()) {
      if (found == RecordCursor.Found.RECORD) {
        record(cursor, segment, first);
        first = false;
        found = cursor.next();
      } else {
        found = gap(file, cursor, segment, last, found);
      }
    }
  }

  private void record(RecordCursor cursor, int segment, boolean first) throws IOException {
    long position = Position.of(segment, cursor.offset());
    if (cursor.atMark()) {
      mark(cursor.mark(), position, first);
    } else if (mark == null && !adrift) {
      unsound(Position.text(position) + " an entry without a batch");
    }
    if (!cursor.atMark()) {
      entry(cursor, position);
    }
    end = Position.of(segment, cursor.end());
  }

  private void mark(BatchMark next, long position, boolean first) throws IOException {
    lines.mark(next, position);
    boolean gapless = !first || mark == null || next.flushed() == end;
    if (!gapless || !Recovery.follows(next, mark, position)) {
      unsound(Position.text(position) + " the batch does not follow what stands before it");
    }
    mark = next;
    adrift = false;
  }

  private void entry(RecordCursor cursor, long position) throws IOException {
    try {
      var entry = cursor.entry();
      lines.entry(entry, position, cursor.length());
      streams.add(entry);
    } catch (RuntimeException e) {
      unsound(Position.text(position) + " the checksum is good, but it is no entry: " + e);
    }
  }

  /** What follows is no record: nothing at all, a torn tail, or damage with more behind it. */
  private RecordCursor.Found gap(
      Disk.File file, RecordCursor cursor, int segment, boolean last, RecordCursor.Found found)
      throws IOException {
    long from = cursor.offset();
    var rest = new Rest(file, segment, from, file.size()).search();
    if (rest.written() == from) {
      lines.line(text(segment, from) + " end, " + (file.size() - from) + " bytes free");
      return skipTo(cursor, file.size());
    }
    boolean torn = last && !rest.flushedBeyond();
    if (torn) {
      lines.line(
          text(segment, from)
              + " torn tail, "
              + (rest.written() - from)
              + " bytes: the next opening cuts it off");
      return skipTo(cursor, file.size());
    }
    var next = cursor.resync();
    unsound(
        text(segment, from)
            + " "
            + (cursor.offset() - from)
            + (found == RecordCursor.Found.END ? " bytes are zero" : " bytes are damaged"));
    mark = null;
    adrift = true;
    return next;
  }

  private static RecordCursor.Found skipTo(RecordCursor cursor, long offset) {
    cursor.skipTo(offset);
    return RecordCursor.Found.END;
  }

  private static String text(int segment, long offset) {
    return Position.text(Position.of(segment, offset));
  }

  private void unsound(String what) throws IOException {
    sound = false;
    lines.line("DAMAGE " + what);
  }
}
