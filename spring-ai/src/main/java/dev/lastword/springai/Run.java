package dev.lastword.springai;

import dev.lastword.dialect.TokensDialect;
import dev.lastword.journal.Outcome;
import dev.lastword.library.Answer;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.UndecidedException;
import dev.lastword.library.WaitInterruptedException;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.StreamView;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.metadata.Usage;
import org.springframework.ai.chat.model.Generation;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * One answer on its way from the chain to the journal and to its reader. The chain's signals come
 * one after the other; what it does after the last of them, the sealing does.
 */
final class Run implements CoreSubscriber<ChatClientResponse> {
  private static final Logger log = LoggerFactory.getLogger(Run.class);

  private final Answer answer;

  /** Somebody else's answer, which keeps what its reader is shown, and is sealed there. */
  private final boolean inside;

  private final Sinks.Many<ChatClientResponse> view;

  /** Completes to have the model stopped. */
  private final Sinks.Empty<Void> stop = Sinks.empty();

  private volatile boolean stopped;

  /** What the chain fails with once the model is stopped; nothing where the partial is its end. */
  private volatile @Nullable Throwable aborted;

  /** From a finish on, as long as no text follows. */
  private final List<ChatClientResponse> held = new ArrayList<>();

  private @Nullable String finishReason;
  private @Nullable Usage usage;
  private boolean readerLeft;

  private Run(Answer answer, boolean inside, Sinks.Many<ChatClientResponse> view) {
    this.answer = answer;
    this.inside = inside;
    this.view = view;
    answer.ended().whenComplete(this::ended);
  }

  /** An answer of its own, which it writes and seals. */
  static Run of(Answer answer, Sinks.Many<ChatClientResponse> view) {
    return new Run(answer, false, view);
  }

  /** A part of another answer, with which it is stopped. */
  static Run inside(Answer answer, Sinks.Many<ChatClientResponse> view) {
    return new Run(answer, true, view);
  }

  /**
   * The answer has its outcome. One that its owner has stopped is the chain's whole answer, which
   * the memory then has; any other that is no success fails the chain as a failing model does.
   */
  private void ended(@Nullable StreamView ending, @Nullable Throwable failure) {
    if (ending != null && ending.outcome() == Outcome.COMPLETED) {
      return;
    }
    if (ending == null || ending.outcome() != Outcome.CANCELLED) {
      aborted = failure == null ? otherwise() : failure;
    }
    stopped = true;
    stop.tryEmitEmpty();
  }

  /** What somebody is told who would send more. */
  private RuntimeException otherwise() {
    try {
      answer.send(TokensDialect.token(""));
      return new IllegalStateException("answer " + answer.id() + " has ended, and takes more");
    } catch (RuntimeException e) {
      return e;
    }
  }

  /**
   * A model's answer until this one is stopped. What follows runs on a thread that the cancelling
   * of the model does not interrupt: the memory is saved there.
   */
  Flux<ChatClientResponse> untilStopped(Flux<ChatClientResponse> model) {
    return Flux.defer(() -> stopped ? Flux.<ChatClientResponse>empty() : model)
        .takeUntilOther(stop.asMono()) // which does not cancel the model where it fails
        .concatWith(Mono.defer(this::abortion))
        .publishOn(Schedulers.boundedElastic())
        .filter(response -> !stopped);
  }

  private Mono<ChatClientResponse> abortion() {
    var failure = aborted;
    return failure == null ? Mono.empty() : Mono.error(failure);
  }

  @Override
  public Context currentContext() {
    return Context.empty();
  }

