package dev.lastword.journal;

import java.io.Closeable;
import java.io.IOException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a journal: recovers what is there, or makes a new one, and makes the next epoch durable
 * before anybody can see it.
 *
 * @see "docs/formats/journal.md §5"
 */
final class Opening {
  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);
  private static final int FIRST_SEGMENT_BYTES_MAX = 4 << 20;

  final JournalId id;
  final long epoch;
  final JournalClock clock;
  final Segments segments;
  final Spares spares;
  final SegmentWriter writer;
  final Batch batch;

  /** The directory's lock is held. */
  Opening(FileJournal.Parts parts, FileJournal.Options options) throws IOException {
    var disk = parts.disk();
    disk.forceDirectory(); // a process that was killed may have left names that no force has seen
    deleteUsed(disk);
    var recovery = new Recovery(disk);
    var found = recovery.recover().orElse(null);
    var foundId = found == null ? null : found.header().id();
    this.id = foundId != null ? foundId : JournalId.random(parts.random());
    var tail = found != null ? found : create(disk, id, options);
    this.segments = new Segments(disk);
    recovery.headers().forEach(segments::add);
    segments.add(tail.header());
    this.epoch = Math.max(tail.epoch() + 1, disk.epochMin());
    this.clock = clock(recovery.headers(), tail.last(), parts);
    this.spares =
        new Spares(
            new SegmentFiles(disk, id, epoch, clock::ms),
            parts.preparer(),
            parts.nanoTime(),
            new Spares.Lengths(options.segmentBytes(), firstBytes(options), options.roomSegments()),
            parts.room().share());
    this.writer = new SegmentWriter(disk, tail, epoch, clock, options.batchBytesMax());
    var admission =
        new Admission(
            new FencingToken(epoch), entryBytesMax(options.segmentBytes()), spares, writer);
    this.batch = new Batch(writer, segments, spares, admission, options.segmentBytes());
    begin();
  }

  private static JournalClock clock(
      Collection<SegmentHeader> headers, @Nullable BatchMark last, FileJournal.Parts parts) {
    long preparedMs = headers.stream().mapToLong(SegmentHeader::timeMs).max().orElse(0);
    return last != null && last.timeMs() >= preparedMs
        ? new JournalClock(last.timeMs(), last.wallMs(), parts.nanoTime(), parts.wallMs())
        : new JournalClock(preparedMs, Long.MAX_VALUE, parts.nanoTime(), parts.wallMs());
  }

  private static int firstBytes(FileJournal.Options options) {
    return Math.min(options.segmentBytes(), FIRST_SEGMENT_BYTES_MAX);
  }

  /** Files that were to be used again, had the process lived. Nobody forced what they hold. */
  private static void deleteUsed(Disk disk) throws IOException {
    for (var name : disk.list()) {
      if (Segments.isUsed(name)) {
        disk.delete(name);
      }
    }
  }

  private static Recovery.Tail create(Disk disk, JournalId id, FileJournal.Options options)
      throws IOException {
    long capacity = firstBytes(options);
    var files = new SegmentFiles(disk, id, 1, () -> JournalClock.FIRST_MS);
    var first = files.prepare(1, capacity, 0);
    try {
      files.name(1);
      disk.forceDirectory();
    } catch (IOException e) {
      first.file().close();
      throw e;
    }
    return new Recovery.Tail(first.header(), first.file(), SegmentHeader.BYTES, 0, null, 0);
  }

  private static int entryBytesMax(int segmentBytes) {
    return Math.min(
        FileJournal.ENTRY_BYTES_MAX,
        segmentBytes - SegmentHeader.BYTES - BatchMark.BYTES - SegmentWriter.MARKS_ROOM_BYTES);
  }

  private void begin() throws IOException {
    try {
      batch.open();
    } catch (IOException | RuntimeException | Error e) {
      giveBack();
      throw e;
    }
  }

  /** Closes the files. What fails here is told, and keeps nothing else from being closed. */
  void giveBack() {
    closing("spare", spares::close);
    closing("segment", writer::close);
    closing("readers", segments::close);
  }

  /** Errors as well: a class that is not there any more must not keep the directory's lock. */
  static void closing(String what, Closeable closing) {
    try {
      closing.close();
    } catch (IOException | RuntimeException | Error e) {
      log.warn("journal.close_failed what={} cause={}", what, e.toString());
    }
  }
}
