package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.verify.Look;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The statuses by which a verification says that nothing is there, beside 404, 410 and 204: many an
 * application fails with 500, or answers 403 or a redirect, where it has no row. What one of them
 * means is tried once it was met: one more response is read, and while its answer cannot be there
 * yet, it is looked for in turn with the calm run's, which is there. Thread-safe.
 */
final class SignsOfAbsence {
  /** What these say is said of who asks, or of how much is asked, and not of a message. */
  private static final Set<Integer> OF_SOMETHING_ELSE =
      Set.of(401, 407, 408, 425, 429, 502, 503, 504);

  /** What comes so often in turn is no hiccup. */
  private static final int TURNS = 3;

  private final Bench bench;
  private final ReentrantLock trying = new ReentrantLock();
  private final Map<Integer, Boolean> known = new HashMap<>();

  SignsOfAbsence(Bench bench) {
    this.bench = bench;
  }

  /** A look as it is to be understood. Reads a response where its status was not met before. */
  Look understood(Look look) throws InterruptedException {
    return look.outcome() == Look.Outcome.BLIND && look.status() != 0 && say(look.status())
        ? look.absent()
        : look;
  }

  private boolean say(int status) throws InterruptedException {
    if (OF_SOMETHING_ELSE.contains(status)) {
      return false;
    }
    trying.lock();
    try {
      var before = known.get(status);
      if (before != null) {
        return before;
      }
      boolean says = tried(status);
      known.put(status, says);
      return says;
    } finally {
      trying.unlock();
    }
  }

  private boolean tried(int status) throws InterruptedException {
    var events = bench.baseline().textEvents();
    if (events.size() < 2) {
      return false; // with the first text all of it may be there
    }
    bench.progress("what HTTP " + status + " of the verification means");
    try {
      var trial = bench.trial();
      var looking = new Looking(trial, status, bench.baseline().textEvent(0.5));
      trial.read(looking);
      bench.remember(trial.values(), trial.answer());
      return looking.says;
    } catch (IOException | MissingValueException e) {
      bench.progress("no answer to a request in between: " + e.getMessage());
      return false;
    }
  }

  /** Looks in turn when the first text is there, or at the next event that fills all places. */
  private final class Looking implements Conduct {
    private final Trial trial;
    private final int status;
    private final int last;
    private boolean tried;
    private boolean says;

    Looking(Trial trial, int status, int last) {
      this.trial = trial;
      this.status = status;
      this.last = last;
    }

    @Override
    public Move after(Arrival arrival) {
      if (!tried && arrival.index() <= last) {
        var first = own();
        tried = first.outcome() != Look.Outcome.BLIND || first.status() != 0;
        says = first.status() == status && inTurn();
      }
      return Move.READ_ON;
    }

    private boolean inTurn() {
      for (int i = 0; i < TURNS; i++) {
        if (!calmIsThere() || own().status() != status) {
          return false;
        }
      }
      return true;
    }

    private Look own() {
      return bench.verifier().orElseThrow().look(trial.values(), trial.answer());
    }

    private boolean calmIsThere() {
      var calm = bench.baseline();
      return bench
          .verifier()
          .orElseThrow()
          .look(calm.values(), calm.expected(calm.answer()))
          .saved();
    }
  }
}
