package dev.lastword.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// Sends the events of one event loop's streams when they are due: a wheel of slots, one tick each.
///
/// An event's due time follows from its stream's start alone, so a late tick delays events and
/// never shifts the ones after. Confined to the loop that runs it.
final class Pacer implements Runnable {
  private static final int SLOTS = 4096;

  private final LongSupplier nanoTime;
  private final long tickNanos;
  private final @Nullable PacedStream[] slots = new @Nullable PacedStream[SLOTS];
  private final Map<Integer, EventTemplate> templates = new HashMap<>();
  private final Set<PacedStream> streams = new LinkedHashSet<>();
  private final List<PacedStream> held = new ArrayList<>();
  private Tally tally = new Tally();
  private long tick;

  /// What was sent since the last [#takeTally].
  static final class Tally {
    /// Nanoseconds between the time when an event was due and the time when it was sent.
    final Histogram lag = new Histogram(60_000_000_000L, 3);

    long sent;
    long started;
    long ended;
    long aborted;

    void add(Tally other) {
      lag.add(other.lag);
      sent += other.sent;
      started += other.started;
      ended += other.ended;
      aborted += other.aborted;
    }
  }

  Pacer(LongSupplier nanoTime, long tickNanos) {
    this.nanoTime = nanoTime;
    this.tickNanos = tickNanos;
    this.tick = nanoTime.getAsLong() / tickNanos;
  }

  /// The shape of events of that many bytes.
  EventTemplate template(int bytes) {
    return templates.computeIfAbsent(bytes, EventTemplate::new);
  }

  void add(PacedStream stream) {
    tally.started++;
    streams.add(stream);
    if (stream.shape().held()) {
      stream.sendNow(nanoTime.getAsLong());
      tally.sent++;
      held.add(stream);
    } else {
      start(stream);
    }
  }

  /// Starts the streams that were asked to wait.
  void release() {
    held.forEach(this::start);
    held.clear();
  }

  /// Ends every stream now.
  void finish() {
    long now = nanoTime.getAsLong();
    for (var stream : List.copyOf(streams)) {
      if (!stream.isOver()) {
        stream.end(now);
        tally.sent++;
        ended(stream);
      }
    }
    held.clear();
  }

  /// Forgets a stream whose connection has closed.
  void abort(PacedStream stream) {
    if (streams.remove(stream)) {
      tally.aborted++;
      held.remove(stream);
    }
  }

  Tally takeTally() {
    var taken = tally;
    tally = new Tally();
    return taken;
  }

  /// Serves every tick that has passed.
  @Override
  public void run() {
    long now = nanoTime.getAsLong();
    while ((tick + 1) * tickNanos <= now) {
      serve(tick++, now);
    }
  }

  private void serve(long served, long now) {
    int slot = (int) (served % SLOTS);
    var stream = slots[slot];
    slots[slot] = null;
    long until = (served + 1) * tickNanos;
    while (stream != null) {
      var next = stream.next;
      tally.sent += stream.sendDue(until, now, tally.lag);
      if (stream.isOver()) {
        ended(stream);
      } else {
        put(stream, Math.max(stream.due() / tickNanos, served + 1));
      }
      stream = next;
    }
  }

  private void start(PacedStream stream) {
    stream.startAt(nanoTime.getAsLong());
    put(stream, Math.max(stream.due() / tickNanos, tick));
  }

  // A stream that is due after more than a turn of the wheel is met earlier, sends nothing and is
  // put back.
  private void put(PacedStream stream, long dueTick) {
    int slot = (int) (Math.min(dueTick, tick + SLOTS - 1) % SLOTS);
    stream.next = slots[slot];
    slots[slot] = stream;
  }

  private void ended(PacedStream stream) {
    if (streams.remove(stream)) {
      tally.ended++;
    }
  }
}
