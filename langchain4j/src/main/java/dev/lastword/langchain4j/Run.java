package dev.lastword.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import dev.lastword.dialect.TokensDialect;
import dev.lastword.journal.Outcome;
import dev.lastword.library.Answer;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.Lastword;
import dev.lastword.library.UndecidedException;
import dev.lastword.library.WaitInterruptedException;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.StreamView;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One answer on its way from the model to the journal and to its handler, over the rounds in which
 * the model asks for tools. Rounds come one after the other; the model's thread writes, and {@link
 * Delivery} tells the handler.
 */
final class Run implements StreamingHandle {
  private static final Logger log = LoggerFactory.getLogger(Run.class);

  /** Whose handler this thread is telling that a response is complete. */
  private static final ThreadLocal<@Nullable Run> DELIVERING = new ThreadLocal<>();

  private final Lastword lastword;
  private final Answer answer;
  private final Owner owner;
  private final Delivery delivery = new Delivery();
  private final CompletableFuture<Void> told = new CompletableFuture<>();

  private volatile @Nullable Round round;
  private volatile @Nullable StreamingHandle model;
  private volatile boolean stopped;
  private volatile boolean cancelled;
  private volatile boolean handlerLeft;
  private volatile @Nullable Throwable failure;
  private volatile @Nullable CompletionStage<StreamView> sealing;

  /** What the model has asked its tools for, while its handler sees to that. */
  private @Nullable AiMessage asking;

  private final AtomicBoolean telling = new AtomicBoolean();

  Run(Lastword lastword, Answer answer, Owner owner) {
    this.lastword = lastword;
    this.answer = answer;
    this.owner = owner;
    answer.ended().whenComplete(this::ended);
  }

  /** The run whose handler this thread is telling; null on any other thread. */
  static @Nullable Run delivering() {
    return DELIVERING.get();
  }

  /** Whether a request brings the model what it has asked its tools for. */
  boolean goesOnWith(ChatRequest request) {
    var message = asking;
    return message != null && request.messages().contains(message);
  }

  /** What the model tells next, and whom that is for. */
  Round round(StreamingChatResponseHandler handler) {
    asking = null;
    var next = new Round(this, handler);
    round = next;
    return next;
  }

  /** The model's own handle, as soon as it gives one. */
  void model(StreamingHandle handle) {
    model = handle;
    if (stopped) {
      stopModel();
    }
  }

  private void stopModel() {
    var handle = model;
    if (handle == null || handle.isCancelled()) {
      return;
    }
    try {
      handle.cancel();
    } catch (RuntimeException e) { // there are models that cannot be: what they say is let fall
      log.debug("model.goes_on stream={} cause={}", answer.id(), e.toString());
    }
  }

  /** A piece of text; false if the answer takes nothing any more. */
  boolean send(String text) {
    return send(TokensDialect.token(text));
  }

