package dev.lastword.checker.probe;

/** What a reader does when an event has arrived. Called on the thread that reads. */
@FunctionalInterface
public interface Conduct {
  /** What comes next. */
  enum Move {
    /** Goes on reading. */
    READ_ON,
    /** Closes the connection at once. */
    CLOSE,
    /** Resets the connection at once. */
    RESET
  }

  /** Reads to the very end. */
  Conduct CALM = arrival -> Move.READ_ON;

  /** Is told the head of the response, before its first event. */
  default void begins(Head head) {}

  /** Decides after an event. */
  Move after(Arrival arrival);

  /** Decides when the body has ended: whoever reads on is gone a moment later all the same. */
  default Move atTheEnd() {
    return Move.READ_ON;
  }
}
