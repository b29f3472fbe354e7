package dev.lastword.reader;

import dev.lastword.sse.SseEvent;
import java.util.regex.Pattern;

/**
 * How far a stream was read, and so what is new of a connection that was to bring the rest: some
 * endpoints begin again, or with the event that they were told of. Of a gateway's stream the ids
 * say besides whether one is missing.
 */
final class Position {
  private static final Pattern NUMBERED = Pattern.compile("[0-9]{1,18}-([0-9]{1,18})");

  private String first = "";
  private String last;

  /** A connection was asked for what follows, of which no event was new yet. */
  private boolean resumed;

  /** Events come that were handed out before. */
  private boolean repeating;

  Position(String last) {
    this.last = last;
  }

  /** The id of the last event that had one, {@code ""} if none had. */
  String last() {
    return last;
  }

  /**
   * A connection begins: one that was asked for what follows the last event, if there was one. Only
   * on such a one can an event be repeated; ids that come twice on one connection are two events.
   */
  void resume() {
    resumed = !last.isEmpty();
    repeating = false;
  }

  /** What an event is. */
  enum Step {
    NEXT,
    REPEATED,
    MISSING
  }

  /**
   * Takes an event into account.
   *
   * @param gateway whether it comes from a gateway, whose events are numbered
   */
  Step take(SseEvent event, boolean gateway) {
    if (!event.hasId() || event.id().isEmpty()) {
      return repeating ? Step.REPEATED : Step.NEXT;
    }
    var id = event.id();
    if (gateway) {
      long number = number(id);
      if (number >= 0 && number <= number(last)) {
        return Step.REPEATED;
      }
      if (number > 0 && number > Math.max(0, number(last)) + 1) {
        return Step.MISSING;
      }
    } else if (resumed && id.equals(last)) {
      resumed = false;
      repeating = false;
      return Step.REPEATED;
    } else if (resumed && (repeating || id.equals(first))) {
      repeating = true;
      return Step.REPEATED;
    }
    resumed = false;
    if (first.isEmpty()) {
      first = id;
    }
    last = id;
    return Step.NEXT;
  }

  /**
   * Whether all that came of a connection was handed out before, and the last of it was not met.
   */
  boolean isLost() {
    return repeating;
  }

  private static long number(String id) {
    var numbered = NUMBERED.matcher(id);
    return numbered.matches() ? Long.parseLong(numbered.group(1)) : -1;
  }
}
