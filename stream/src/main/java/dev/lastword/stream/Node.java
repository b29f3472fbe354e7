package dev.lastword.stream;

import org.jspecify.annotations.Nullable;

/**
 * A place in a stream's chain of blocks. The chain only grows, at its end, by the stream's home;
 * readers on any thread follow it. A long stream lets go of the bytes of its older blocks: they are
 * then read from the journal again.
 */
final class Node {
  /** Number of the last event in the block; 0 for the node before the first. */
  final long lastSeq;

  final long epoch;

  /** Where in the journal the entry with these events stands. */
  final long position;

  volatile @Nullable Block resident;
  volatile @Nullable Node next;

  private Node(long lastSeq, long epoch, long position, @Nullable Block resident) {
    this.lastSeq = lastSeq;
    this.epoch = epoch;
    this.position = position;
    this.resident = resident;
  }

  static Node beforeFirst() {
    return new Node(0, 0, 0, null);
  }

  static Node of(Block block, long position) {
    return new Node(block.lastSeq(), block.epoch(), position, block);
  }
}
