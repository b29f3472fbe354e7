package dev.lastword.servlet;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.Sign;
import dev.lastword.library.Answer;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.Reading;
import dev.lastword.library.ReadingBrokenException;
import dev.lastword.library.UndecidedException;
import dev.lastword.library.WaitInterruptedException;
import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseParser;
import dev.lastword.stream.StreamView;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One event stream that a servlet says: its bytes become the answer's events, and a virtual thread
 * reads the answer to the connection. The servlet's side and the connection's have nothing else in
 * common. Bytes come from one thread at a time, as servlets write.
 */
final class Exchange {
  /** Bytes that the fields of one event may take. */
  private static final int EVENT_BYTES_MAX = 16 << 20;

  private static final Logger log = LoggerFactory.getLogger(Exchange.class);

  private final Answer answer;
  private final EndingDetector detector;
  private final SseParser parser;
  private final Reading reading;
  private final HttpServletResponse connection;
  private final CompletableFuture<Void> served = new CompletableFuture<>();
  private volatile @Nullable ReadingBrokenException broken;
  private volatile boolean readerGone;
  private boolean terminal;
  private boolean finished;

  Exchange(Answer answer, Dialect dialect, Reading reading, HttpServletResponse connection) {
    this.answer = answer;
    this.detector = dialect.detector(RequestFacts.NONE);
    this.parser = new SseParser(EVENT_BYTES_MAX, this::take);
    this.reading = reading;
    this.connection = connection;
    Thread.ofVirtual().name("lastword-reader").start(this::serve);
  }

  private void serve() {
    try {
      connection.flushBuffer();
      reading.writeTo(connection.getOutputStream());
    } catch (ReadingBrokenException e) {
      broken = e;
    } catch (IOException | RuntimeException e) { // containers say in both ways that a peer has gone
      readerGone = true;
      log.debug("reader.left stream={} cause={}", answer.id(), e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      reading.close();
      served.complete(null);
    }
  }

  /** Bytes of the servlet's. */
  void write(byte[] bytes, int off, int len) throws IOException {
    try {
      parser.feed(bytes, off, len);
    } catch (AnswerEndedException | UndecidedException e) {
      throw new IOException("the stream takes nothing any more", e);
    } catch (IllegalStateException e) { // of the answer, or of the parser that has thrown before
      throw new IOException("the stream has ended", e);
    } catch (RuntimeException e) {
      fail("event_too_large", "The server said more at once than an event can hold.");
      throw new IOException("an event is too large: " + e.getMessage(), e);
    }
  }

  private void take(SseEvent event) {
    if (terminal) {
      return; // nobody reads on behind it
    }
    switch (detector.observe(event)) {
      case Sign.ERROR -> {
        failed();
        return;
      }
      case Sign.TERMINAL -> terminal = true;
      case Sign.CONTENT, Sign.ENDING, Sign.TAIL -> {}
    }
    send(event);
  }

  private void send(SseEvent event) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          answer.send(event);
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
   * The servlet has completed: what it said is whole, unless its dialect wants a terminal event.
   */
  void finish() {
    if (finished) {
      return;
    }
    finished = true;
    try {
      parser.unfinished().ifPresent(this::last);
      if (terminal || detector.endOfBodyCompletes()) {
        answer.sealAsync();
      } else {
        fail("truncated", "The server ended the response before it was complete.");
      }
    } catch (AnswerEndedException | UndecidedException | IllegalStateException e) {
      // it has ended otherwise meanwhile, which its readers are told
      log.debug("answer.not_sealed stream={} cause={}", answer.id(), e.toString());
    } catch (RuntimeException e) {
      fail("event_too_large", "The server said more at once than an event can hold.");
    }
  }

  /**
   * Behind its last event the blank line is missing. A client leaves such an event out; but what it
   * says of how the response ends counts.
   */
  private void last(SseEvent event) {
    if (terminal) {
      return;
    }
    switch (detector.observe(event)) {
      case Sign.ERROR -> failed();
      case Sign.TERMINAL -> {
        terminal = true;
        send(event);
      }
      case Sign.ENDING -> send(event);
      case Sign.CONTENT, Sign.TAIL -> {}
    }
  }

  private void failed() {
    answer.fail("response_failed", "The server said that the response has failed.");
  }

  void fail(String code, String message) {
    finished = true;
    answer.fail(code, message);
  }

  /** The connection is gone: nothing more is written to it. */
  void leave() {
    readerGone = true;
    reading.close();
  }

  /** Tells how the answer has ended, once it is on the disk. */
  CompletionStage<StreamView> ended() {
    return answer.ended();
  }

  /** Completes once nothing more is written to the connection. */
  CompletionStage<Void> served() {
    return served;
  }

  /** Waits until nothing more is written to the connection: its thread belongs to the container. */
  void awaitReader() throws IOException {
    try {
      served.get();
    } catch (InterruptedException e) {
      reading.close();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the stream was read; it goes on without", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Throws for a reader that was told no clean end, so that his connection breaks off. */
  void requireClean() throws IOException {
    var why = broken;
    if (why != null && !readerGone) {
      throw why;
    }
  }
}
