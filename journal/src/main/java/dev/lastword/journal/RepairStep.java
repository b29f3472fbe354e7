package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * One thing that a repair does to the files of a journal. What it overwrites or takes away is
 * copied or moved to another directory first.
 */
sealed interface RepairStep {
  /** What it does and why, such as {@code moves 0000000003.journal away: is no segment}. */
  String text();

  /**
   * Does it.
   *
   * @param directory the journal's
   * @param removed where to keep what goes; it is there
   */
  void apply(Path directory, Path removed) throws IOException;

  /** A file that nobody can read is moved out of the way. */
  record Move(String name, String why) implements RepairStep {
    @Override
    public String text() {
      return "move " + name + " away: " + why;
    }

    @Override
    public void apply(Path directory, Path removed) throws IOException {
      Files.move(directory.resolve(name), removed.resolve(name));
    }
  }

  /** A damaged header is made again; its records say that it is right. */
  record Head(SegmentHeader header, String why) implements RepairStep {
    @Override
    public String text() {
      return "write the header of " + Segments.name(header.segment()) + " again: " + why;
    }

    @Override
    public void apply(Path directory, Path removed) throws IOException {
      var name = Segments.name(header.segment());
      try (var file = opened(directory.resolve(name))) {
        var page = ByteBuffer.allocate(SegmentHeader.BYTES);
        readFully(file, page, 0);
        Files.write(removed.resolve(name + ".header"), page.array());
        writeFully(file, header.encode(), 0);
        file.force(true);
      }
    }
  }

  /** A file that is too short is filled up with zeros: what it had there is told as damage. */
  record Resize(String name, long bytes, long capacity) implements RepairStep {
    @Override
    public String text() {
      return bytes < capacity
          ? "fill %s up from %d to %d bytes: its end is lost".formatted(name, bytes, capacity)
          : "cut %s from %d to %d bytes: the rest is not of it".formatted(name, bytes, capacity);
    }

    @Override
    public void apply(Path directory, Path removed) throws IOException {
      try (var file = opened(directory.resolve(name))) {
        if (bytes > capacity) {
          try (var rest =
              FileChannel.open(
                  removed.resolve(name + ".rest"),
                  Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
            file.position(capacity);
            for (long at = 0; at < bytes - capacity; ) {
              at += rest.transferFrom(file, at, bytes - capacity - at);
            }
          }
          file.truncate(capacity);
        } else {
          zeros(file, bytes, capacity);
        }
        file.force(true);
      }
    }
  }

  /** An empty segment in the place of one that is lost. */
  record StandIn(SegmentHeader header) implements RepairStep {
    /** Nothing is ever written to it. */
    static final long BYTES = 2L * SegmentHeader.BYTES;

    @Override
    public String text() {
      return "put an empty segment in the place of "
          + Segments.name(header.segment())
          + ", which is lost: what was open there is taken for incomplete";
    }

    @Override
    public void apply(Path directory, Path removed) throws IOException {
      create(directory, header);
    }
  }

  /** An empty segment to go on in. */
  record GoOn(SegmentHeader header, String why) implements RepairStep {
    static final long BYTES = 4L << 20;

    @Override
    public String text() {
      return "begin " + Segments.name(header.segment()) + ": " + why;
    }

    @Override
    public void apply(Path directory, Path removed) throws IOException {
      create(directory, header);
    }
  }

  private static void create(Path directory, SegmentHeader header) throws IOException {
    var unfinished = directory.resolve(Segments.name(header.segment()) + ".new");
    Files.deleteIfExists(unfinished);
    Files.createFile(unfinished, DirectoryDisk.mode("rw-------"));
    try (var file = opened(unfinished)) {
      zeros(file, 0, header.capacity());
      writeFully(file, header.encode(), 0);
      file.force(true);
    }
    Files.move(unfinished, directory.resolve(Segments.name(header.segment())));
  }

  private static FileChannel opened(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static void zeros(FileChannel file, long from, long to) throws IOException {
    var zeros = ByteBuffer.allocate((int) Math.min(256 << 10, to - from));
    for (long at = from; at < to; at += zeros.limit()) {
      writeFully(file, zeros.clear().limit((int) Math.min(zeros.capacity(), to - at)), at);
    }
  }

  private static void writeFully(FileChannel file, ByteBuffer bytes, long position)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += file.write(bytes, at);
    }
  }

  private static void readFully(FileChannel file, ByteBuffer into, long position)
      throws IOException {
    long at = position;
    int read = file.read(into, at);
    while (read > 0 && into.hasRemaining()) {
      at += read;
      read = file.read(into, at);
    }
  }
}
