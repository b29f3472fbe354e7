package dev.lastword.journal;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.NoSuchFileException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The segments that a journal keeps, and a handle for reading each. Thread-safe. */
final class Segments {
  private static final Pattern NAME = Pattern.compile("\\d{10}\\.journal");
  private static final Pattern USED = Pattern.compile("\\d{10}\\.used");

  private final Disk disk;
  private final ConcurrentNavigableMap<Integer, Kept> kept = new ConcurrentSkipListMap<>();
  private final ConcurrentMap<Integer, Disk.File> readers = new ConcurrentHashMap<>();

  private volatile boolean closed;

  private record Kept(Format format, long capacity) {}

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

  /** The name of a trimmed segment whose file is kept to be used again. */
  static String usedName(int segment) {
    return String.format(Locale.ROOT, "%010d.used", segment);
  }

  static boolean isUsed(String name) {
    return USED.matcher(name).matches();
  }

  void add(SegmentHeader header) {
    kept.put(header.segment(), new Kept(header.format(), header.capacity()));
  }

  int count() {
    return kept.size();
  }

  int oldest() {
    return kept.firstKey();
  }

  /** How a segment is laid out; null if it is not kept. */
  @Nullable Format format(int segment) {
    var found = kept.get(segment);
    return found == null ? null : found.format;
  }

  /** How the segments up to one are laid out, by number. */
  NavigableMap<Integer, Format> formats(int last) {
    var formats = new TreeMap<Integer, Format>();
    kept.headMap(last, true).forEach((segment, found) -> formats.put(segment, found.format));
    return formats;
  }

  /** Length of a segment that is kept, in bytes; 0 if it is not. */
  long capacity(int segment) {
    var found = kept.get(segment);
    return found == null ? 0 : found.capacity;
  }

  /** From now on nobody finds a segment any more. */
  void forget(int segment) throws IOException {
    kept.remove(segment);
    release(segment);
  }

  /**
   * Does something with a segment's file; once more if another thread's interrupt closed it. A
   * handle that failed is not used again.
   */
  <T> T reading(int segment, Reading<T> reading) throws IOException {
    while (true) {
      try {
        return reading.of(reader(segment));
      } catch (ClosedChannelException e) {
        release(segment);
        if (Thread.currentThread().isInterrupted() || closed || format(segment) == null) {
          throw e;
        }
      } catch (DamagedException e) {
        throw e;
      } catch (IOException e) {
        release(segment);
        throw e;
      }
    }
  }

  private Disk.File reader(int segment) throws IOException {
    var open = readers.get(segment);
    if (open != null) {
      return open;
    }
    if (format(segment) == null) {
      throw new NoSuchFileException(name(segment), null, "trimmed");
    }
    var opened = disk.openForReading(name(segment));
    var other = readers.putIfAbsent(segment, opened);
    if (other != null) {
      opened.close();
      return other;
    }
    if (closed || format(segment) == null) {
      release(segment); // closed or trimmed meanwhile: nobody else would close the handle
    }
    return opened;
  }

  private void release(int segment) throws IOException {
    var reader = readers.remove(segment);
    if (reader != null) {
      reader.close();
    }
  }

  /** Closes all handles, those as well that are opened meanwhile. */
  void close() throws IOException {
    closed = true;
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
