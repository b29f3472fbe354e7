package dev.lastword.journal;

import org.jspecify.annotations.Nullable;

/** Which appends the journal takes: the fence, the bounds, and what a full disk leaves room for. */
final class Admission {
  /** Bounds of what is kept free while the disk is full: for ends, and for what lets things go. */
  private static final int ENDS_RESERVE_BYTES_MAX = 16 << 20;

  private static final int LAST_RESERVE_BYTES_MAX = 1 << 20;

  /** An entry up to this long, such as a mark or an outcome with its error event, always fits. */
  private static final int SMALL_BYTES = 4 << 10;

  private final FencingToken fence;
  private final int entryBytesMax;
  private final Spares spares;
  private final SegmentWriter writer;

  /** The disk is full, and appends have begun to be refused: no later, smaller one slips in. */
  private boolean refusingAppends;

  Admission(FencingToken fence, int entryBytesMax, Spares spares, SegmentWriter writer) {
    this.fence = fence;
    this.entryBytesMax = entryBytesMax;
    this.spares = spares;
    this.writer = writer;
  }

  /** Why an append is not taken, or null if it is. Asked in the order of the appends. */
  Journal.@Nullable Refusal refusal(Pending pending) {
    if (pending.fence.value() != fence.value()) {
      return new Journal.Refusal.Fenced(fence);
    }
    if (pending.bytes > entryBytesMax) {
      return new Journal.Refusal.TooLarge(entryBytesMax);
    }
    if (pending.entry instanceof Entry.Opened opened
        && Entries.length(opened.attributes()) > FileJournal.ATTRIBUTES_BYTES_MAX) {
      return new Journal.Refusal.TooLarge(FileJournal.ATTRIBUTES_BYTES_MAX);
    }
    return refusedWhileFull(pending) ? new Journal.Refusal.Full(spares.outOfRoom()) : null;
  }

  /**
   * On a full disk the rest of the segment is for what runs, the last quarter of it for what ends
   * it, and the last sixteenth for what is small: outcomes, marks and deletions, without which
   * nothing could be let go of and the disk would stay full.
   */
  private boolean refusedWhileFull(Pending pending) {
    if (!spares.full()) {
      refusingAppends = false;
      return false;
    }
    return switch (pending.entry) {
      case Entry.Opened e -> true;
      case Entry.Appended e -> refusedFromNowOn(pending);
      case Entry.Withheld e -> refusedFromNowOn(pending);
      case Entry.Late e -> refusedFromNowOn(pending);
      case Entry.Ending e -> refusedInLastReserve(pending);
      case Entry.Sealed e -> refusedInLastReserve(pending);
      case Entry.Shown e -> false;
      case Entry.Saved e -> false;
      case Entry.Rejected e -> false;
      case Entry.Deleted e -> false;
    };
  }

  private boolean refusedFromNowOn(Pending pending) {
    refusingAppends |= !leaves(Math.min(ENDS_RESERVE_BYTES_MAX, writer.capacity() / 4), pending);
    return refusingAppends;
  }

  private boolean refusedInLastReserve(Pending pending) {
    return pending.bytes > SMALL_BYTES
        && !leaves(Math.min(LAST_RESERVE_BYTES_MAX, writer.capacity() / 16), pending);
  }

  private boolean leaves(long bytes, Pending pending) {
    return writer.room() - pending.bytes >= bytes;
  }
}
