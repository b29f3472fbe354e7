package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Composer;
import dev.lastword.stream.Composition;
import dev.lastword.stream.Holdback;
import dev.lastword.stream.OpenListener;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Silence;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.TimeSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An application that writes a stream by requests. Each event has a number, so that one that comes
 * twice is taken once and one that is missing is noticed. Who says nothing for longer than the
 * lease has gone: the stream is interrupted. Used on the stream's home only, but for what says
 * otherwise.
 */
final class RemoteProducer implements Composer, OpenListener {
  private static final Logger log = LoggerFactory.getLogger(RemoteProducer.class);

  /** Where what is appended begins another entry of the journal. */
  private static final int ENTRY_BYTES = 256 << 10;

  /** Why an answer has failed whose source has said so. */
  private static final String FAILURE_SAID = "failure_said";

  private final StreamId id;
  private final Owner owner;
  private final String name;
  private final boolean savesAlone;
  private final Loop home;
  private final Holdback holdback;
  private final int eventBytesMax;
  private final long leaseMs;
  private final Silence lease;
  private final Told told;
  private final Set<Feeding> feeding = new HashSet<>();
  private @Nullable Composition composition;
  private long next = 1;
  private @Nullable Ended ended;
  private boolean paused;
  private boolean opened;
  private @Nullable OpenRefusal refusal;
  private final List<Runnable> onOpened = new ArrayList<>();

  /** Requests that wait for us, and not we for the application. */
  private int answering;

  /** Who is told what becomes of it. */
  interface Told {
    void opened();

    void refused(OpenRefusal why);

    /** Nothing more is taken. */
    void over();

    /** This process has nothing more to do with it, but perhaps to have it saved. */
    void settled();

    /** Nothing of it waits to be saved any more. */
    void saveIsOver();
  }

  /**
   * The end of the stream, as it was decided.
   *
   * @param lost the journal takes nothing any more: a restart decides
   */
  record Ended(Outcome outcome, String reason, boolean lost) {}

  /** What becomes of events that are handed in. */
  sealed interface Taken {
    /** They are here, now or from before. */
    record All() implements Taken {}

    /** There are others missing before them. */
    record Gap(long next) implements Taken {}

    /** One is too large, or what belongs to the ending is; what comes before it was taken. */
    record TooLarge(int bytesMax) implements Taken {}

    /** The stream's end is decided. */
    record Over(Ended by, long next) implements Taken {}
  }

  /**
   * @param name of the process that writes it
   * @param savesAlone whether nobody but the application has to save it
   */
  RemoteProducer(
      StreamId id,
      Owner owner,
      String name,
      boolean savesAlone,
      Loop home,
      Dialect dialect,
      int eventBytesMax,
      long leaseMs,
      Told told) {
    this.id = id;
    this.owner = owner;
    this.name = name;
    this.savesAlone = savesAlone;
    this.home = home;
    this.holdback = new Holdback(dialect, eventBytesMax);
    this.eventBytesMax = eventBytesMax;
    this.leaseMs = leaseMs;
    this.lease = new Silence(home, TimeSource.SYSTEM, this::gone);
    this.told = told;
  }

  /** What it fills. */
  void fills(Composition made) {
    composition = made;
  }

  /** On any thread. */
  StreamId id() {
    return id;
  }

  /** Whether the stream is theirs to see. On any thread. */
  boolean isOf(Owner asker) {
    return asker.all() || asker.value().equals(owner.value());
  }

  /** Whether it is this one. On any thread. */
  boolean isNamed(String producer) {
    return name.equals(producer);
  }

  /** On any thread. */
  Loop home() {
    return home;
  }

  /** On any thread. */
  int eventBytesMax() {
    return eventBytesMax;
  }

  /** On any thread. */
  long leaseMs() {
    return leaseMs;
  }

  // --- what it says

  /** It is there. */
  void heard() {
    lease.heard();
  }

  private void gone() {
    log.warn("producer.gone stream={} lease_ms={}", id, leaseMs);
    if (composition != null) {
      composition.interrupt("producer_gone", "The application that wrote the response has gone.");
    }
  }

  /**
   * Takes events.
   *
   * @param first the number of the first of them
   */
  Taken take(long first, List<SseEvent> events) {
    heard();
    if (first > next) {
      return new Taken.Gap(next);
    }
    int known = (int) Math.min(events.size(), next - first);
    if (known == events.size()) {
      return new Taken.All();
    }
    var by = ended;
    if (by != null) {
      return new Taken.Over(by, next);
    }
    var shown = new ArrayList<EncodedEvents>();
    try {
      for (var event : events.subList(known, events.size())) {
        var encoded = EncodedEvents.of(List.of(event));
        if (encoded.lengthWithUpstreamIds() > eventBytesMax) {
          return new Taken.TooLarge(eventBytesMax);
        }
        shown.addAll(holdback.pass(event, encoded));
        next++;
      }
    } catch (IllegalArgumentException e) {
      return new Taken.TooLarge(eventBytesMax);
    } finally {
      append(shown);
    }
    return new Taken.All();
  }

