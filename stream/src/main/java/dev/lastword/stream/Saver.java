package dev.lastword.stream;

import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
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

  private final List<SaveHook> hooks;
  private final StreamOptions.Saving options;
  private final Responses responses;
  private final Journal journal;
  private final MemoryBudget budget;
  private final Executor io;
  private final RandomGenerator random;
  private final StreamsListener listener;

  Saver(
      List<SaveHook> hooks,
      StreamOptions.Saving options,
      Responses responses,
      Journal journal,
      MemoryBudget budget,
      Executor io,
      RandomGenerator random,
      StreamsListener listener) {
    this.hooks = List.copyOf(hooks);
    this.options = options;
    this.responses = responses;
    this.journal = journal;
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

    /** Fail open only: it is not saved yet, and its readers have waited long enough. */
    void patienceIsOver();
  }

  /** Whether there is any hook. */
  boolean isNeeded() {
    return !hooks.isEmpty();
  }

  /** Saves what is on disk of a stream. Called on the stream's home. */
  Save save(Stream stream, Listener told) {
    var save = new Save(stream, told);
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
          var calls = hooks.stream().map(hook -> callOnce(hook, response, home)).toList();
          CompletionStage<Void> all =
              CompletableFuture.allOf(calls.toArray(new CompletableFuture<?>[0]));
          all.whenComplete(
              (nothing, failure) -> {
                if (failure == null) {
                  log.info("seal.saved_again stream={}", response.stream());
                  saved.complete(null);
                } else {
                  log.error(
                      "seal.unsaved stream={} cause={}",
                      response.stream(),
                      cause(failure).getClass().getSimpleName());
                  listener.saveFailed();
                  saved.completeExceptionally(cause(failure));
                }
              });
        });
    return saved;
  }

  private CompletableFuture<Void> callOnce(SaveHook hook, SavedResponse response, Home home) {
    var call = new CompletableFuture<Void>();
    var timeout =
        home.schedule(
            options.timeout().toMillis(),
            () -> call.completeExceptionally(new TimeoutException("no answer in time")));
    try {
      hook.save(response)
          .whenComplete(
              (nothing, failure) ->
                  home.execute(
                      () -> {
                        timeout.cancel();
                        if (failure == null) {
                          call.complete(null);
                        } else {
                          call.completeExceptionally(failure);
                        }
                      }));
    } catch (RuntimeException | Error e) {
      timeout.cancel();
      call.completeExceptionally(e);
    }
    return call;
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
    private final long heldBytes;
    private int unsaved = hooks.size();
    private boolean over;
    private boolean held;
    private final List<Home.Timer> timers = new ArrayList<>();
    private Home.@Nullable Timer hold;

    private Save(Stream stream, Listener told) {
      this.stream = stream;
      this.state = stream.state();
      this.told = told;
      this.home = stream.home();
      this.heldBytes = responses.bytesToAssemble(stream);
    }

    private void start() {
      timers.add(home.schedule(leftMs(), this::giveUp));
      holdAgain();
      if (options.failOpen()) {
        timers.add(home.schedule(options.patience().toMillis(), told::patienceIsOver));
      }
      read();
    }

    /** At least one call is made, however late it is. */
    private long leftMs() {
      long elapsedMs = Math.max(0, journal.timeMs() - stream.completeTimeMs());
      return Math.max(options.timeout().toMillis(), options.giveUp().toMillis() - elapsedMs);
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
            home.execute(() -> hooks.forEach(hook -> call(hook, response, 1)));
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

    private void call(SaveHook hook, SavedResponse response, int attempt) {
      if (!over) {
        new Call(hook, response, attempt).make();
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

    private void acknowledged() {
      if (--unsaved == 0) {
        end(told::saved);
      }
    }

    private void giveUp() {
      log.error("seal.given_up stream={} after={}", stream.id(), options.giveUp());
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

    /** One call of one hook; the first thing that becomes of it counts. */
    private final class Call {
      private final SaveHook hook;
      private final SavedResponse response;
      private final int attempt;
      private final Home.Timer timeout;
      private boolean settled;

      Call(SaveHook hook, SavedResponse response, int attempt) {
        this.hook = hook;
        this.response = response;
        this.attempt = attempt;
        this.timeout = home.schedule(options.timeout().toMillis(), () -> unsaved("timeout"));
      }

      void make() {
        try {
          hook.save(response)
              .whenComplete((nothing, failure) -> home.execute(() -> answered(failure)));
        } catch (RuntimeException | Error e) {
          unsaved(e.getClass().getSimpleName());
        }
      }

      private void answered(@Nullable Throwable failure) {
        if (failure == null) {
          if (settle()) {
            acknowledged();
          }
        } else if (cause(failure) instanceof SaveException e
            && e.kind() == SaveException.Kind.REJECTED) {
          if (settle()) {
            log.error("seal.rejected stream={}", stream.id());
            listener.saveFailed();
            end(told::rejected);
          }
        } else {
          unsaved(cause(failure).getClass().getSimpleName());
        }
      }

      private void unsaved(String cause) {
        if (!settle()) {
          return;
        }
        listener.saveFailed();
        long waitMs = random.nextLong(boundMs(attempt) + 1);
        log.warn(
            "seal.unsaved stream={} attempt={} cause={} retry_ms={}",
            stream.id(),
            attempt,
            cause,
            waitMs);
        home.schedule(waitMs, () -> call(hook, response, attempt + 1));
      }

      private boolean settle() {
        if (settled || over) {
          return false;
        }
        settled = true;
        timeout.cancel();
        return true;
      }
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
