package dev.lastword.testing;

import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * What a {@link FaultyDisk} holds: each thing twice, as it is read and as a power cut leaves it.
 */
final class Medium {
  private static final int SECTOR_BYTES = 512;

  Map<String, Inode> names = new TreeMap<>();
  long capacity = Long.MAX_VALUE;

  private Map<String, Inode> flushedNames = new TreeMap<>();
  private final List<Consumer<Map<String, Inode>>> unflushedNames = new ArrayList<>();

  /** In the order in which they were written. */
  private final List<Write> unflushed = new ArrayList<>();

  /** One file's bytes. */
  static final class Inode {
    private byte[] read = {};
    private byte[] flushed = {};

    /** Sectors that take up room: those that were written to, as a file may have holes. */
    private final BitSet taken = new BitSet();

    int size() {
      return read.length;
    }

    byte[] contents() {
      return read.clone();
    }

    int read(ByteBuffer into, int position) {
      int length = Math.clamp(read.length - (long) position, 0, into.remaining());
      into.put(read, Math.min(position, read.length), length);
      return length;
    }

    void flip(int offset, int bit) {
      read[offset] ^= (byte) (1 << bit);
      flushed[offset] ^= (byte) (1 << bit);
    }
  }

  /** Bytes that were written to a file: a whole write, or the part of it in one sector. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Write(Inode inode, int position, byte[] bytes) {
    void flush() {
      inode.flushed = put(inode.flushed, position, bytes);
    }

    int sector() {
      return position / SECTOR_BYTES;
    }

    void cutAtSectors(List<Write> parts) {
      for (int from = 0; from < bytes.length; ) {
        int inSector = (position + from) % SECTOR_BYTES;
        int to = Math.min(bytes.length, from + SECTOR_BYTES - inSector);
        parts.add(new Write(inode, position + from, Arrays.copyOfRange(bytes, from, to)));
        from = to;
      }
    }
  }

  private List<Write> unflushedSectors() {
    var sectors = new ArrayList<Write>();
    unflushed.forEach(write -> write.cutAtSectors(sectors));
    return sectors;
  }

  Inode find(String name) throws NoSuchFileException {
    var inode = names.get(name);
    if (inode == null) {
      throw new NoSuchFileException(name);
    }
    return inode;
  }

  long used() {
    return names.values().stream().mapToLong(inode -> inode.taken.cardinality()).sum()
        * SECTOR_BYTES;
  }

  /** The room that a write takes beyond what its file has. */
  static long growth(Inode inode, long position, int length) {
    int from = Math.toIntExact(position / SECTOR_BYTES);
    int to = Math.toIntExact((position + length + SECTOR_BYTES - 1) / SECTOR_BYTES);
    return (to - from - inode.taken.get(from, to).cardinality()) * (long) SECTOR_BYTES;
  }

  void change(Consumer<Map<String, Inode>> change) {
    change.accept(names);
    unflushedNames.add(change);
  }

  void write(Inode inode, int position, byte[] bytes) {
    inode.read = put(inode.read, position, bytes);
    inode.taken.set(
        position / SECTOR_BYTES, (position + bytes.length + SECTOR_BYTES - 1) / SECTOR_BYTES);
    unflushed.add(new Write(inode, position, bytes));
  }

  void flush(Inode inode) {
    for (var sector : unflushed) {
      if (sector.inode == inode) {
        sector.flush();
      }
    }
    forget(inode);
  }

  /** What was written to the file stays readable, and will not be flushed. */
  void forget(Inode inode) {
    unflushed.removeIf(sector -> sector.inode == inode);
  }

  void flushNames() {
    flushedNames = new TreeMap<>(names);
    unflushedNames.clear();
  }

  void flush() {
    unflushed.forEach(Write::flush);
    flushNames();
  }

  void drop() {
    unflushed.clear();
    unflushedNames.clear();
  }

  void keepPrefix(RandomGenerator random) {
    var sectors = unflushedSectors();
    sectors.subList(0, random.nextInt(sectors.size() + 1)).forEach(Write::flush);
    unflushedNames
        .subList(0, random.nextInt(unflushedNames.size() + 1))
        .forEach(change -> change.accept(flushedNames));
  }

  /** Any sector may be lost; of several writes to one the earlier do not go missing alone. */
  void tear(RandomGenerator random) {
    Map<Inode, Set<Integer>> lost = new HashMap<>();
    for (var sector : unflushedSectors()) {
      var lostOfFile = lost.computeIfAbsent(sector.inode, inode -> new HashSet<>());
      if (random.nextBoolean()) {
        lostOfFile.add(sector.sector());
      }
      if (!lostOfFile.contains(sector.sector())) {
        sector.flush();
      }
    }
    for (var change : unflushedNames) {
      if (random.nextBoolean()) {
        change.accept(flushedNames);
      }
    }
  }

  /** Another medium with the flushed names and contents of this one. */
  Medium flushedCopy() {
    return copy(flushedNames, inode -> inode.flushed);
  }

  /** Another medium with all names and contents of this one. */
  Medium writtenCopy() {
    return copy(names, inode -> inode.read);
  }

  private static Medium copy(Map<String, Inode> names, Function<Inode, byte[]> contents) {
    var copy = new Medium();
    names.forEach(
        (name, inode) -> {
          var twin = new Inode();
          twin.read = contents.apply(inode).clone();
          twin.flushed = twin.read.clone();
          twin.taken.set(0, (twin.size() + SECTOR_BYTES - 1) / SECTOR_BYTES);
          copy.names.put(name, twin);
        });
    copy.flushedNames = new TreeMap<>(copy.names);
    return copy;
  }

  /** From now on the flushed is what there is. */
  void restart() {
    drop();
    names = new TreeMap<>(flushedNames);
    new HashSet<>(names.values()).forEach(inode -> inode.read = inode.flushed.clone());
  }

  private static byte[] put(byte[] to, int position, byte[] bytes) {
    int end = position + bytes.length;
    var grown = end > to.length ? Arrays.copyOf(to, end) : to;
    System.arraycopy(bytes, 0, grown, position, bytes.length);
    return grown;
  }
}
