package dev.lastword.spring;

import dev.lastword.library.Answer;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.Lastword;
import dev.lastword.library.Saver;
import dev.lastword.library.Sender;
import dev.lastword.library.UndecidedException;
import dev.lastword.sse.SseEvent;
import java.util.Optional;
import java.util.stream.Stream;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.codec.ServerSentEvent;

/**
 * Makes answers for controllers to return, in Spring MVC and in WebFlux alike:
 *
 * <pre>{@code
 * @PostMapping("/chat")
 * SseAnswer chat(@RequestBody Question question) {
 *   return lastword.sse(model.stream(question.text())).conversation(question.chat());
 * }
 * }</pre>
 *
 * <p>Each piece is a {@link CharSequence}, which becomes a token, or an event: an {@link SseEvent}
 * or Spring's {@link ServerSentEvent} whose data is text. The answer ends once its source has come
 * to its end and it is saved, by {@code data: [DONE]}.
 */
public final class LastwordSse {
  private static final Logger log = LoggerFactory.getLogger(LastwordSse.class);

  /**
   * An answer of whatever is published, such as a {@code Flux}; subscribed to once, in WebFlux with
   * the Reactor context of its request.
   */
  public SseAnswer sse(Publisher<?> source) {
    return new SseAnswer(
        (answer, saver, context) ->
            start(
                answer,
                sender ->
                    PublishedPieces.of(context.give(source, answer))
                        .forEach(piece -> send(sender, piece)),
                saver));
  }

  /** An answer of a stream, which is closed at the end. */
  public SseAnswer sse(Stream<?> source) {
    return write(
        sender -> {
          try (source) {
            source.forEachOrdered(piece -> send(sender, piece));
          }
        });
  }

  /** An answer of pieces, iterated over once. */
  public SseAnswer sse(Iterable<?> source) {
    return write(sender -> source.forEach(piece -> send(sender, piece)));
  }

  /**
   * An answer that is written on a virtual thread of its own. It is sealed when the writing
   * returns, and has failed when it throws. The thread is interrupted where the answer is over
   * before that.
   */
  public SseAnswer write(Lastword.Writing<? extends Exception> writing) {
    return new SseAnswer((answer, saver, context) -> start(answer, writing, saver));
  }

  private static void start(
      Answer answer, Lastword.Writing<? extends Exception> writing, Optional<Saver> saver) {
    Thread.ofVirtual()
        .name("lastword-writer-" + answer.id())
        .start(() -> write(answer, writing, saver));
  }

  private static void write(
      Answer answer, Lastword.Writing<? extends Exception> writing, Optional<Saver> saver) {
    var writer = new Writer(Thread.currentThread());
    var unused = answer.ended().whenComplete((view, failure) -> writer.stop());
    try (answer) {
      writeAndSeal(answer, writing, saver, writer);
    } catch (Error e) {
      log.error("sse.source_failed stream={}", answer.id(), e);
      throw e;
    }
  }

  private static void writeAndSeal(
      Answer answer,
      Lastword.Writing<? extends Exception> writing,
      Optional<Saver> saver,
      Writer writer) {
    try {
      writing.to(answer);
      writer.written();
      var sealing = saver.isPresent() ? answer.sealAsync(saver.get()) : answer.sealAsync();
      var ignored = sealing.exceptionally(e -> null);
    } catch (AnswerEndedException | UndecidedException e) {
      log.debug("sse.over stream={} cause={}", answer.id(), e.toString());
    } catch (Exception e) {
      if (!answer.isOver()) {
        log.warn("sse.source_failed stream={}", answer.id(), e);
        answer.fail("source_failed", "The application failed before the response was complete.");
      }
    }
  }

  /** The thread that writes, as long as it does: nothing else of it may be interrupted. */
  private static final class Writer {
    private final Thread thread;
    private boolean writing = true;

    Writer(Thread thread) {
      this.thread = thread;
    }

    synchronized void written() {
      writing = false;
    }

    synchronized void stop() {
      if (writing) {
        thread.interrupt();
      }
    }
  }

  private static void send(Sender sender, Object piece) {
    switch (piece) {
      case CharSequence token -> sender.send(token.toString());
      case SseEvent event -> sender.send(event);
      case ServerSentEvent<?> event -> {
        var data = event.data();
        var type = event.event();
        if (data != null) {
          sender.send(SseEvent.of(type == null ? "" : type, data.toString()));
        }
      }
      default ->
          throw new IllegalArgumentException(
              "a piece of the answer is a %s: pieces are text, ServerSentEvent or SseEvent"
                  .formatted(piece.getClass().getName()));
    }
  }
}
