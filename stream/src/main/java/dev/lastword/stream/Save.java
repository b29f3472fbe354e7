package dev.lastword.stream;

import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One response on its way to all hooks. Its deadline counts from when the response was complete, by
 * the journal's time: a restart does not begin it anew.
 */
final class Save {
  private static final Logger log = LoggerFactory.getLogger(Save.class);

  /** How long a response waits for memory before it asks again. */
  private static final long MEMORY_RETRY_MS = 200;

  /** How long hooks are called after a restart at least. */
  private static final long LEAST_MS = 600_000;

  /** Told on the stream's home what became of a save. */
  interface Listener {
    /** Every hook has acknowledged. */
    void saved();

    /** A hook will never take it, or has not for as long as is waited. */
    void rejected();

    /** It is not saved yet, and by its policy its readers need not wait any longer. */
    void readersMayKnow();
  }

  /**
   * What every save stands on.
   *
   * @param pending how many there are now
   */
  record Ground(
      Release release,
      StreamOptions.Saving options,
      Responses responses,
      Journal journal,
      MemoryBudget budget,
      Executor io,
      RandomGenerator random,
      SaveCalls calls,
      LongAdder pending) {}

  private final Ground ground;
  private final Stream stream;
  private final StreamState state;
  private final Listener told;
  private final Home home;
  private Optional<SavedResponse> ahead;
  private long heldBytes;
  private final List<NamedHook> hooks;
  private final List<String> acknowledged = new ArrayList<>();
  private boolean over;
  private boolean held;
  private final List<Home.Timer> timers = new ArrayList<>();
  private Home.@Nullable Timer hold;

  /** What lets the last call of each hook go, by the hook's name. */
  private final Map<String, Runnable> waiting = new LinkedHashMap<>();

  /**
   * @param ahead what of it was put together before all was on disk
   */
  Save(Stream stream, Optional<Responses.Ahead> ahead, Listener told, Ground ground) {
    this.ground = ground;
    this.stream = stream;
    this.state = stream.state();
    this.told = told;
    this.home = stream.home();
    this.ahead = ahead.map(Responses.Ahead::response);
    this.held = ahead.isPresent();
    this.heldBytes =
        ahead
            .map(Responses.Ahead::heldBytes)
            .orElseGet(() -> ground.responses().bytesToAssemble(stream));
    this.hooks = ground.release().of(stream.attributes());
  }

  void start() {
    ground.pending().increment();
    timers.add(home.schedule(leftMs(), this::giveUp));
    holdAgain();
    var policy = Attributes.policy(stream.attributes()).orElse(ground.options().policy());
    switch (policy) {
      case WITHHOLD -> {}
      case PUBLISH ->
          timers.add(home.schedule(ground.options().patience().toMillis(), this::patienceIsOver));
      case JOURNAL -> readersMayKnow(policy);
    }
    hooks.stream().filter(NamedHook::isAwaited).forEach(hook -> call(hook, toAwait(), 1));
    if (hooks.stream().allMatch(NamedHook::isAwaited) && ground.responses().fits(stream)) {
      letGoOfContent();
      return;
    }
    var prepared = ahead;
    ahead = Optional.empty(); // others have the memory once it is not needed
    prepared.ifPresentOrElse(this::tell, this::read);
  }

  private SavedResponse toAwait() {
    return Responses.toAwait(stream, outcome(), reason(), Stream.endedMs(state));
  }

  private Outcome outcome() {
    return state instanceof StreamState.Released r ? r.outcome() : Outcome.COMPLETED;
  }

  private String reason() {
    return state instanceof StreamState.Released r ? r.reason() : "";
  }

  /** Calls the hooks that do not come themselves, once there is memory for that as well. */
  private void tell(SavedResponse response) {
    if (over) {
      return;
    }
    var told = hooks.stream().filter(hook -> !hook.isAwaited()).toList();
    long neededBytes = ground.responses().bytesToTell(response, told.size());
    long moreBytes = Math.max(0, neededBytes - heldBytes);
    if (!ground.budget().tryTake(moreBytes)) {
      letGo();
      heldBytes = neededBytes; // so that it is read once more only when there is as much
      home.schedule(MEMORY_RETRY_MS, this::read);
      return;
    }
    heldBytes += moreBytes;
    told.forEach(hook -> call(hook, response, 1));
  }

  private void patienceIsOver() {
    if (stream.outcome() == null) {
      log.warn("seal.released_unsaved stream={}", stream.id());
    }
    readersMayKnow(SavePolicy.PUBLISH);
  }

  private void readersMayKnow(SavePolicy policy) {
    if (stream.outcome() == null) {
      ground.calls().releasedUnsaved(policy);
    }
    told.readersMayKnow();
  }

  /** However late it is, a hook that was away as long as this process gets some time. */
  private long leftMs() {
    long wholeMs = ground.options().giveUp().toMillis();
    long elapsedMs = Math.max(0, ground.journal().timeMs() - stream.completeTimeMs());
    long leastMs = Math.max(ground.options().timeout().toMillis(), Math.min(wholeMs, LEAST_MS));
    return Math.max(leastMs, wholeMs - elapsedMs);
  }

