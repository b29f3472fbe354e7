package dev.lastword.stream;

import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the save hooks for a response until each has acknowledged it or one has rejected it: with
 * growing, random waits, the same response every time. Fail closed: while a hook is silent nothing
 * is decided.
 */
final class Saver {
  private static final Logger log = LoggerFactory.getLogger(Saver.class);

  /** How long a response waits for memory before it asks again. */
  private static final long MEMORY_RETRY_MS = 200;

  /** How long hooks are called after a restart at least. */
  private static final long LEAST_MS = 600_000;

  private final Release release;
  private final StreamOptions.Saving options;
  private final Responses responses;
  private final Journal journal;
  private final TimeSource time;
  private final MemoryBudget budget;
  private final Executor io;
  private final RandomGenerator random;
  private final StreamsListener listener;

  Saver(
      Release release,
      StreamOptions.Saving options,
      Responses responses,
      Journal journal,
      TimeSource time,
      MemoryBudget budget,
      Executor io,
      RandomGenerator random,
      StreamsListener listener) {
    this.release = release;
    this.options = options;
    this.responses = responses;
    this.journal = journal;
    this.time = time;
    this.budget = budget;
    this.io = io;
    this.random = random;
    this.listener = listener;
  }

  /** Told on the stream's home what became of a save. */
  interface Listener {
    /** Every hook has acknowledged. */
    void saved();

    /** A hook will never take it, or has not for as long as is waited. */
    void rejected();

    /** It is not saved yet, and by its policy its readers need not wait any longer. */
    void readersMayKnow();
  }

  /** Whether a stream with these attributes has any hook. */
  boolean isNeeded(Map<String, String> attributes) {
    return !release.of(attributes).isEmpty();
  }

  /** What the hooks of a stream with these attributes are called. */
  List<String> names(Map<String, String> attributes) {
    return release.of(attributes).stream().map(NamedHook::name).toList();
  }

  /**
   * Puts together what {@link #save} is to tell of an answer whose ending is on its way to the
   * disk, if that is soon done. On the stream's home.
   *
   * @return to be handed to {@link #save}, or to {@link #forget}
   */
  Optional<Responses.Ahead> ahead(Stream stream, Entry.Ending ending) {
    try {
      return responses.ahead(stream, ending);
    } catch (RuntimeException e) {
      log.warn("seal.not_ahead stream={}", stream.id(), e);
      return Optional.empty(); // when it is on disk it is tried again
    }
  }

  /** It will not be saved like that. */
  void forget(Optional<Responses.Ahead> ahead) {
    ahead.ifPresent(prepared -> budget.give(prepared.heldBytes()));
  }

  /** Saves what is on disk of a stream. Called on the stream's home. */
  Save save(Stream stream, Listener told) {
    return save(stream, Optional.empty(), told);
  }

  /**
   * The same.
   *
   * @param ahead what of it was put together before all was on disk
   */
  Save save(Stream stream, Optional<Responses.Ahead> ahead, Listener told) {
    var save = new Save(stream, ahead, told);
    save.start();
    return save;
  }

  /**
   * Calls every hook once, for a person who asks for it.
   *
   * @return completed when all have acknowledged, or with the first failure; on the home
   */
  CompletionStage<Void> saveOnce(SavedResponse response, Home home) {
    var saved = new CompletableFuture<Void>();
    home.execute(
        () -> {
          var calls =
              release.of(response.attributes()).stream()
                  .map(hook -> callOnce(hook, response, home))
                  .toList();
          CompletionStage<Void> all =
              CompletableFuture.allOf(calls.toArray(new CompletableFuture<?>[0]));
          all.whenComplete(
              (nothing, failure) -> {
                if (failure == null) {
                  log.info("save.driven_again stream={}", response.stream());
                  saved.complete(null);
                } else {
                  saved.completeExceptionally(cause(failure));
                }
              });
        });
    return saved;
  }

  private CompletableFuture<Void> callOnce(NamedHook hook, SavedResponse response, Home home) {
    var answer = new CompletableFuture<Void>();
    new Call(hook, response, 1, home)
        .make(
            failure -> {
              if (failure == null) {
                answer.complete(null);
              } else {
                failed(hook, response, 1, failure, "never");
                answer.completeExceptionally(failure);
              }
            });
    return answer;
  }

