package dev.lastword.rest;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lastword.journal.StreamId;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Event IDs that name their stream: {@code STREAM/EPOCH-SEQ}. A browser's {@code EventSource} that
 * lost its connection asks the path that it has asked before and brings nothing else, and must be
 * given the rest of its answer, not another one.
 */
final class EventIds {
  private static final byte[] ID = "id: ".getBytes(US_ASCII);
  private static final Pattern NAMED =
      Pattern.compile("([A-Za-z0-9_-]{16,64})/(\\d{1,18}-\\d{1,18})");

  private final byte[] named;

  EventIds(StreamId id) {
    this.named = ("id: " + id.value() + "/").getBytes(US_ASCII);
  }

  /** A place in a stream. */
  record At(StreamId stream, String lastEventId) {}

  /** The place that a {@code Last-Event-ID} names; empty if it is none of these. */
  static Optional<At> at(@Nullable String lastEventId) {
    if (lastEventId == null) {
      return Optional.empty();
    }
    var parts = NAMED.matcher(lastEventId);
    return parts.matches()
        ? Optional.of(new At(new StreamId(parts.group(1)), parts.group(2)))
        : Optional.empty();
  }

  /**
   * The event ID as the engine knows it, for a stream whose id is known.
   *
   * @return {@code ""} for none
   */
  static String bare(StreamId stream, @Nullable String lastEventId) {
    if (lastEventId == null) {
      return "";
    }
    return at(lastEventId)
        .filter(at -> at.stream().equals(stream))
        .map(At::lastEventId)
        .orElse(lastEventId);
  }

  /** Whole events, with the stream's id in their IDs. A line of data never begins as an id does. */
  byte[] in(byte[] events) {
    var out = new ByteArrayOutputStream(events.length + 4 * named.length);
    int from = 0;
    for (int at = 0; at + ID.length <= events.length; at++) {
      if ((at == 0 || events[at - 1] == '\n')
          && Arrays.equals(events, at, at + ID.length, ID, 0, ID.length)) {
        out.write(events, from, at - from);
        out.writeBytes(named);
        from = at + ID.length;
      }
    }
    out.write(events, from, events.length - from);
    return out.toByteArray();
  }
}
