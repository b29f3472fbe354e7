package dev.lastword.journal;

import org.jspecify.annotations.Nullable;

/** One append on its way. */
final class Pending {
  final Entry entry;
  final FencingToken fence;
  final Journal.Ack ack;

  /** Length of the record, with padding. */
  final int bytes;

  long position;
  Journal.@Nullable Refusal refusal;

  Pending(Entry entry, FencingToken fence, Journal.Ack ack, int bytes) {
    this.entry = entry;
    this.fence = fence;
    this.ack = ack;
    this.bytes = bytes;
  }
}