  private void append(List<EncodedEvents> shown) {
    var filled = composition;
    if (filled == null) {
      return;
    }
    filled.keepsBack(holdback.bytes());
    int from = 0;
    long bytes = 0;
    for (int i = 0; i < shown.size(); i++) {
      bytes += shown.get(i).lengthWithUpstreamIds();
      if (bytes >= ENTRY_BYTES || i == shown.size() - 1) {
        filled.append(EncodedEvents.concat(shown.subList(from, i + 1)));
        from = i + 1;
        bytes = 0;
      }
    }
  }

  /**
   * All of it is said.
   *
   * @param unneeded its application need not save it
   */
  void seal(boolean unneeded) {
    var filled = composition;
    if (filled == null || ended != null) {
      return;
    }
    holdback
        .failure()
        .ifPresentOrElse(
            said -> filled.fail(FAILURE_SAID, said),
            () ->
                filled.complete(
                    holdback.ending(), holdback.isTerminalSaid(), unneeded && savesAlone));
  }

  /** It cannot go on. */
  void fail(FailOrder order) {
    var filled = composition;
    if (filled == null || ended != null) {
      return;
    }
    if (holdback.failure().isPresent()) {
      filled.fail(FAILURE_SAID, holdback.failure().get());
    } else if (order.interrupted()) {
      filled.interrupt(order.code(), order.message());
    } else {
      filled.fail(order.code(), order.message());
    }
  }

  /**
   * Runs a task once all that was taken is on the disk; meanwhile the application is waited for.
   */
  void whenDurable(Runnable task) {
    var filled = composition;
    if (filled == null) {
      task.run();
      return;
    }
    answering++;
    holdLease();
    filled.whenDurable(
        () -> {
          answering--;
          holdLease();
          task.run();
        });
  }

  /** While it waits for us, it is not silent. */
  private void holdLease() {
    if (paused || answering > 0) {
      lease.pause();
    } else {
      lease.resume();
    }
  }

  /**
   * A request brings events: it is stopped where more wait for the disk than may. One that has not
   * brought all of its own yet is over: whoever sent it has given it up, or sends two at once, each
   * of which may hold an unfinished event in memory.
   */
  void feeds(Feeding request) {
    feeding.forEach(Feeding::superseded);
    feeding.clear();
    feeding.add(request);
    if (paused) {
      request.wanted(false);
    }
  }

  void feedsNoMore(Feeding request) {
    feeding.remove(request);
  }

  // --- what there is to say

  /** The number that the next event has. */
  long next() {
    return next;
  }

  @Nullable Ended ended() {
    return ended;
  }

  /** What there is to say of the stream. */
  StreamView view() {
    var filled = composition;
    if (filled == null) {
      throw new IllegalStateException("stream " + id + " is not filled yet");
    }
    return filled.stream().view();
  }

  /** Runs a task once it is known whether there is such a stream. */
  void whenOpened(Runnable task) {
    if (opened || refusal != null) {
      task.run();
    } else {
      onOpened.add(task);
    }
  }

  /** Why there is no such stream, if it was refused. */
  @Nullable OpenRefusal refusal() {
    return refusal;
  }

  /** Asks something of it, on the home. On any thread. */
  void ask(Consumer<RemoteProducer> question) {
    home.run(() -> question.accept(this));
  }

  // --- told by the engine

  @Override
  public void pause() {
    paused = true;
    holdLease();
    feeding.forEach(request -> request.wanted(false));
  }

  @Override
  public void resume() {
    paused = false;
    holdLease();
    feeding.forEach(request -> request.wanted(true));
  }

  @Override
  public void opened(Stream stream) {
    if (ended == null) {
      lease.start(leaseMs);
    }
    opened = true;
    told.opened();
    tellOpened();
  }

  private void tellOpened() {
    var tasks = List.copyOf(onOpened);
    onOpened.clear();
    tasks.forEach(Runnable::run);
  }

  @Override
  public void refused(OpenRefusal why) {
    end(new Ended(Outcome.FAILED, "refused", false));
    refusal = why;
    told.refused(why);
    told.settled();
    told.saveIsOver();
    tellOpened();
  }

  @Override
  public void over(Outcome outcome, String reason) {
    end(new Ended(outcome, reason, false));
  }

  private void end(Ended by) {
    boolean first = ended == null;
    ended = by;
    lease.stop();
    if (first) {
      feeding.forEach(request -> request.wanted(true));
      told.over();
    }
  }

  @Override
  public void ended(StreamView stream) {
    told.settled();
  }

  @Override
  public void saveIsOver() {
    told.saveIsOver();
  }

  @Override
  public void lost() {
    end(new Ended(Outcome.INTERRUPTED, "journal_closed", true));
    told.settled();
  }
}
