package dev.lastword.spring;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lastword.journal.StreamId;
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

  private final byte[] prefix;

  EventIds(StreamId id) {
    this.prefix = (id.value() + "/").getBytes(US_ASCII);
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
    int ids = count(events);
    if (ids == 0) {
      return events;
    }
    var out = new byte[events.length + ids * prefix.length];
    int to = 0;
    int from = 0;
    for (int at = nextId(events, 0); at >= 0; at = nextId(events, at)) {
      System.arraycopy(events, from, out, to, at - from);
      to += at - from;
      System.arraycopy(prefix, 0, out, to, prefix.length);
      to += prefix.length;
      from = at;
    }
    System.arraycopy(events, from, out, to, events.length - from);
    return out;
  }

  private static int count(byte[] events) {
    int ids = 0;
    for (int at = nextId(events, 0); at >= 0; at = nextId(events, at)) {
      ids++;
    }
    return ids;
  }

  /** Where the value of the next id begins, or -1. */
  private static int nextId(byte[] events, int from) {
    for (int at = from; at + ID.length <= events.length; at++) {
      if ((at == 0 || events[at - 1] == '\n')
          && events[at] == ID[0]
          && events[at + 1] == ID[1]
          && events[at + 2] == ID[2]
          && events[at + 3] == ID[3]) {
        return at + ID.length;
      }
    }
    return -1;
  }
}
