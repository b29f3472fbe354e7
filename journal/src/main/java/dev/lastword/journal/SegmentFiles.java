package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the files of segments: zeros over the whole length, so that writing into it later changes
 * no metadata and finds its room; then the header. What stands in the file of a trimmed segment
 * need not be zeroed: no checksum in it holds under the new header.
 *
 * @see "docs/formats/journal.md §5"
 */
final class SegmentFiles {
  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);
  private static final int ZEROS_BYTES = 256 << 10;

  /** Zeros forced at a time: what a batch that is flushed meanwhile may have to wait for. */
  private static final int FORCE_BYTES = 512 << 10;

  private final Disk disk;
  private final JournalId id;
  private final long epoch;
  private final LongSupplier timeMs;

  /**
   * @param epoch the opening that prepares
   * @param timeMs the journal's time
   */
  SegmentFiles(Disk disk, JournalId id, long epoch, LongSupplier timeMs) {
    this.disk = disk;
    this.id = id;
    this.epoch = epoch;
    this.timeMs = timeMs;
  }

  Disk disk() {
    return disk;
  }

  /** Room for a segment, with what an earlier opening has left for it. */
  long usableBytes(int segment) throws IOException {
    var left = opened(Segments.preparedName(segment));
    long taken = 0;
    if (left.isPresent()) {
      try (var file = left.get()) {
        taken = file.size();
      }
    }
    return disk.usableBytes() + taken;
  }

  /**
   * Makes a prepared file, or takes the one that an earlier opening left.
   *
   * @param used number of a trimmed segment whose file is taken if it is there, 0 for none
   */
  Spares.Spare prepare(int segment, long capacity, int used) throws IOException {
    var header = new SegmentHeader(segment, epoch, capacity, id, timeMs.getAsLong());
    var name = Segments.preparedName(segment);
    var file =
        used == 0 ? Optional.<Disk.File>empty() : reused(Segments.usedName(used), name, header);
    if (file.isEmpty()) {
      file = leftover(name, header);
    }
    return new Spares.Spare(header, file.isPresent() ? file.get() : create(name, header));
  }

  /**
   * Gives a prepared file its segment's name. It may have it already, from a try that failed as far
   * as anybody knew: a store may do what it was told and lose its answer.
   */
  void name(int segment) throws IOException {
    try {
      disk.rename(Segments.preparedName(segment), Segments.name(segment));
    } catch (NoSuchFileException e) {
      var named = opened(Segments.name(segment));
      if (named.isEmpty()) {
        throw e;
      }
      named.get().close();
    }
  }

  /** Removes a trimmed segment's file that nobody uses again; an opening does what fails here. */
  void deleteUsed(int segment) {
    try {
      disk.delete(Segments.usedName(segment));
    } catch (NoSuchFileException e) {
      // it has another name by now, or is gone
    } catch (IOException e) {
      log.warn("journal.used_not_deleted dir={} segment={} cause={}", disk, segment, e.toString());
    }
  }

  private Optional<Disk.File> reused(String usedName, String name, SegmentHeader header)
      throws IOException {
    var file = opened(usedName);
    if (file.isPresent()) {
      try {
        head(file.get(), header);
        disk.rename(usedName, name);
      } catch (IOException e) {
        discard(usedName, file.get(), e);
        throw e;
      }
    }
    return file;
  }

  private Optional<Disk.File> opened(String name) throws IOException {
    try {
      return Optional.of(disk.open(name));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static void head(Disk.File file, SegmentHeader header) throws IOException {
    file.write(header.encode(), 0);
    file.force();
  }

  private Optional<Disk.File> leftover(String name, SegmentHeader wanted) throws IOException {
    var found = opened(name);
    if (found.isEmpty()) {
      return found;
    }
    var file = found.get();
    try {
      if (isPrepared(file, name, wanted)) {
        head(file, wanted);
        return found;
      }
    } catch (IOException e) {
      file.close();
      throw e;
    }
    file.close();
    disk.delete(name);
    return Optional.empty();
  }

  private static boolean isPrepared(Disk.File file, String name, SegmentHeader wanted)
      throws IOException {
    try {
      var header = SegmentHeader.read(file, name);
      return header.capacity() == wanted.capacity()
          && header.segment() == wanted.segment()
          && file.size() == wanted.capacity();
    } catch (DamagedException e) {
      log.debug("journal.unprepared file={} cause={}", name, e.getMessage());
      return false;
    }
  }

  private Disk.File create(String name, SegmentHeader header) throws IOException {
    long capacity = header.capacity();
    if (disk.usableBytes() < capacity) {
      throw new DiskFullException(
          "no space left: %d bytes wanted, %d usable".formatted(capacity, disk.usableBytes()));
    }
    var file = disk.create(name);
    try {
      fill(file, capacity);
      head(file, header); // after the zeros: a file with a header is all there
      return file;
    } catch (IOException e) {
      discard(name, file, e);
      throw e;
    }
  }

  private static void fill(Disk.File file, long capacity) throws IOException {
    if (file.lengthen(capacity)) {
      return;
    }
    var zeros = ByteBuffer.allocateDirect((int) Math.min(ZEROS_BYTES, capacity));
    for (long at = 0; at < capacity; at += zeros.limit()) {
      if (at > 0 && at % FORCE_BYTES == 0) {
        file.force();
      }
      zeros.clear().limit((int) Math.min(zeros.capacity(), capacity - at));
      file.write(zeros, at);
    }
    file.force();
  }

  /** Gives the room back that a failed preparation took, to whoever else lives on the disk. */
  private void discard(String name, Disk.File file, IOException cause) {
    try {
      file.close();
      disk.delete(name);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