  /** False if the answer takes nothing any more. */
  boolean send(SseEvent event) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          answer.send(event);
          return true;
        } catch (WaitInterruptedException e) { // nothing was added, and no text may be missing
          interrupted |= Thread.interrupted();
        }
      }
    } catch (AnswerEndedException | UndecidedException e) {
      return false;
    } catch (IllegalArgumentException e) {
      failure = e;
      answer.fail("token_too_large", "The model said more at once than an event can hold.");
      return false;
    } catch (IllegalStateException e) {
      return false; // failed, or sealed
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Tells the handler a part; one that has thrown, or is too far behind, is told no more parts. */
  void part(Runnable tell) {
    if (handlerLeft) {
      return;
    }
    boolean taken =
        delivery.offer(
            () -> {
              if (handlerLeft) {
                return;
              }
              try {
                tell.run();
              } catch (Throwable e) { // the reader's, an Error too
                handlerLeft = true;
                log.info("handler.left stream={} cause={}", answer.id(), e.toString());
              }
            });
    if (!taken) {
      handlerLeft = true;
      log.info("handler.left stream={} behind={}", answer.id(), Delivery.BEHIND_MAX);
    }
  }

  /** Tells the handler what it has work to do for. */
  void work(Runnable tell) {
    delivery.add(tell);
  }

  /** The model has answered. */
  void complete(Round of, ChatResponse response) {
    if (response.aiMessage().hasToolExecutionRequests()) {
      delivery.add(() -> toolsOf(of, response));
    } else {
      seal(response, saved -> tellOnce(of, response));
    }
  }

  /** The handler asks the tools, and then the model again; or has the calls, and that is all. */
  private void toolsOf(Round of, ChatResponse response) {
    asking = response.aiMessage();
    try {
      tell(() -> of.handler().onCompleteResponse(response));
    } catch (Throwable e) { // an Error too: nobody goes on, and nobody else would say so
      failed(e);
      return;
    }
    if (asking != null) { // nobody has gone on
      asking = null;
      seal(response, saved -> {});
    }
  }

  /** The end of what is done for an answer before it is said to be saved. */
  private interface Last {
    void of(SavedResponse saved) throws Exception;
  }

  /**
   * The whole answer is put on the disk, then the registered saver has it, then the handler, and
   * then its ending is said to all who read it.
   */
  private void seal(ChatResponse response, Last last) {
    var reason = response.finishReason();
    if (reason != null) {
      var took = response.tokenUsage();
      send(
          TokensDialect.finish(
              reason.name(),
              took == null ? null : count(took.inputTokenCount()),
              took == null ? null : count(took.outputTokenCount())));
    }
    var registered = lastword.saver();
    try {
      sealing =
          answer.sealAsync(
              saved -> {
                if (registered.isPresent()) {
                  registered.get().save(saved);
                }
                last.of(saved);
              });
    } catch (RuntimeException e) { // it has ended otherwise meanwhile, which is told there
      log.debug("answer.not_sealed stream={} cause={}", answer.id(), e.toString());
    }
  }

  private static @Nullable Long count(@Nullable Integer tokens) {
    return tokens == null ? null : tokens.longValue();
  }

  /**
   * What a handler throws at the end does not say whether the application has saved the answer: the
   * reader may have gone, which is nothing of the answer's. So it is told its own exception, as it
   * is without this module, and the answer is as whole as it was.
   */
  private void tellOnce(Round of, ChatResponse response) throws Exception {
    if (telling.compareAndSet(false, true)) {
      delivery.add(
          () -> {
            try {
              tell(() -> of.handler().onCompleteResponse(response));
            } catch (RuntimeException e) {
              log.warn("handler.failed stream={} cause={}", answer.id(), e.toString());
              of.handler().onError(e);
            } finally {
              told.complete(null);
            }
          });
    }
    told.get();
  }

  private void tell(Runnable complete) {
    DELIVERING.set(this);
    try {
      complete.run();
    } finally {
      DELIVERING.remove();
    }
  }

  /** The model has failed, or its handler between two rounds. */
  void failed(Throwable cause) {
    if (!answer.isOver()) {
      failure = cause;
      log.warn("answer.failed stream={} cause={}", answer.id(), cause.getClass().getName());
      answer.fail("model_failed", "The model failed before the answer was complete.");
    }
  }

  /** The answer has its outcome, which is on the disk. */
  private void ended(@Nullable StreamView ending, @Nullable Throwable undecided) {
    if (ending != null && ending.outcome() == Outcome.COMPLETED) {
      return;
    }
    stopped = true;
    cancelled = ending != null && ending.outcome() == Outcome.CANCELLED;
    stopModel();
    if (cancelled) {
      tellLast(last -> tell(() -> last.handler().onCompleteResponse(partial(last))));
    } else {
      why(undecided)
          .whenComplete((nothing, why) -> tellLast(last -> last.handler().onError(unwrapped(why))));
    }
  }

  /** Whose handler is the last is known once what was told before it has been heard. */
  private void tellLast(Consumer<Round> tell) {
    delivery.add(
        () -> {
          var last = round;
          if (last != null) {
            tell.accept(last);
          }
        });
  }

  private static ChatResponse partial(Round of) {
    return ChatResponse.builder()
        .aiMessage(AiMessage.from(of.text()))
        .finishReason(FinishReason.OTHER)
        .tokenUsage(new TokenUsage())
        .build();
  }

  /** Fails with what the handler is told. */
  private CompletionStage<?> why(@Nullable Throwable undecided) {
    var known = failure == null ? undecided : failure;
    var sealed = sealing;
    if (known == null && sealed != null) {
      return sealed;
    }
    return CompletableFuture.failedStage(known == null ? otherwise() : known);
  }

  private RuntimeException otherwise() {
    try {
      answer.send("");
      return new IllegalStateException("answer " + answer.id() + " has ended, and takes more");
    } catch (RuntimeException e) {
      return e;
    }
  }

  private static Throwable unwrapped(@Nullable Throwable why) {
    if (why == null) {
      return new IllegalStateException("the answer has ended");
    }
    return why instanceof CompletionException && why.getCause() != null ? why.getCause() : why;
  }

  boolean isStopped() {
    return stopped;
  }

  /** Stops the answer, as its owner may from anywhere else. */
  @Override
  public void cancel() {
    cancelled = true;
    Thread.ofVirtual()
        .name("lastword-cancel")
        .start(
            () -> {
              try {
                lastword.cancel(answer.id(), owner);
              } catch (RuntimeException e) { // this Lastword is closed, which ends it as well
                log.debug("answer.not_cancelled stream={} cause={}", answer.id(), e.toString());
              }
            });
  }

  @Override
  public boolean isCancelled() {
    return cancelled;
  }
}