  /** At the model's pace: the disk may hold it up, a reader may not. */
  @Override
  public void onSubscribe(Subscription subscription) {
    subscription.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(ChatClientResponse response) {
    var text = text(response);
    if (!text.isEmpty() && !send(TokensDialect.token(text))) {
      return;
    }
    note(response);
    var shown = response.mutate().context(LastwordAdvisor.ANSWER_ID, answer.id().value()).build();
    if (!text.isEmpty()) { // the answer goes on: what was held back is no ending
      release();
    }
    if (finishes(response) || !held.isEmpty()) {
      hold(shown);
    } else {
      show(shown);
    }
  }

  /** False if the answer takes nothing any more. To somebody else's nothing is added here. */
  private boolean send(SseEvent event) {
    if (inside) {
      return true;
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          answer.send(event);
          return true;
        } catch (WaitInterruptedException e) { // nothing was added, and nothing may be missing
          interrupted |= Thread.interrupted();
        }
      }
    } catch (AnswerEndedException | UndecidedException e) {
      return false;
    } catch (IllegalArgumentException e) {
      answer.fail("token_too_large", "The model said more at once than an event can hold.");
      return false;
    } catch (IllegalStateException e) {
      return false; // failed above
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void note(ChatClientResponse response) {
    var chat = response.chatResponse();
    if (chat == null) {
      return;
    }
    if (finishes(response) && chat.getResult() != null) {
      finishReason = chat.getResult().getMetadata().getFinishReason();
    }
    var said = chat.getMetadata().getUsage();
    if (said != null && said.getTotalTokens() != null && said.getTotalTokens() > 0) {
      usage = said;
    }
  }

  private static String text(ChatClientResponse response) {
    var result = result(response);
    var text = result == null ? null : result.getOutput().getText();
    return text == null ? "" : text;
  }

  private static boolean finishes(ChatClientResponse response) {
    var result = result(response);
    var reason = result == null ? null : result.getMetadata().getFinishReason();
    return reason != null && !reason.isBlank();
  }

  private static @Nullable Generation result(ChatClientResponse response) {
    var chat = response.chatResponse();
    return chat == null ? null : chat.getResult();
  }

  /** The memory has the answer: it may be sealed, and its finish said. */
  @Override
  public void onComplete() {
    var reason = finishReason;
    if (reason != null) {
      var took = usage;
      send(
          TokensDialect.finish(
              reason,
              took == null ? null : count(took.getPromptTokens()),
              took == null ? null : count(took.getCompletionTokens())));
    }
    if (inside) {
      sealed(null, null);
      return;
    }
    try {
      answer.sealAsync().whenComplete(this::sealed);
    } catch (RuntimeException e) { // it has ended otherwise meanwhile
      fail(e);
    }
  }

  private static @Nullable Long count(@Nullable Integer tokens) {
    return tokens == null ? null : tokens.longValue();
  }

  private void sealed(@Nullable StreamView sealed, @Nullable Throwable failure) {
    if (failure != null) {
      fail(failure);
      return;
    }
    release();
    view.tryEmitComplete();
  }

  @Override
  public void onError(Throwable failure) {
    if (inside) { // whose source has failed with that
      fail(failure);
      return;
    }
    if (!answer.isOver()) {
      log.warn("answer.failed stream={} cause={}", answer.id(), failure.getClass().getName());
      answer.fail("model_failed", "The model failed before the answer was complete.");
    }
    answer.ended().whenComplete((ending, undecided) -> fail(failure));
  }

  private void release() {
    held.forEach(this::show);
    held.clear();
  }

  private void hold(ChatClientResponse response) {
    if (held.size() < LastwordAdvisor.BEHIND_MAX) {
      held.add(response);
    } else {
      leaveReader();
    }
  }

  /** A reader that has gone is none; one that is too far behind is left, and the answer goes on. */
  private void show(ChatClientResponse response) {
    if (!readerLeft && view.tryEmitNext(response) == Sinks.EmitResult.FAIL_OVERFLOW) {
      leaveReader();
    }
  }

  private void leaveReader() {
    if (!readerLeft) {
      readerLeft = true;
      view.tryEmitError(new ReaderBehindException(answer.id(), LastwordAdvisor.BEHIND_MAX));
    }
  }

  private void fail(Throwable failure) {
    view.tryEmitError(
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure);
  }
}
