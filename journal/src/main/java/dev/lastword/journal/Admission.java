package dev.lastword.journal;

import org.jspecify.annotations.Nullable;

/** Which appends the journal takes: the fence, the bounds, and what a full disk leaves room for. */
final class Admission {
  private static final int RESERVE_BYTES_MAX = 16 << 20;

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
    return refusedWhileFull(pending) ? new Journal.Refusal.Full() : null;
  }

  /** On a full disk the rest of the segment is for what runs, and the last of it for endings. */
  private boolean refusedWhileFull(Pending pending) {
    if (!spares.full()) {
      refusingAppends = false;
      return false;
    }
    return switch (pending.entry) {
      case Entry.Opened e -> true;
      case Entry.Appended e -> refusedInReserve(pending);
      case Entry.Withheld e -> refusedInReserve(pending);
      case Entry.Late e -> refusedInReserve(pending);
      case Entry.Shown e -> false;
      case Entry.Ending e -> false;
      case Entry.Saved e -> false;
      case Entry.Rejected e -> false;
      case Entry.Sealed e -> false;
      case Entry.Deleted e -> false;
    };
  }

  private boolean refusedInReserve(Pending pending) {
    long reserve = Math.min(RESERVE_BYTES_MAX, writer.capacity() / 4);
    refusingAppends |= writer.room() - pending.bytes < reserve;
    return refusingAppends;
  }
}
