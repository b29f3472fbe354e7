package dev.lastword.library;

import dev.lastword.dialect.TokensDialect;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.StreamView;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One answer that an application writes. It ends well in one way only, which is {@link #seal}: the
 * whole answer is put on the disk, then saved, and then its ending is said. Whatever else happens,
 * an exception, a forgotten call, the end of the process, leaves the partial and an outcome that is
 * no success.
 *
 * <p>Thread-safe. It lives apart from whoever reads it.
 */
public final class Answer implements Sender, AutoCloseable {
  private final Draft draft;
  private final Savers savers;
  private final Executor io;
  private final CompletableFuture<StreamView> ended = new CompletableFuture<>();
  private volatile @Nullable Throwable saveFailure;

  Answer(Draft draft, Savers savers, Executor io) {
    this.draft = draft;
    this.savers = savers;
    this.io = io;
  }

  /** Its id: readers find it by this, and savers know it by this. */
  public StreamId id() {
    return draft.id();
  }

  @Override
  public void send(String token) {
    if (!draft.speaks(TokensDialect.TOKENS)) {
      throw new IllegalStateException(
          "the answer speaks " + draft.dialect().name() + ": send events");
    }
    draft.send(TokensDialect.token(token));
  }

  @Override
  public void send(SseEvent event) {
    draft.send(event);
  }

  /**
   * Adds an event of a source that speaks for itself, such as a framework's stream that is kept on
   * its way out. As {@link #send(SseEvent)}, but for two things: what follows a terminal event is
   * kept back with it, and an event that says a failure is the answer's last: {@link #seal} then
   * shows it, the answer has failed, {@code failure_said}, and nothing that came after it is shown.
   *
   * @throws IllegalArgumentException if it is larger than 16 MiB on the wire, or the ending is
   * @throws RuntimeException as {@link #send(String)}
   */
  public void pass(SseEvent event) {
    draft.pass(event);
  }

  /**
   * Seals the answer with the registered saver; where none is registered, the disk of this Lastword
   * is the save. As {@link #seal(Saver)}.
   */
  public StreamView seal() {
    return sealed(sealAsync());
  }

  /**
   * The answer is whole: puts it on the disk, saves it, and then says its ending. Waits as long as
   * the save needs; a saver that fails is called again, for 24 hours at the most. Where the thread
   * must not wait, see {@link #sealAsync(Saver)}.
   *
   * @param saver saves this answer, in place of the registered one. After a crash this object is
   *     gone: then the registered saver is called; where none is registered the answer ends {@code
   *     failed}, {@code save_rejected}, since nobody knows whether it was saved
   * @return the answer, completed: it is saved, and its readers are told
   * @throws AnswerEndedException if it has another outcome: it was cancelled, ended by a bound, or
   *     the saver has rejected it, whose exception is the cause
   * @throws UndecidedException if this Lastword was closed first, or its disk takes nothing any
   *     more: the next start decides
   * @throws WaitInterruptedException if the thread was interrupted; the sealing goes on
   * @throws IllegalStateException if it was sealed, failed or closed before
   */
  public StreamView seal(Saver saver) {
    return sealed(sealAsync(saver));
  }

  /** Seals as {@link #seal()} without waiting; what that throws, the stage fails with. */
  public CompletionStage<StreamView> sealAsync() {
    return seal(savers.registered().isEmpty(), Optional.empty());
  }

  /** Seals as {@link #seal(Saver)} without waiting; what that throws, the stage fails with. */
  public CompletionStage<StreamView> sealAsync(Saver saver) {
    return seal(false, Optional.of(saver));
  }

  private CompletionStage<StreamView> seal(boolean kept, Optional<Saver> saver) {
    draft.seal(kept, () -> saver.ifPresent(own -> savers.add(id(), own)));
    return ended.thenApply(this::completed);
  }

  private StreamView completed(StreamView view) {
    var outcome = view.outcome();
    if (outcome == null || outcome == Outcome.COMPLETED) {
      return view;
    }
    var otherwise = new AnswerEndedException(id(), outcome, view.reason());
    var cause = saveFailure;
    if (cause != null) {
      otherwise.initCause(cause);
    }
    throw otherwise;
  }

  private static StreamView sealed(CompletionStage<StreamView> sealing) {
    var future = new CompletableFuture<StreamView>();
    sealing.whenComplete(
        (view, failure) -> {
          if (failure == null) {
            future.complete(view);
          } else {
            future.completeExceptionally(
                failure instanceof CompletionException && failure.getCause() != null
                    ? failure.getCause()
                    : failure);
          }
        });
    return Waiting.on(future, "the answer to be sealed");
  }

  /**
   * The answer cannot go on: its readers are told, and what there is of it is kept. Does not wait.
   * Nothing happens if it was sealed, failed or closed before, or has ended.
   *
   * @param code for machines, such as {@code model_unreachable}: 1 to 64 of a–z 0–9 _
   * @param message one sentence for a person, which readers are shown
   * @throws IllegalArgumentException if the code is none
   */
  public void fail(String code, String message) {
    if (!code.matches("[a-z0-9_]{1,64}")) {
      throw new IllegalArgumentException("code: 1 to 64 characters of a-z 0-9 _");
    }
    draft.fail(code, message);
  }

  /** Whether its end is decided: nothing that is sent would be taken. */
  public boolean isOver() {
    return draft.isOver();
  }

  /**
   * Tells its outcome, whatever that is, once it is on the disk: also when its owner cancels it
   * while the model is silent. Fails with {@link UndecidedException} if this process does not learn
   * it.
   */
  public CompletionStage<StreamView> ended() {
    return ended.minimalCompletionStage();
  }

  /**
   * Leaves it. One that was not sealed has failed then, {@code not_sealed}, and its partial is
   * kept; else nothing happens. Does not wait.
   */
  @Override
  public void close() {
    draft.fail("not_sealed", "The response was left before it was complete.");
  }

  void ended(StreamView view) {
    saveFailure = savers.remove(id());
    ended.completeAsync(() -> view, io); // what an application does then may take its time
  }

  void undecided(String why) {
    draft.undecided(why);
    savers.remove(id());
    ended.completeExceptionally(new UndecidedException(why));
  }
}
