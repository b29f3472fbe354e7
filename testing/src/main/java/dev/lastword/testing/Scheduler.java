package dev.lastword.testing;

import dev.lastword.stream.Home;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Runs everything in a world on the calling thread. Each {@link Lane} keeps its order; which lane
 * is next is drawn by the seed. Time stands still while tasks run.
 */
public final class Scheduler {
  private final FakeClock clock;
  private final List<Lane> lanes = new ArrayList<>();
  private final PriorityQueue<Alarm> alarms =
      new PriorityQueue<>(
          Comparator.<Alarm>comparingLong(alarm -> alarm.dueNanos)
              .thenComparingLong(alarm -> alarm.number));
  private int lanesMade;
  private long alarmsMade;

  Scheduler(FakeClock clock) {
    this.clock = clock;
  }

  /** A timer that was set. */
  private final class Alarm implements Home.Timer {
    final Lane lane;
    final long dueNanos;
    final long number = alarmsMade++;
    final Runnable task;
    boolean cancelled;

    Alarm(Lane lane, long dueNanos, Runnable task) {
      this.lane = lane;
      this.dueNanos = dueNanos;
      this.task = task;
    }

    /** Taken back also when it is due already but its lane has not come to it. */
    @Override
    public void cancel() {
      cancelled = true;
      alarms.remove(this);
    }

    void ring() {
      lane.execute(
          () -> {
            if (!cancelled) {
              task.run();
            }
          });
    }
  }

  /** A new lane. */
  Lane lane(String name, Lane.Kind kind) {
    var lane = new Lane(name, kind, lanesMade++, this);
    lanes.add(lane);
    return lane;
  }

  /** These lanes run no more, and their timers are gone. */
  void kill(List<Lane> dying) {
    dying.forEach(Lane::die);
    lanes.removeAll(dying);
    alarms.removeIf(alarm -> alarm.lane.isDead());
  }

  Home.Timer schedule(Lane lane, long delayMs, Runnable task) {
    var alarm = new Alarm(lane, clock.nanoTime() + delayMs * 1_000_000, task);
    if (!lane.isDead()) {
      alarms.add(alarm);
    }
    return alarm;
  }

  /** Runs one task of some lane of a kind; the lane, or null if there is nothing to run. */
  @Nullable Lane runOne(Lane.Kind kind, RandomGenerator random) {
    return runOneOf(lanes.stream().filter(lane -> lane.isReady(kind)).toList(), random);
  }

  /** Runs one task of some lane for which a condition holds; null if there is nothing to run. */
  @Nullable Lane runOneWhere(Predicate<Lane> which, RandomGenerator random) {
    return runOneOf(
        lanes.stream().filter(lane -> lane.isReady() && which.test(lane)).toList(), random);
  }

  /** Runs one task of one of these lanes, while another is in the middle of its own. */
  @Nullable Lane runOneBeside(List<Lane> some, RandomGenerator random) {
    return runOneOf(some.stream().filter(lane -> lane.isReady(Lane.Kind.ENGINE)).toList(), random);
  }

  private static @Nullable Lane runOneOf(List<Lane> ready, RandomGenerator random) {
    if (ready.isEmpty()) {
      return null;
    }
    var lane = ready.get(random.nextInt(ready.size()));
    lane.runNext();
    return lane;
  }

  /** Milliseconds until the next timer is due, rounded up; -1 if none is set. */
  long nextAlarmMs() {
    var next = alarms.peek();
    return next == null
        ? -1
        : Math.max(0, (next.dueNanos - clock.nanoTime() + 999_999) / 1_000_000);
  }

  /** Lets time pass: timers that are due go into their lanes, in order. */
  void pass(long ms) {
    long until = clock.nanoTime() + ms * 1_000_000;
    for (var next = alarms.peek(); next != null && next.dueNanos <= until; next = alarms.peek()) {
      alarms.remove();
      clock.moveTo(Math.max(clock.nanoTime(), next.dueNanos));
      next.ring();
    }
    clock.moveTo(until);
  }

  /** How many timers are set. */
  int alarms() {
    return alarms.size();
  }
}
