package dev.lastword.journal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The batch in hand: what of the queue goes out with the next write, and in which segment. Used by
 * whoever holds the {@link GroupCommit}'s lock.
 */
final class Batch {
  private final SegmentWriter writer;
  private final Segments segments;
  private final Spares spares;
  private final Admission admission;
  private final int segmentBytes;
  private final List<Pending> taken = new ArrayList<>();

  /**
   * @param segmentBytes length that segments double up to
   */
  Batch(
      SegmentWriter writer,
      Segments segments,
      Spares spares,
      Admission admission,
      int segmentBytes) {
    this.writer = writer;
    this.segments = segments;
    this.spares = spares;
    this.admission = admission;
    this.segmentBytes = segmentBytes;
  }

  /** What is in it, taken or refused, in the order of the appends. */
  List<Pending> taken() {
    return taken;
  }

  /** Puts the append into the batch, taken or refused; false if the batch has to go out first. */
  boolean admit(Pending pending) throws IOException {
    pending.refusal = admission.refusal(pending);
    while (pending.refusal == null && writer.room() < pending.bytes) {
      if (!writer.isEmpty()) {
        return false;
      }
      pending.refusal = moveOn();
    }
    if (pending.refusal == null && !writer.takes(pending.bytes)) {
      return false;
    }
    if (pending.refusal == null) {
      pending.position = writer.add(pending.entry, pending.bytes);
    }
    taken.add(pending);
    return true;
  }

  /** Makes what was taken durable. */
  void commit() throws IOException {
    if (!writer.isEmpty()) {
      writer.commit(BatchMark.Why.ENTRIES);
    }
  }

  /** Writes a batch without entries, if there is room for it. */
  boolean mark(BatchMark.Why why) throws IOException {
    if (!writer.hasRoomForMark()) {
      return false;
    }
    writer.commit(why);
    return true;
  }

  /** Makes a new epoch durable, before anybody can see it. */
  void open() throws IOException {
    requestSpare();
    if (!mark(BatchMark.Why.OPENING)) {
      if (moveOn() != null) {
        throw new IOException("no space left for another segment");
      }
      mark(BatchMark.Why.OPENING);
    }
  }

  /** Goes on in the next segment, unless the disk is full. */
  private Journal.@Nullable Refusal moveOn() throws IOException {
    var spare = spares.take();
    if (spare.isEmpty()) {
      return new Journal.Refusal.Full(spares.outOfRoom());
    }
    if (writer.isUntouched()) {
      // A first segment too small for a large entry: each has a batch, that none seems to be lost.
      writer.commit(BatchMark.Why.ENTRIES);
    }
    writer.moveTo(spare.get());
    segments.add(spare.get().header());
    requestSpare();
    return null;
  }

  private void requestSpare() {
    // Doubling at first: a new journal stays small, and is ready before the one before is full.
    spares.request(writer.segment() + 1, Math.min(segmentBytes, 2 * writer.capacity()));
  }
}
