package dev.lastword.rest;

import dev.lastword.journal.StreamId;
import dev.lastword.library.Answer;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.Lastword;
import dev.lastword.library.Saver;
import dev.lastword.library.UndecidedException;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Owner;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a resource method returns, or gives to a {@code Response} as its entity, to answer by
 * Lastword:
 *
 * <pre>{@code
 * @POST
 * public SseAnswer chat(Question question) {
 *   return SseAnswer.of(model.stream(question.text())).conversation(question.chat());
 * }
 * }</pre>
 *
 * <p>The answer is opened when Jersey takes it, in the name of the request's owner; then it is
 * written on a virtual thread of its own, sealed, and read by whoever has asked, and by whoever
 * comes back to it. It ends by {@code data: [DONE]}, once it is saved.
 *
 * <p>Each method gives another one. One is answered once.
 */
public final class SseAnswer {
  private static final Logger log = LoggerFactory.getLogger(SseAnswer.class);

  private final Lastword.Writing<? extends Exception> writing;
  private final @Nullable StreamId id;
  private final @Nullable Owner owner;
  private final @Nullable Saver saver;
  private final Map<String, String> attributes;

  private SseAnswer(
      Lastword.Writing<? extends Exception> writing,
      @Nullable StreamId id,
      @Nullable Owner owner,
      @Nullable Saver saver,
      Map<String, String> attributes) {
    this.writing = writing;
    this.id = id;
    this.owner = owner;
    this.saver = saver;
    this.attributes = attributes;
  }

  /** An answer of tokens, which are closed at the end. */
  public static SseAnswer of(Stream<String> tokens) {
    return written(
        sender -> {
          try (tokens) {
            tokens.forEachOrdered(sender::send);
          }
        });
  }

  /**
   * An answer that is written on a virtual thread of its own. It is sealed when the writing
   * returns, and has failed when it throws. The thread is interrupted where the answer is over
   * before that.
   */
  public static SseAnswer written(Lastword.Writing<? extends Exception> writing) {
    return new SseAnswer(writing, null, null, null, Map.of());
  }

  /**
   * With an id that the application chose; there may be one answer of it, and another is answered
   * 409.
   *
   * @throws IllegalArgumentException if it is no id: 16 to 64 of {@code A-Z a-z 0-9 _ -}
   */
  public SseAnswer id(String chosen) {
    return new SseAnswer(writing, new StreamId(chosen), owner, saver, attributes);
  }

  /** In a conversation, by which it is found again. */
  public SseAnswer conversation(String key) {
    return with(Attributes.CONVERSATION, key);
  }

  /** With what the person had said. */
  public SseAnswer input(String text) {
    return with(Attributes.INPUT, text);
  }

  /** With one more attribute, which savers are given. */
  public SseAnswer with(String name, String value) {
    var more = new HashMap<>(attributes);
    more.put(name, value);
    return new SseAnswer(writing, id, owner, saver, Map.copyOf(more));
  }

  /** Saved by this, in place of the registered {@link Saver}. */
  public SseAnswer saver(Saver own) {
    return new SseAnswer(writing, id, owner, own, attributes);
  }

  /** Belonging to somebody else than who asks; who asks reads it to its end all the same. */
  public SseAnswer owner(Owner other) {
    return new SseAnswer(writing, id, other, saver, attributes);
  }

  AnswerRequest request(Owner asking, String path) {
    var request = AnswerRequest.of(owner == null ? asking : owner).with(Attributes.PATH, path);
    for (var attribute : attributes.entrySet()) {
      request = request.with(attribute.getKey(), attribute.getValue());
    }
    return id == null ? request : request.id(id);
  }

  /** Begins to write it. */
  void write(Answer answer) {
    Thread.ofVirtual()
        .name("lastword-writer-" + answer.id())
        .start(
            () -> {
              var writer = new Writer(Thread.currentThread());
              var unused = answer.ended().whenComplete((view, undecided) -> writer.stop());
              try (answer) {
                writeAndSeal(answer, writer);
              }
            });
  }

  private void writeAndSeal(Answer answer, Writer writer) {
    try {
      writing.to(answer);
      writer.written();
      var sealing = saver == null ? answer.sealAsync() : answer.sealAsync(saver);
      var unused = sealing.exceptionally(e -> null);
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
}
