package dev.lastword.spring;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.Sign;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.Answer;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.UndecidedException;
import dev.lastword.library.WaitInterruptedException;
import dev.lastword.sse.EventTooLargeException;
import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseParser;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what an application says as an event stream, byte by byte, in place of its connection. The
 * application's source is heard to its end, whoever reads: only an owner's cancel stops it.
 *
 * <p>Its calls come one after the other, from any thread.
 */
final class Intake {
  private static final Logger log = LoggerFactory.getLogger(Intake.class);
  private static final int EVENT_BYTES_MAX = 16 << 20;

  private final Answer answer;
  private final EndingDetector detector;
  private final SseParser parser = new SseParser(EVENT_BYTES_MAX, this::event);
  private final CompletableFuture<Void> begun = new CompletableFuture<>();

  /** It has said how it ends: nobody reads on behind that. */
  private boolean endingSaid;

  /** Nothing more is kept; the source goes on all the same. */
  private boolean deaf;

  private volatile boolean cancelled;

  Intake(Answer answer, Dialect dialect, Metrics metrics) {
    this.answer = answer;
    this.detector = dialect.detector(RequestFacts.NONE);
    metrics.opened(answer, Metrics.EDGE);
  }

  StreamId id() {
    return answer.id();
  }

  /** Which keeps what comes in. */
  Answer answer() {
    return answer;
  }

  /**
   * Told once there is something to say to readers. Fails with what the source has failed with,
   * where it had not said anything: that can still be a status.
   */
  CompletionStage<Void> begun() {
    return begun;
  }

  /** Has something done once the owner has cancelled the answer. */
  void whenCancelled(Runnable stop) {
    answer
        .ended()
        .thenAccept(
            view -> {
              if (view.outcome() == Outcome.CANCELLED) {
                cancelled = true;
                stop.run();
              }
            });
  }

  /**
   * Takes some bytes.
   *
   * @throws IOException if the answer was cancelled, as a connection would that is gone
   */
  void bytes(byte[] bytes, int off, int len) throws IOException {
    if (cancelled) {
      throw new IOException("the answer was cancelled");
    }
    if (deaf) {
      return;
    }
    try {
      parser.feed(bytes, off, len);
    } catch (AnswerEndedException e) {
      deaf = true;
      cancelled = e.outcome() == Outcome.CANCELLED;
      if (cancelled) {
        throw new IOException("the answer was cancelled", e);
      }
    } catch (UndecidedException e) {
      deaf = true; // its Lastword was closed: the next start says how it ended
    } catch (EventTooLargeException | IllegalArgumentException e) {
      give("event_too_large", "The application sent an event that is too large to be kept.", e);
    } catch (RuntimeException e) {
      give("not_kept", "The application's events could not be kept.", e);
      throw e;
    }
  }

  private void give(String code, String message, RuntimeException cause) {
    log.warn("edge.not_kept stream={} cause={}", answer.id(), cause.toString());
    deaf = true;
    answer.fail(code, message);
    begun.complete(null);
  }

  private void event(SseEvent event) {
    if (!endingSaid) {
      var sign = detector.observe(event);
      endingSaid = sign == Sign.TERMINAL || sign == Sign.ERROR;
    }
    pass(event);
    begun.complete(null);
  }

  private void pass(SseEvent event) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          answer.pass(event);
          return;
        } catch (WaitInterruptedException e) { // nothing was added, and nothing may be missing
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * The source has come to its end: the answer is whole, unless its dialect wants a terminal event.
   * Does not wait for it to be saved.
   */
  void completed() {
    if (!deaf && !answer.isOver()) {
      end();
    }
    begun.complete(null);
  }

  private void end() {
    try {
      parser.unfinished().ifPresent(this::last);
      if (endingSaid || detector.endOfBodyCompletes()) {
        var unused = answer.sealAsync().exceptionally(e -> null);
      } else {
        answer.fail("truncated", "The application ended the response before it was complete.");
      }
    } catch (AnswerEndedException | UndecidedException | IllegalStateException e) {
      log.debug("edge.not_sealed stream={} cause={}", answer.id(), e.toString());
    } catch (RuntimeException e) {
      give("not_kept", "The application's events could not be kept.", e);
    }
  }

  /**
   * Behind its last event the blank line is missing. A client leaves such an event out; but what it
   * says of how the answer ends counts.
   */
  private void last(SseEvent event) {
    if (endingSaid) {
      return;
    }
    switch (detector.observe(event)) {
      case Sign.TERMINAL, Sign.ERROR -> {
        endingSaid = true;
        pass(event);
      }
      case Sign.ENDING -> pass(event);
      case Sign.CONTENT, Sign.TAIL -> {}
    }
  }

  /** The source has failed: what there is of the answer is kept, and is no success. */
  void failed(Throwable cause) {
    if (!answer.isOver()) {
      log.warn("edge.source_failed stream={} cause={}", answer.id(), cause.toString());
      answer.fail("source_failed", "The application failed before the response was complete.");
    }
    begun.completeExceptionally(cause);
  }
}
