package dev.lastword.stream;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls save hooks, each call within its time, which counts from its turn, and says in log and
 * metrics what came of it.
 */
final class SaveCalls {
  private static final Logger log = LoggerFactory.getLogger(SaveCalls.class);

  private final StreamOptions.Saving options;
  private final TimeSource time;
  private final StreamsListener listener;

  SaveCalls(StreamOptions.Saving options, TimeSource time, StreamsListener listener) {
    this.options = options;
    this.time = time;
    this.listener = listener;
  }

  /**
   * Calls a hook, on the home.
   *
   * @param attempt which call this is, from 1
   * @param told null once it has acknowledged, or why it has not; once, on the home
   * @return lets it go if it has not begun, and nobody is told; on the home
   */
  Runnable make(
      NamedHook hook,
      SavedResponse response,
      int attempt,
      Home home,
      Consumer<@Nullable Throwable> told) {
    return new Call(hook, response, attempt, home, true).made(told);
  }

  /**
   * The same of a hook that is {@linkplain SaveHook#isAwaited awaited}, as long as it takes.
   *
   * @return lets it go, and nobody is told; on the home
   */
  Runnable await(
      NamedHook hook,
      SavedResponse response,
      int attempt,
      Home home,
      Consumer<@Nullable Throwable> told) {
    return new Call(hook, response, attempt, home, false).made(told);
  }

  /** A call failed, and is made again after some time, or never. */
  void failed(
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

  /** Whether a hook says of its failure that calling it again cannot help. */
  static boolean isRejection(Throwable failure) {
    return failure instanceof SaveException said && said.kind() == SaveException.Kind.REJECTED;
  }

  /** A hook says that it will never take it. */
  void rejected(NamedHook hook, SavedResponse response, Throwable failure) {
    log.error(
        "save.rejected stream={} hook={} cause={}", response.stream(), hook.name(), told(failure));
    listener.saveRejected(hook.name());
  }

  /** Readers are about to be told what is not saved. */
  void releasedUnsaved(SavePolicy policy) {
    listener.releasedUnsaved(policy);
  }

  /** One call of one hook; the first thing that becomes of it counts. */
  private final class Call {
    private final NamedHook hook;
    private final SavedResponse response;
    private final int attempt;
    private final Home home;
    private final boolean timed;
    private long startedNanos = time.nanoTime();
    private Home.@Nullable Timer timeout;
    private @Nullable CompletionStage<Void> answer;
    private boolean begun;
    private boolean settled;

    Call(NamedHook hook, SavedResponse response, int attempt, Home home, boolean timed) {
      this.hook = hook;
      this.response = response;
      this.attempt = attempt;
      this.home = home;
      this.timed = timed;
    }

    Runnable made(Consumer<@Nullable Throwable> told) {
      try {
        answer = hook.hook().save(response, () -> begins(told));
        answer.whenComplete(
            (nothing, failure) ->
                home.execute(() -> settle(failure == null ? null : cause(failure), told)));
      } catch (RuntimeException | Error e) {
        settle(e, told);
      }
      return this::leave;
    }

    private void begins(Consumer<@Nullable Throwable> told) {
      if (home.isCurrent()) {
        begin(told);
      } else {
        home.execute(() -> begin(told));
      }
    }

    /** It is its turn. */
    private void begin(Consumer<@Nullable Throwable> told) {
      if (begun || settled) {
        return;
      }
      begun = true;
      startedNanos = time.nanoTime();
      log.info("save.called stream={} hook={} attempt={}", response.stream(), hook.name(), attempt);
      if (timed) {
        timeout = home.schedule(options.timeout().toMillis(), () -> tooLate(told));
      }
    }

    /** Whoever still works on it may stop: the next call is on its way. */
    private void tooLate(Consumer<@Nullable Throwable> told) {
      settle(new TimeoutException("no answer in time"), told);
      cancel();
    }

    /** Nobody needs it any more: what is being done goes on, what is waited for does not. */
    private void leave() {
      if (!settled && !(timed && begun)) {
        settled = true;
        cancel();
      }
    }

    private void cancel() {
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

  static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
