package dev.lastword.stream;

import dev.lastword.archive.EpochSpan;
import java.util.List;

/** Which epoch the id of an event names. */
final class Epochs {
  private Epochs() {}

  /** The epoch of event {@code seq}; of the last span for events that do not exist yet. */
  static long of(List<EpochSpan> spans, long seq) {
    long epoch = 0;
    for (var span : spans) {
      if (span.firstSeq() <= seq) {
        epoch = span.epoch();
      }
    }
    return epoch;
  }

  /** The last event written under the same epoch as {@code seq}, at most {@code last}. */
  static long lastOfSpan(List<EpochSpan> spans, long seq, long last) {
    for (var span : spans) {
      if (span.firstSeq() > seq) {
        return span.firstSeq() - 1;
      }
    }
    return last;
  }
}