  /** Puts the response together, off the home, once there is memory for it. */
  private void read() {
    if (over) {
      return;
    }
    if (!ground.responses().fits(stream)) { // it came to be with a larger heap than today's
      log.error("save.too_large stream={} heap_bytes={}", stream.id(), heldBytes);
      home.execute(() -> end(told::rejected));
      return;
    }
    if (!held && !ground.budget().tryTake(heldBytes)) {
      home.schedule(MEMORY_RETRY_MS, this::read);
      return;
    }
    held = true;
    var outcome = outcome();
    var reason = reason();
    ground
        .io()
        .execute(
            () -> {
              SavedResponse response;
              try {
                response =
                    ground.responses().toSave(stream, outcome, reason, Stream.endedMs(state));
              } catch (RuntimeException e) {
                log.error("seal.unreadable stream={}", stream.id(), e);
                boolean never = Turn.whyUnreadable(e).isPresent();
                home.execute(never ? () -> end(told::rejected) : this::readLater);
                return;
              }
              home.execute(() -> read(response));
            });
  }

  /**
   * A process whose journal takes nothing any more may have been overtaken, and have read what
   * another has written to the archive since: whoever has the stream now tells its hooks.
   */
  private void read(SavedResponse response) {
    if (ground.journal().health() == Journal.Health.CLOSED) {
      readLater();
    } else {
      tell(response);
    }
  }

  /** It may be long until it can be read, or for ever: others have the memory meanwhile. */
  private void readLater() {
    if (!over) {
      letGo();
      home.schedule(ground.options().retryMax().toMillis(), this::read);
    }
  }

  private void letGo() {
    held = false;
    ground.budget().give(heldBytes);
  }

  private void call(NamedHook hook, SavedResponse response, int attempt) {
    if (over) {
      return;
    }
    Consumer<@Nullable Throwable> then = failure -> called(hook, response, attempt, failure);
    waiting.put(
        hook.name(),
        hook.isAwaited()
            ? ground.calls().await(hook, response, attempt, home, then)
            : ground.calls().make(hook, response, attempt, home, then));
  }

  private void called(
      NamedHook hook, SavedResponse response, int attempt, @Nullable Throwable failure) {
    if (over) {
      return;
    }
    if (failure == null) {
      acknowledged(hook);
    } else if (SaveCalls.isRejection(failure)) {
      ground.calls().rejected(hook, response, failure);
      end(told::rejected);
    } else {
      long waitMs = ground.random().nextLong(boundMs(attempt) + 1);
      ground.calls().failed(hook, response, attempt, failure, waitMs);
      home.schedule(waitMs, () -> call(hook, response, attempt + 1));
    }
  }

  /**
   * Nobody needs it any more, and nobody is told. A call that is under way goes on; one that waits
   * for its turn, or for somebody to come, is let go.
   */
  void stop() {
    end(() -> {});
  }

  private void end(Runnable how) {
    if (!over) {
      over = true;
      ground.pending().decrement();
      timers.forEach(Home.Timer::cancel);
      waiting.values().forEach(Runnable::run);
      letGoOfContent();
      how.run();
    }
  }

  private void letGoOfContent() {
    ahead = Optional.empty();
    if (held) {
      letGo();
    }
  }

  /**
   * Nobody needs it any more who would only have come for it.
   *
   * @return false if another hook has still to be told
   */
  boolean doWithout() {
    if (over || !isAwaitedOnly()) {
      return false;
    }
    log.info("save.let_go stream={}", stream.id());
    end(told::rejected);
    return true;
  }

  private boolean isAwaitedOnly() {
    return hooks.stream().allMatch(hook -> isAcknowledged(hook) || hook.isAwaited());
  }

  private boolean isAcknowledged(NamedHook hook) {
    return acknowledged.contains(hook.name());
  }

  private void acknowledged(NamedHook hook) {
    acknowledged.add(hook.name());
    if (isAwaitedOnly()) {
      letGoOfContent();
    }
    if (acknowledged.size() == hooks.size()) {
      end(told::saved);
    }
  }

  /** Names of the hooks that have acknowledged it, in the order of the configuration. */
  List<String> acknowledged() {
    return hooks.stream().map(NamedHook::name).filter(acknowledged::contains).toList();
  }

  private void giveUp() {
    log.error("save.given_up stream={} after={}", stream.id(), ground.options().giveUp());
    end(told::rejected);
  }

  /** Those who read what was released already, an outcome that is no success, wait for nothing. */
  private void holdIsOver() {
    if (stream.outcome() == null) {
      stream
          .subscribers()
          .notice("save_pending", "The response is complete and waits to be saved.");
    }
    holdAgain();
  }

  private void holdAgain() {
    if (!over) {
      timers.removeIf(timer -> timer.equals(hold));
      hold = home.schedule(ground.options().hold().toMillis(), this::holdIsOver);
      timers.add(hold);
    }
  }

  private long boundMs(int attempt) {
    Duration bound = ground.options().retryFirst();
    for (int i = 1; i < attempt && bound.compareTo(ground.options().retryMax()) < 0; i++) {
      bound = bound.multipliedBy(2);
    }
    return Math.min(bound.toMillis(), ground.options().retryMax().toMillis());
  }
}
