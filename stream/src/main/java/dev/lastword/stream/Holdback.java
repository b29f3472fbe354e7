package dev.lastword.stream;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.Sign;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells what of an answer its readers may see as it comes from what sounds like its ending, which
 * is kept back in memory until the answer is sealed; content behind it shows that it was none. Not
 * thread-safe.
 */
public final class Holdback {
  private final Dialect dialect;
  private final EndingDetector detector;
  private final int endingBytesMax;

  /** From an ending event on, as long as no content follows. */
  private final List<EncodedEvents> ending = new ArrayList<>();

  private long endingBytes;
  private boolean terminalSaid;

  /** What the source has said of its own failure; nothing that follows it belongs to the answer. */
  private @Nullable SseEvent failure;

  /**
   * @param dialect that the events speak
   * @param endingBytesMax most bytes that are kept back; no event may be larger
   */
  public Holdback(Dialect dialect, int endingBytesMax) {
    this.dialect = dialect;
    this.detector = dialect.detector(RequestFacts.NONE);
    this.endingBytesMax = endingBytesMax;
  }

  /**
   * Takes an event of a writer who is told of his mistakes.
   *
   * @param encoded the same event
   * @return what readers may see now, in its order
   * @throws IllegalStateException if the terminal event was said
   * @throws IllegalArgumentException if the event says a failure, or belongs to an ending that is
   *     too large
   */
  public List<EncodedEvents> take(SseEvent event, EncodedEvents encoded) {
    if (terminalSaid) {
      throw new IllegalStateException("the answer's terminal event was sent: seal it");
    }
    var sign = detector.observe(event);
    if (sign == Sign.ERROR) {
      throw new IllegalArgumentException(
          "event: says a failure in %s; fail the answer instead".formatted(dialect.name()));
    }
    return take(sign, encoded);
  }

  /**
   * The same of a source whose mistakes are not the caller's: what follows a terminal event is kept
   * back with it, an event that says a failure is {@link #failure}, and nothing counts that comes
   * after it.
   *
   * @throws IllegalArgumentException if the event belongs to an ending that is too large
   */
  public List<EncodedEvents> pass(SseEvent event, EncodedEvents encoded) {
    if (failure != null) {
      return List.of();
    }
    if (terminalSaid) {
      withhold(encoded);
      return List.of();
    }
    var sign = detector.observe(event);
    if (sign == Sign.ERROR) {
      failure = event;
      return List.of();
    }
    return take(sign, encoded);
  }

  private List<EncodedEvents> take(Sign sign, EncodedEvents encoded) {
    return switch (sign) {
      case CONTENT -> {
        var shown = withdrawn();
        shown.add(encoded);
        yield shown;
      }
      case ENDING -> {
        var shown = withdrawn();
        withhold(encoded);
        yield shown;
      }
      case TAIL -> {
        if (ending.isEmpty()) {
          yield List.of(encoded);
        }
        withhold(encoded);
        yield List.of();
      }
      case TERMINAL -> {
        withhold(encoded);
        terminalSaid = true;
        yield List.of();
      }
      case ERROR -> throw new IllegalStateException("a failure is no part of an answer");
    };
  }

  /** The answer goes on: what was kept back is no ending. */
  private List<EncodedEvents> withdrawn() {
    var shown = new ArrayList<>(ending);
    ending.clear();
    endingBytes = 0;
    return shown;
  }

  private void withhold(EncodedEvents encoded) {
    int length = encoded.lengthWithUpstreamIds();
    if (endingBytes + length > endingBytesMax) {
      throw new IllegalArgumentException(
          "event: what belongs to the ending takes more than %d bytes".formatted(endingBytesMax));
    }
    endingBytes += length;
    ending.add(encoded);
  }

  /** What is kept back: the answer's last events, if it is sealed now. */
  public EncodedEvents ending() {
    return EncodedEvents.concat(ending);
  }

  /** Bytes that are kept back. */
  public long bytes() {
    return endingBytes;
  }

  /** Whether the dialect's terminal event is among them. */
  public boolean isTerminalSaid() {
    return terminalSaid;
  }

  /** What the source has said of its own failure. */
  public Optional<SseEvent> failure() {
    return Optional.ofNullable(failure);
  }
}
