package dev.lastword.checker.scenario;

import dev.lastword.checker.form.Answers;
import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Conduct.Move;
import java.util.function.Predicate;

/** The moment at which readers leave. */
@FunctionalInterface
interface Moment {
  /**
   * How one reader behaves.
   *
   * @param how the way in which it leaves
   */
  Conduct conduct(Move how);

  /** Whether the response is over by then. */
  default boolean isTheEnd() {
    return false;
  }

  /** At the first event that is so. */
  static Moment at(Predicate<Arrival> event) {
    return how -> arrival -> event.test(arrival) ? how : Move.READ_ON;
  }

  /**
   * At an event that brings text.
   *
   * @param nth which one of those, counted from 1
   */
  static Moment atText(Answers answers, int nth) {
    return how -> {
      var meter = answers.textMeter();
      return new Conduct() {
        private int count;

        @Override
        public Move after(Arrival arrival) {
          count += meter.feeds(arrival) ? 1 : 0;
          return count == nth ? how : Move.READ_ON;
        }
      };
    };
  }

  /** When the body has ended, which is the end of streams without a terminal event. */
  static Moment atTheEnd() {
    return new Moment() {
      @Override
      public Conduct conduct(Move how) {
        return new Conduct() {
          @Override
          public Move after(Arrival arrival) {
            return Move.READ_ON;
          }

          @Override
          public Move atTheEnd() {
            return how;
          }
        };
      }

      @Override
      public boolean isTheEnd() {
        return true;
      }
    };
  }
}
