package dev.lastword.stream;

import dev.lastword.journal.Outcome;
import java.time.Duration;
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

  private final List<SaveHook> hooks;
  private final StreamOptions.Saving options;
  private final Responses responses;
  private final Executor io;
  private final RandomGenerator random;
  private final StreamsListener listener;

  Saver(
      List<SaveHook> hooks,
      StreamOptions.Saving options,
      Responses responses,
      Executor io,
      RandomGenerator random,
      StreamsListener listener) {
    this.hooks = List.copyOf(hooks);
    this.options = options;
    this.responses = responses;
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
  void save(Stream stream, Listener told) {
    var state = stream.state();
    var outcome = state instanceof StreamState.Released r ? r.outcome() : Outcome.COMPLETED;
    var reason = state instanceof StreamState.Released r ? r.reason() : "";
    long endedMs = stream.view().endedMs();
    io.execute(
        () -> {
          SavedResponse response;
          try {
            response = responses.toSave(stream, outcome, reason, endedMs);
          } catch (RuntimeException e) {
            log.error("seal.unreadable stream={}", stream.id(), e);
            stream.home().schedule(options.retryMax().toMillis(), () -> save(stream, told));
            return;
          }
          stream.home().execute(() -> new Save(stream, response, told).start());
        });
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
    } catch (RuntimeException e) {
      timeout.cancel();
      call.completeExceptionally(e);
    }
    return call;
  }

  /** One response on its way to all hooks. */
  private final class Save {
    private final Stream stream;
    private final SavedResponse response;
    private final Listener told;
    private final Home home;
    private int unsaved = hooks.size();
    private boolean over;
    private final Home.@Nullable Timer[] timers = new Home.@Nullable Timer[3];

    Save(Stream stream, SavedResponse response, Listener told) {
      this.stream = stream;
      this.response = response;
      this.told = told;
      this.home = stream.home();
    }

    void start() {
      timers[0] = home.schedule(options.giveUp().toMillis(), this::giveUp);
      timers[1] = home.schedule(options.hold().toMillis(), this::holdIsOver);
      if (options.failOpen()) {
        timers[2] = home.schedule(options.patience().toMillis(), told::patienceIsOver);
      }
      for (var hook : hooks) {
        call(hook, 1);
      }
    }

    private void call(SaveHook hook, int attempt) {
      if (!over) {
        new Call(hook, attempt).make();
      }
    }

    private void end(Runnable how) {
      if (!over) {
        over = true;
        for (var timer : timers) {
          if (timer != null) {
            timer.cancel();
          }
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
      timers[1] = home.schedule(options.hold().toMillis(), this::holdIsOver);
    }

    /** One call of one hook; the first thing that becomes of it counts. */
    private final class Call {
      private final SaveHook hook;
      private final int attempt;
      private final Home.Timer timeout;
      private boolean settled;

      Call(SaveHook hook, int attempt) {
        this.hook = hook;
        this.attempt = attempt;
        this.timeout = home.schedule(options.timeout().toMillis(), () -> unsaved("timeout"));
      }

      void make() {
        try {
          hook.save(response)
              .whenComplete((nothing, failure) -> home.execute(() -> answered(failure)));
        } catch (RuntimeException e) {
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
        home.schedule(waitMs, () -> call(hook, attempt + 1));
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
