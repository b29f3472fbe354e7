package dev.lastword.journal;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.NoSuchFileException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.Pattern;

/** The segments that a journal keeps, and a handle for reading each. Thread-safe. */
final class Segments {
  private static final Pattern NAME = Pattern.compile("\\d{10}\\.journal");

  private final Disk disk;
  private final NavigableSet<Integer> kept = new ConcurrentSkipListSet<>();
  private final ConcurrentMap<Integer, Disk.File> readers = new ConcurrentHashMap<>();

  Segments(Disk disk) {
    this.disk = disk;
  }

  static String name(int segment) {
    return String.format(Locale.ROOT, "%010d.journal", segment);
  }

  static String preparedName(int segment) {
    return String.format(Locale.ROOT, "%010d.prep", segment);
  }

  /** The numbers of the segments among these names, rising. */
  static List<Integer> numbers(List<String> names) {
    return names.stream()
        .filter(name -> NAME.matcher(name).matches())
        .map(name -> Integer.valueOf(name.substring(0, 10)))
        .sorted(Comparator.naturalOrder())
        .toList();
  }

  void add(int segment) {
    kept.add(segment);
  }

  int count() {
    return kept.size();
  }

  int oldest() {
    return kept.first();
  }

  boolean keeps(int segment) {
    return kept.contains(segment);
  }

  /**
   * Removes the oldest segment, if it is older than the given one. Each removal is made durable by
   * itself: recovery takes a gap between segments for damage.
   */
  boolean removeOldest(int below) throws IOException {
    int oldest = oldest();
    if (oldest >= below) {
      return false;
    }
    disk.delete(name(oldest));
    kept.remove(oldest);
    release(oldest);
    disk.forceDirectory();
    return true;
  }

  /** Does something with a segment's file; once more if another thread's interrupt closed it. */
  <T> T reading(int segment, Reading<T> reading) throws IOException {
    while (true) {
      try {
        return reading.of(reader(segment));
      } catch (ClosedChannelException e) {
        release(segment);
        if (Thread.currentThread().isInterrupted() || !keeps(segment)) {
          throw e;
        }
      }
    }
  }

  private Disk.File reader(int segment) throws IOException {
    var open = readers.get(segment);
    if (open != null) {
      return open;
    }
    if (!keeps(segment)) {
      throw new NoSuchFileException(name(segment), null, "trimmed");
    }
    var opened = disk.openForReading(name(segment));
    var other = readers.putIfAbsent(segment, opened);
    if (other == null) {
      return opened;
    }
    opened.close();
    return other;
  }

  private void release(int segment) throws IOException {
    var reader = readers.remove(segment);
    if (reader != null) {
      reader.close();
    }
  }

  /** Closes all handles. */
  void close() throws IOException {
    for (int segment : List.copyOf(readers.keySet())) {
      release(segment);
    }
  }

  /** Reads from one segment's file. */
  @FunctionalInterface
  interface Reading<T> {
    T of(Disk.File file) throws IOException;
  }
}