  private void failed(
      NamedHook hook, SavedResponse response, int attempt, Throwable failure, Object nextMs) {
    log.warn(
        "save.failed stream={} hook={} attempt={} cause={} next_ms={}",
        response.stream(),
        hook.name(),
        attempt,
        told(failure),
        nextMs);
    listener.saveFailed(hook.name());
  }

  /** What a hook says of its own is for the log; of other exceptions the kind is enough. */
  private static String told(Throwable failure) {
    return failure instanceof SaveException said
        ? "\"%s\"".formatted(said.getMessage())
        : failure.getClass().getSimpleName();
  }

  /**
   * One response on its way to all hooks. Its deadline counts from when the response was complete,
   * by the journal's time: a restart does not begin it anew.
   */
  final class Save {
    private final Stream stream;
    private final StreamState state;
    private final Listener told;
    private final Home home;
    private final Optional<SavedResponse> ahead;
    private final long heldBytes;
    private final List<NamedHook> hooks;
    private final List<String> acknowledged = new ArrayList<>();
    private boolean over;
    private boolean held;
    private final List<Home.Timer> timers = new ArrayList<>();
    private Home.@Nullable Timer hold;

    private Save(Stream stream, Optional<Responses.Ahead> ahead, Listener told) {
      this.stream = stream;
      this.state = stream.state();
      this.told = told;
      this.home = stream.home();
      this.ahead = ahead.map(Responses.Ahead::response);
      this.held = ahead.isPresent();
      this.heldBytes =
          ahead.map(Responses.Ahead::heldBytes).orElseGet(() -> responses.bytesToAssemble(stream));
      this.hooks = release.of(stream.attributes());
    }

    private void start() {
      timers.add(home.schedule(leftMs(), this::giveUp));
      holdAgain();
      switch (Attributes.policy(stream.attributes()).orElse(options.policy())) {
        case WITHHOLD -> {}
        case PUBLISH ->
            timers.add(home.schedule(options.patience().toMillis(), this::patienceIsOver));
        case JOURNAL -> told.readersMayKnow();
      }
      ahead.ifPresentOrElse(this::call, this::read);
    }

    private void call(SavedResponse response) {
      hooks.forEach(hook -> call(hook, response, 1));
    }

    private void patienceIsOver() {
      if (stream.outcome() == null) {
        log.warn("seal.released_unsaved stream={}", stream.id());
      }
      told.readersMayKnow();
    }

    /** However late it is, a hook that was away as long as this process gets some time. */
    private long leftMs() {
      long wholeMs = options.giveUp().toMillis();
      long elapsedMs = Math.max(0, journal.timeMs() - stream.completeTimeMs());
      long leastMs = Math.max(options.timeout().toMillis(), Math.min(wholeMs, LEAST_MS));
      return Math.max(leastMs, wholeMs - elapsedMs);
    }

    /** Puts the response together, off the home, once there is memory for it. */
    private void read() {
      if (over) {
        return;
      }
      if (!held && !budget.tryTake(heldBytes)) {
        home.schedule(MEMORY_RETRY_MS, this::read);
        return;
      }
      held = true;
      var outcome = state instanceof StreamState.Released r ? r.outcome() : Outcome.COMPLETED;
      var reason = state instanceof StreamState.Released r ? r.reason() : "";
      io.execute(
          () -> {
            SavedResponse response;
            try {
              response = responses.toSave(stream, outcome, reason, Stream.endedMs(state));
            } catch (RuntimeException e) {
              log.error("seal.unreadable stream={}", stream.id(), e);
              home.execute(this::readLater);
              return;
            }
            home.execute(() -> call(response));
          });
    }

    /** It may be long until it can be read, or for ever: others have the memory meanwhile. */
    private void readLater() {
      if (!over) {
        held = false;
        budget.give(heldBytes);
        home.schedule(options.retryMax().toMillis(), this::read);
      }
    }

    private void call(NamedHook hook, SavedResponse response, int attempt) {
      if (!over) {
        new Call(hook, response, attempt, home)
            .make(failure -> called(hook, response, attempt, failure));
      }
    }

