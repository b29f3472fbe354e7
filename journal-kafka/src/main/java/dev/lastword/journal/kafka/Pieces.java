package dev.lastword.journal.kafka;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Which record holds which bytes of a file: what was written later lies over what was before. */
final class Pieces {
  private final TreeMap<Long, Piece> byPosition = new TreeMap<>();

  /**
   * Bytes that follow one another in a file and in a record.
   *
   * @param position in the file
   * @param length in bytes
   * @param offset of the record in the partition
   * @param skip bytes of the record's value before them
   */
  record Piece(long position, int length, long offset, int skip) {
    long end() {
      return position + length;
    }

    private Piece until(long to) {
      return new Piece(position, (int) (to - position), offset, skip);
    }

    private Piece from(long from) {
      int less = (int) (from - position);
      return new Piece(from, length - less, offset, skip + less);
    }
  }

  /** Lays a record's bytes over what is there. */
  void put(long position, int length, long offset) {
    if (length == 0) {
      return;
    }
    var added = new Piece(position, length, offset, 0);
    for (var under : covering(position, added.end())) {
      byPosition.remove(under.position());
      if (under.position() < position) {
        byPosition.put(under.position(), under.until(position));
      }
      if (under.end() > added.end()) {
        byPosition.put(added.end(), under.from(added.end()));
      }
    }
    byPosition.put(position, added);
  }

  /** The pieces that hold something of a part of the file, in its order. */
  List<Piece> covering(long from, long to) {
    var found = new ArrayList<Piece>();
    var first = byPosition.floorEntry(from);
    if (first != null && first.getValue().end() > from && first.getKey() < from) {
      found.add(first.getValue());
    }
    found.addAll(byPosition.subMap(from, to).values());
    return found;
  }
}
