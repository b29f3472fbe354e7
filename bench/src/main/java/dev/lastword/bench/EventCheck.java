package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads one response's event stream, whose bytes may be cut anywhere, and checks that nothing is
/// lost, repeated, out of order, altered or another stream's. Fields other than `data` and comments
/// are passed over: relays may add them.
final class EventCheck {
  private static final byte[] DATA = "data:".getBytes(UTF_8);

  private final EventTemplate template;
  private final int key;
  private final boolean timed;
  private byte @Nullable [] partial;
  private int partialLength;
  private boolean inEvent;
  private int expected;
  private long finishStamp;
  private boolean finished;
  private boolean done;

  /// @param timed whether the moment when a piece arrives is the moment when it could be read
  EventCheck(EventTemplate template, int key, boolean timed) {
    this.template = template;
    this.key = key;
    this.timed = timed;
  }

  /// Whether ending and terminal event have come.
  boolean isDone() {
    return done;
  }

  /// Reads a piece of the body.
  ///
  /// @param now when the piece arrived
  void accept(byte[] bytes, int from, int to, long now, ReaderTally tally) {
    int at = from;
    if (partialLength > 0) {
      at = completePartial(bytes, from, to, now, tally);
    }
    while (at < to) {
      int end = isWholeEvent(bytes, at, to) ? at + template.eventBytes() : lineEnd(bytes, at, to);
      if (end == to) {
        keep(bytes, at, to);
        return;
      }
      line(bytes, at, end - at, now, tally);
      at = end + 1;
    }
  }

  // Spares the search for the line's end.
  private boolean isWholeEvent(byte[] bytes, int at, int to) {
    int end = at + template.eventBytes();
    return end < to && bytes[end] == '\n' && template.isEvent(bytes, at);
  }

  private int completePartial(byte[] bytes, int from, int to, long now, ReaderTally tally) {
    int end = lineEnd(bytes, from, to);
    keep(bytes, from, end);
    if (end == to || partial == null) {
      return to;
    }
    int length = partialLength;
    partialLength = 0;
    line(partial, 0, length, now, tally);
    return end + 1;
  }

  private void line(byte[] bytes, int at, int length, long now, ReaderTally tally) {
    if (length == 0) {
      inEvent = false;
    } else if (startsWith(bytes, at, length, DATA)) {
      data(bytes, at, length, now, tally);
    }
  }

  private void data(byte[] bytes, int at, int length, long now, ReaderTally tally) {
    if (inEvent || done) {
      malformed(bytes, at, length, tally);
    } else if (length == template.eventBytes() && template.isEvent(bytes, at)) {
      sequence(bytes, at, now, tally);
    } else if (length == template.finishBytes() && template.isFinish(bytes, at)) {
      sequence(bytes, at, now, tally);
      finished = true;
      finishStamp = EventTemplate.stamp(bytes, at);
    } else if (finished
        && length == EventTemplate.DONE.length
        && startsWith(bytes, at, length, EventTemplate.DONE)) {
      done = true;
      if (timed) {
        tally.ending.recordValue(Math.max(0, now - finishStamp));
      }
    } else {
      malformed(bytes, at, length, tally);
    }
    inEvent = true;
  }

  private void sequence(byte[] bytes, int at, long now, ReaderTally tally) {
    int sequence = EventTemplate.sequence(bytes, at);
    if (EventTemplate.key(bytes, at) != key) {
      tally.crossed++;
      tally.complain("stream " + key + " got an event of " + EventTemplate.key(bytes, at));
    } else if (sequence < expected || finished) {
      tally.backward++;
      tally.complain("stream " + key + " got event " + sequence + " after " + (expected - 1));
    } else {
      if (sequence > expected) {
        tally.lost += sequence - expected;
        tally.complain("stream " + key + " got event " + sequence + " instead of " + expected);
      }
      expected = sequence + 1;
      tally.events++;
      if (timed) {
        tally.latency.recordValue(Math.max(0, now - EventTemplate.stamp(bytes, at)));
      }
    }
  }

  private static void malformed(byte[] bytes, int at, int length, ReaderTally tally) {
    tally.malformed++;
    tally.complain("unexpected line: " + new String(bytes, at, Math.min(length, 200), UTF_8));
  }

  private void keep(byte[] bytes, int from, int to) {
    int length = to - from;
    var kept = partial == null ? new byte[template.eventBytes() + 64] : partial;
    if (kept.length < partialLength + length) {
      kept = Arrays.copyOf(kept, 2 * (partialLength + length));
    }
    System.arraycopy(bytes, from, kept, partialLength, length);
    partialLength += length;
    partial = kept;
  }

  private static int lineEnd(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && bytes[at] != '\n') {
      at++;
    }
    return at;
  }

  private static boolean startsWith(byte[] bytes, int at, int length, byte[] prefix) {
    return length >= prefix.length
        && Arrays.equals(bytes, at, at + prefix.length, prefix, 0, prefix.length);
  }
}
