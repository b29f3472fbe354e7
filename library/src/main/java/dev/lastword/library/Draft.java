package dev.lastword.library;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.Sign;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Composition;
import dev.lastword.stream.Home;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What of an answer is on its way from the application's threads to the stream's home. Thread-safe:
 * the lock guards everything here; the composition is touched on the home only.
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
  private final EndingDetector detector;
  private final int eventBytesMax;
  private final Home home;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<EncodedEvents> unsent = new ArrayList<>();

  /** From an ending event on, as long as no content follows. */
  private final List<EncodedEvents> ending = new ArrayList<>();

  private final Composition composition;
  private State state = new State.Open();
  private long unsentBytes;
  private long endingBytes;
  private boolean terminalSaid;

  /** What the source has said of its own failure; nothing that follows it belongs to the answer. */
  private @Nullable SseEvent failure;

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

  Draft(Composition composition, Dialect dialect, int eventBytesMax, Home home) {
    this.composition = composition;
    this.id = composition.stream().id();
    this.dialect = dialect;
    this.detector = dialect.detector(RequestFacts.NONE);
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
      take(event, encoded);
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
      if (failure != null) {
        return;
      }
      if (terminalSaid) {
        withhold(encoded);
        return;
      }
      var sign = detector.observe(event);
      if (sign == Sign.ERROR) {
        failure = event;
      } else {
        take(sign, encoded);
      }
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

  private void take(SseEvent event, EncodedEvents encoded) {
    if (terminalSaid) {
      throw new IllegalStateException("the answer's terminal event was sent: seal it");
    }
    take(detector.observe(event), encoded);
  }

  private void take(Sign sign, EncodedEvents encoded) {
    switch (sign) {
      case CONTENT -> {
        withdraw();
        content(encoded);
      }
      case ENDING -> {
        withdraw();
        withhold(encoded);
      }
      case TAIL -> {
        if (ending.isEmpty()) {
          content(encoded);
        } else {
          withhold(encoded);
        }
      }
      case TERMINAL -> {
        withhold(encoded);
        terminalSaid = true;
      }
      case ERROR ->
          throw new IllegalArgumentException(
              "event: says a failure in %s; fail the answer instead".formatted(dialect.name()));
    }
  }

  /** The answer goes on: what was kept back is no ending. */
  private void withdraw() {
    ending.forEach(this::content);
    ending.clear();
    endingBytes = 0;
  }

  private void withhold(EncodedEvents encoded) {
    if (endingBytes + encoded.length() > eventBytesMax) {
      throw new IllegalArgumentException(
          "event: what belongs to the ending takes more than %d bytes".formatted(eventBytesMax));
    }
    endingBytes += encoded.length();
    ending.add(encoded);
  }

  private void content(EncodedEvents encoded) {
    unsent.add(encoded);
    unsentBytes += encoded.length();
    schedule();
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
        composition.append(EncodedEvents.concat(all.subList(from, i + 1)));
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
          if (said != null) {
            composition.fail(FAILURE_SAID, said);
          } else {
            composition.complete(EncodedEvents.concat(ending()), terminalSaid(), kept);
          }
        });
  }

  private @Nullable SseEvent failure() {
    lock.lock();
    try {
      return failure;
    } finally {
      lock.unlock();
    }
  }

  private List<EncodedEvents> ending() {
    lock.lock();
    try {
      return List.copyOf(ending);
    } finally {
      lock.unlock();
    }
  }

  private boolean terminalSaid() {
    lock.lock();
    try {
      return terminalSaid;
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
          if (said != null) {
            composition.fail(FAILURE_SAID, said);
          } else {
            composition.fail(code, message);
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
