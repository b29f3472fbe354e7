package dev.lastword.rest;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.Sign;
import dev.lastword.journal.Outcome;
import dev.lastword.library.Answer;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.UndecidedException;
import dev.lastword.library.WaitInterruptedException;
import dev.lastword.sse.EventTooLargeException;
import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseParser;
import java.io.IOException;
import java.io.OutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what a resource says as an event stream, byte by byte, in place of its connection. The
 * resource is heard to its end, whoever reads: only an owner's cancel stops it, as a connection
 * would that is gone.
 *
 * <p>Its calls come one after the other, from any thread.
 */
final class Intake extends OutputStream {
  private static final Logger log = LoggerFactory.getLogger(Intake.class);

  /** Bytes that the fields of one event may take. */
  private static final int EVENT_BYTES_MAX = 16 << 20;

  private final Answer answer;
  private final EndingDetector detector;
  private final SseParser parser = new SseParser(EVENT_BYTES_MAX, this::event);

  /** Nothing more is kept; the resource goes on all the same. */
  private boolean deaf;

  /** A terminal event, or that the response has failed: it was not cut off. */
  private boolean endingSaid;

  private volatile boolean cancelled;

  Intake(Answer answer, Dialect dialect) {
    this.answer = answer;
    this.detector = dialect.detector(RequestFacts.NONE);
    var unused =
        answer
            .ended()
            .whenComplete(
                (view, undecided) ->
                    cancelled |= view != null && view.outcome() == Outcome.CANCELLED);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int off, int len) throws IOException {
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
    } catch (IllegalStateException e) { // it has failed meanwhile
      deaf = true;
    }
  }

  private void give(String code, String message, RuntimeException cause) {
    log.warn("rest.not_kept stream={} cause={}", answer.id(), cause.toString());
    deaf = true;
    answer.fail(code, message);
  }

  private void event(SseEvent event) {
    if (!endingSaid) {
      var sign = detector.observe(event);
      endingSaid = sign == Sign.TERMINAL || sign == Sign.ERROR;
    }
    pass(event);
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
   * The resource has come to its end: the answer is whole, unless its dialect wants a terminal
   * event. Does not wait for it to be saved.
   */
  void completed() {
    if (deaf || answer.isOver()) {
      return;
    }
    try {
      parser.unfinished().ifPresent(this::last);
      if (!endingSaid && !detector.endOfBodyCompletes()) {
        answer.fail("truncated", "The server ended the response before it was complete.");
        return;
      }
      var unused = answer.sealAsync().exceptionally(e -> null);
    } catch (AnswerEndedException | UndecidedException | IllegalStateException e) {
      log.debug("rest.not_sealed stream={} cause={}", answer.id(), e.toString());
    } catch (RuntimeException e) {
      give("event_too_large", "The application sent an event that is too large to be kept.", e);
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

  /** The resource has failed: what there is of the answer is kept, and is no success. */
  void failed(Throwable cause) {
    if (!answer.isOver()) {
      log.warn("rest.source_failed stream={} cause={}", answer.id(), cause.toString());
      answer.fail("source_failed", "The application failed before the response was complete.");
    }
  }
}
