package dev.lastword.stream;

/**
 * The clocks. Decisions are made by {@link #nanoTime}; the wall clock is only written down for
 * people.
 */
public interface TimeSource {
  /** The machine's own. */
  TimeSource SYSTEM =
      new TimeSource() {
        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public long wallClockMs() {
          return System.currentTimeMillis();
        }
      };

  /** Nanoseconds since some fixed moment; never goes back. */
  long nanoTime();

  /** Milliseconds since 1970; may jump. */
  long wallClockMs();
}
