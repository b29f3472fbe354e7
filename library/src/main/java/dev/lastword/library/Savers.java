package dev.lastword.library;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveHook;
import dev.lastword.stream.SavedResponse;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The save hook of every answer: its own saver where it was sealed with one, else the registered
 * one. Thread-safe.
 */
final class Savers implements SaveHook {
  /** By which answers name it in the journal. */
  static final String NAME = "saver";

  private final Optional<Saver> registered;
  private final Executor io;
  private final ConcurrentHashMap<StreamId, Own> own = new ConcurrentHashMap<>();

  /** Calls that take longer than their time: waited for, not made twice. */
  private final ConcurrentHashMap<Life, CompletableFuture<Void>> calls = new ConcurrentHashMap<>();

  /**
   * One answer of an id, which may live again once its stream is deleted: what a call for the
   * former one comes to says nothing of this one.
   */
  private record Life(StreamId id, long createdMs) {
    static Life of(SavedResponse response) {
      return new Life(response.stream(), response.createdMs());
    }
  }

  /** What one answer was sealed with. */
  private static final class Own {
    final Saver saver;
    volatile @Nullable Throwable failure;

    Own(Saver saver) {
      this.saver = saver;
    }
  }

  Savers(Optional<Saver> registered, Executor io) {
    this.registered = registered;
    this.io = io;
  }

  Optional<Saver> registered() {
    return registered;
  }

  /** An answer is sealed with this one. */
  void add(StreamId id, Saver saver) {
    own.put(id, new Own(saver));
  }

  /**
   * An answer has its outcome.
   *
   * @return what its saver has thrown last, or null
   */
  @Nullable Throwable remove(StreamId id) {
    var done = own.remove(id);
    return done == null ? null : done.failure;
  }

  /** An answer is deleted: nobody asks any more what its call has come to, which may go on. */
  void forget(StreamId id, long createdMs) {
    calls.remove(new Life(id, createdMs));
  }

  @Override
  public CompletionStage<Void> save(SavedResponse response) {
    var mine = own.get(response.stream());
    if (mine != null) {
      return call(mine.saver, response, mine);
    }
    if (registered.isPresent()) {
      return call(registered.get(), response, null);
    }
    // What is no success has nobody to tell; a success was to be saved by somebody who is gone.
    return response.outcome() == Outcome.COMPLETED
        ? CompletableFuture.failedFuture(
            new SaveException(
                SaveException.Kind.REJECTED,
                "the process that was to save it has died, and no saver is registered"))
        : CompletableFuture.completedFuture(null);
  }

  /**
   * The engine cancels what it is given when its time is over, and asks again: what has come to a
   * good end meanwhile is kept until it has heard of it.
   */
  private CompletionStage<Void> call(Saver saver, SavedResponse response, @Nullable Own mine) {
    var life = Life.of(response);
    CompletionStage<Void> call = calls.computeIfAbsent(life, key -> begin(saver, response, mine));
    var answer = new CompletableFuture<Void>();
    call.whenComplete(
        (nothing, failure) -> {
          if (failure != null) {
            answer.completeExceptionally(failure);
          } else if (answer.complete(null)) {
            calls.remove(life, call);
          }
        });
    return answer;
  }

  private CompletableFuture<Void> begin(Saver saver, SavedResponse response, @Nullable Own mine) {
    var call = new CompletableFuture<Void>();
    io.execute(
        () -> {
          Throwable failure = null;
          try {
            saver.save(response);
          } catch (Throwable e) { // the application's, to be told of and tried again
            failure = e;
          }
          if (mine != null) {
            mine.failure = failure;
          }
          if (failure == null) {
            call.complete(null);
          } else {
            calls.remove(Life.of(response), call); // it is made again
            call.completeExceptionally(failure);
          }
        });
    return call;
  }
}
