package dev.lastword.library;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Holdback;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What of an answer is on its way from the application's threads to the stream's home. Thread-safe:
 * the lock guards everything here; the outlet is touched on the home only.
 */
final class Draft {
  /** Bytes on the wire that may wait here for the home. */
  static final int UNSENT_BYTES_MAX = 256 << 10;

  /** Where what is appended begins another entry of the journal. */
  private static final int ENTRY_BYTES = 256 << 10;

  /** Why an answer has failed whose source has said so. */
  private static final String FAILURE_SAID = "failure_said";

  private final StreamId id;
  private final Dialect dialect;
  private final Holdback holdback;
  private final int eventBytesMax;
  private final Executor home;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<EncodedEvents> unsent = new ArrayList<>();

  private final Outlet outlet;
  private State state = new State.Open();
  private long unsentBytes;
  private boolean paused;
  private boolean scheduled;

  /** What may still be done with it. */
  private sealed interface State {
    /** Anything. */
    record Open() implements State {}

    /** Nothing: its writer has sealed it, or left it. */
    record Left(String how) implements State {}

    /** Nothing: it was ended by somebody else. */
    record Ended(Outcome outcome, String reason) implements State {}

    /** Nothing: this process does not learn how it ends. */
    record Undecided(String why) implements State {}
  }

  /**
   * @param home runs one task at a time, in the order of the calls
   */
  Draft(StreamId id, Outlet outlet, Dialect dialect, int eventBytesMax, Executor home) {
    this.outlet = outlet;
    this.id = id;
    this.dialect = dialect;
    this.holdback = new Holdback(dialect, eventBytesMax);
    this.eventBytesMax = eventBytesMax;
    this.home = home;
  }

  StreamId id() {
    return id;
  }

  Dialect dialect() {
    return dialect;
  }

  boolean speaks(Dialect other) {
    return dialect.equals(other);
  }

  void send(SseEvent event) {
    var encoded = encoded(event);
    lock.lock();
    try {
      refuseIfNotOpen();
      awaitRoom();
      show(holdback.take(event, encoded));
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #send}, of a source whose mistakes are not the caller's. */
  void pass(SseEvent event) {
    var encoded = encoded(event);
    lock.lock();
    try {
      refuseIfNotOpen();
      awaitRoom();
      show(holdback.pass(event, encoded));
    } finally {
      lock.unlock();
    }
  }

  private EncodedEvents encoded(SseEvent event) {
    var encoded = EncodedEvents.of(List.of(event));
    if (encoded.length() > eventBytesMax) {
      throw new IllegalArgumentException(
          "event: %d bytes on the wire, at most %d".formatted(encoded.length(), eventBytesMax));
    }
    return encoded;
  }

  private void refuseIfNotOpen() {
    switch (state) {
      case State.Open open -> {}
      case State.Left left -> throw new IllegalStateException("answer " + id + " is " + left.how());
      case State.Ended by -> throw new AnswerEndedException(id, by.outcome(), by.reason());
      case State.Undecided undecided -> throw new UndecidedException(undecided.why());
    }
  }

  private void awaitRoom() {
    while (unsentBytes > UNSENT_BYTES_MAX) {
      try {
        changed.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new WaitInterruptedException("interrupted while the disk is behind");
      }
      refuseIfNotOpen();
    }
  }

  private void show(List<EncodedEvents> events) {
    for (var each : events) {
      unsent.add(each);
      unsentBytes += each.length();
    }
    if (!events.isEmpty()) {
      schedule();
    }
  }

  private void schedule() {
    if (!scheduled && !paused) {
      scheduled = true;
      home.execute(this::append);
    }
  }

  /** On the home. */
  private void append() {
    List<EncodedEvents> all;
    lock.lock();
    try {
      scheduled = false;
      all = List.copyOf(unsent);
      unsent.clear();
      unsentBytes = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    int from = 0;
    long bytes = 0;
    for (int i = 0; i < all.size(); i++) {
      bytes += all.get(i).length();
      if (bytes >= ENTRY_BYTES || i == all.size() - 1) {
        outlet.append(EncodedEvents.concat(all.subList(from, i + 1)));
        from = i + 1;
        bytes = 0;
      }
    }
  }

  /**
   * The answer is whole.
   *
   * @param kept the journal is the save
   * @param first done before anything else, if it may be sealed
   */
  void seal(boolean kept, Runnable first) {
    lock.lock();
    try {
      refuseIfNotOpen();
      state = new State.Left("sealed");
      first.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    home.execute(
        () -> {
          append();
          var said = failure();
          if (said.isPresent()) {
            outlet.fail(FAILURE_SAID, said.get());
          } else {
            outlet.complete(ending(), isTerminalSaid(), kept);
          }
        });
  }

  private Optional<SseEvent> failure() {
    lock.lock();
    try {
      return holdback.failure();
    } finally {
      lock.unlock();
    }
  }

  private EncodedEvents ending() {
    lock.lock();
    try {
      return holdback.ending();
    } finally {
      lock.unlock();
    }
  }

  private boolean isTerminalSaid() {
    lock.lock();
    try {
      return holdback.isTerminalSaid();
    } finally {
      lock.unlock();
    }
  }

  /** The answer cannot go on; nothing happens if its end is decided. */
  void fail(String code, String message) {
    lock.lock();
    try {
      if (!(state instanceof State.Open)) {
        return;
      }
      state = new State.Left("failed");
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    home.execute(
        () -> {
          append();
          var said = failure();
          if (said.isPresent()) {
            outlet.fail(FAILURE_SAID, said.get());
          } else {
            outlet.fail(code, message);
          }
        });
  }

  boolean isOver() {
    lock.lock();
    try {
      return !(state instanceof State.Open);
    } finally {
      lock.unlock();
    }
  }

  /** Somebody has decided its end. On the home. */
  void over(Outcome outcome, String reason) {
    endBy(new State.Ended(outcome, reason));
  }

  /** Also where its end was decided: nobody has written that down. */
  void undecided(String why) {
    lock.lock();
    try {
      if (state instanceof State.Ended) {
        state = new State.Undecided(why);
      }
    } finally {
      lock.unlock();
    }
    endBy(new State.Undecided(why));
  }

  private void endBy(State end) {
    lock.lock();
    try {
      if (state instanceof State.Open) {
        state = end;
      }
      unsent.clear();
      unsentBytes = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void paused(boolean now) {
    lock.lock();
    try {
      paused = now;
      if (!unsent.isEmpty()) {
        schedule();
      }
    } finally {
      lock.unlock();
    }
  }
}
