package dev.lastword.checker.probe;

import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.Sign;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Everything that one reader saw of one response.
 *
 * @param head status and fields
 * @param framing how the body's end is told
 * @param arrivals the events, in order
 * @param pieces when bytes arrived, and how many
 * @param bytes the body's first bytes, as many as are kept
 * @param end how it ended
 * @param endNanos when, since the request was sent
 * @param startedNanos when the request was sent, by {@link System#nanoTime}
 * @param lastEventId the last event ID at the end
 * @param lines whether its events are lines of JSON, not those of an event stream
 */
@SuppressWarnings("ArrayRecordComponent") // handed on as it is, never compared
public record Reading(
    Head head,
    Body.Framing framing,
    List<Arrival> arrivals,
    List<Piece> pieces,
    byte[] bytes,
    End end,
    long endNanos,
    long startedNanos,
    String lastEventId,
    boolean lines) {

  /** How a reading ended. */
  public enum End {
    /** The body ended as its framing says. */
    CLEAN,
    /** The connection ended before the body. */
    CUT,
    /** The reader left. */
    LEFT,
    /** No byte for longer than the reader waits. */
    SILENT,
    /** More time or bytes than a reader gives one response. */
    TOO_MUCH
  }

  /**
   * Bytes that one read returned.
   *
   * @param atNanos since the request was sent
   */
  public record Piece(long atNanos, int bytes) {}

  /** The same response, its signs told by another detector. */
  public Reading readBy(EndingDetector detector) {
    return new Reading(
        head,
        framing,
        arrivals.stream().map(each -> each.readBy(detector)).toList(),
        pieces,
        bytes,
        end,
        endNanos,
        startedNanos,
        lastEventId,
        lines);
  }

  /** The ending event: the first that sounds final. */
  public Optional<Arrival> ending() {
    return arrivals.stream()
        .filter(each -> each.sign() == Sign.ENDING || each.sign() == Sign.TERMINAL)
        .findFirst();
  }

  /** The terminal event: the dialect's last, or the ending event where it has no other. */
  public Optional<Arrival> terminal() {
    return arrivals.stream()
        .filter(each -> each.sign() == Sign.TERMINAL)
        .findFirst()
        .or(this::ending);
  }

  /** The first event that tells of a failure. */
  public Optional<Arrival> error() {
    return arrivals.stream().filter(each -> each.sign() == Sign.ERROR).findFirst();
  }

  /** Whether all bytes of the body are kept. */
  public boolean isWhole() {
    return pieces.stream().mapToLong(Piece::bytes).sum() == bytes.length;
  }

  /**
   * The bytes that are kept, without what was cut off: all of them, or those up to the last line
   * that ends an event.
   */
  public byte[] eventBytes() {
    if (isWhole()) {
      return bytes;
    }
    int end = bytes.length;
    while (end > 0 && !endsEvent(end)) {
      end--;
    }
    return Arrays.copyOf(bytes, end);
  }

  /** Whether an event ends ahead of this byte: with its line, or with the blank line behind it. */
  private boolean endsEvent(int end) {
    if (lines) {
      return bytes[end - 1] == '\n';
    }
    return end > 1
        && isLineEnd(bytes[end - 1])
        && isLineEnd(bytes[end - 2])
        && (bytes[end - 1] != '\n'
            || bytes[end - 2] != '\r'
            || (end > 2 && isLineEnd(bytes[end - 3])));
  }

  private static boolean isLineEnd(byte each) {
    return each == '\n' || each == '\r';
  }

  /** Number of events ahead of the ending event. */
  public int contentEvents() {
    return ending().map(Arrival::index).orElse(arrivals.size());
  }

  /** When the last event arrived. */
  public OptionalLong lastArrivalNanos() {
    return arrivals.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(arrivals.getLast().atNanos());
  }
}