    private void called(
        NamedHook hook, SavedResponse response, int attempt, @Nullable Throwable failure) {
      if (over) {
        return;
      }
      if (failure == null) {
        acknowledged(hook);
      } else if (failure instanceof SaveException e && e.kind() == SaveException.Kind.REJECTED) {
        log.error(
            "save.rejected stream={} hook={} cause={}", stream.id(), hook.name(), told(failure));
        listener.saveFailed(hook.name());
        end(told::rejected);
      } else {
        long waitMs = random.nextLong(boundMs(attempt) + 1);
        failed(hook, response, attempt, failure, waitMs);
        home.schedule(waitMs, () -> call(hook, response, attempt + 1));
      }
    }

    /** Nobody needs it any more, and nobody is told. A call that is under way goes on. */
    void stop() {
      end(() -> {});
    }

    private void end(Runnable how) {
      if (!over) {
        over = true;
        timers.forEach(Home.Timer::cancel);
        if (held) {
          budget.give(heldBytes);
        }
        how.run();
      }
    }

    private void acknowledged(NamedHook hook) {
      acknowledged.add(hook.name());
      if (acknowledged.size() == hooks.size()) {
        end(told::saved);
      }
    }

    /** Names of the hooks that have acknowledged it, in the order of the configuration. */
    List<String> acknowledged() {
      return hooks.stream().map(NamedHook::name).filter(acknowledged::contains).toList();
    }

    private void giveUp() {
      log.error("save.given_up stream={} after={}", stream.id(), options.giveUp());
      end(told::rejected);
    }

    /**
     * Those who read what was released already, an outcome that is no success, wait for nothing.
     */
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
        hold = home.schedule(options.hold().toMillis(), this::holdIsOver);
        timers.add(hold);
      }
    }
  }

  /** One call of one hook; the first thing that becomes of it counts. */
  private final class Call {
    private final NamedHook hook;
    private final SavedResponse response;
    private final int attempt;
    private final Home home;
    private final long startedNanos = time.nanoTime();
    private Home.@Nullable Timer timeout;
    private @Nullable CompletionStage<Void> answer;
    private boolean settled;

    Call(NamedHook hook, SavedResponse response, int attempt, Home home) {
      this.hook = hook;
      this.response = response;
      this.attempt = attempt;
      this.home = home;
    }

    /**
     * Calls it, on the home.
     *
     * @param told null once it has acknowledged, or why it has not; once, on the home
     */
    void make(Consumer<@Nullable Throwable> told) {
      log.info("save.called stream={} hook={} attempt={}", response.stream(), hook.name(), attempt);
      timeout = home.schedule(options.timeout().toMillis(), () -> tooLate(told));
      try {
        answer = hook.hook().save(response);
        answer.whenComplete(
            (nothing, failure) ->
                home.execute(() -> settle(failure == null ? null : cause(failure), told)));
      } catch (RuntimeException | Error e) {
        settle(e, told);
      }
    }

    /** Whoever still works on it may stop: the next call is on its way. */
    private void tooLate(Consumer<@Nullable Throwable> told) {
      settle(new TimeoutException("no answer in time"), told);
      var given = answer;
      if (given != null) {
        Guard.call("cancel", response.stream(), () -> given.toCompletableFuture().cancel(true));
      }
    }

    private void settle(@Nullable Throwable failure, Consumer<@Nullable Throwable> told) {
      if (settled) {
        return;
      }
      settled = true;
      if (timeout != null) {
        timeout.cancel();
      }
      if (failure == null) {
        long nanos = time.nanoTime() - startedNanos;
        log.info(
            "save.acknowledged stream={} hook={} attempt={} ms={}",
            response.stream(),
            hook.name(),
            attempt,
            nanos / 1_000_000);
        listener.saved(hook.name(), nanos);
      }
      told.accept(failure);
    }
  }

  private long boundMs(int attempt) {
    Duration bound = options.retryFirst();
    for (int i = 1; i < attempt && bound.compareTo(options.retryMax()) < 0; i++) {
      bound = bound.multipliedBy(2);
    }
    return Math.min(bound.toMillis(), options.retryMax().toMillis());
  }

  static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
