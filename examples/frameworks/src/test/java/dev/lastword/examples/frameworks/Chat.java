package dev.lastword.examples.frameworks;

import dev.lastword.journal.StreamId;
import dev.lastword.library.Answer;
import dev.lastword.library.Lastword;
import dev.lastword.library.Reading;
import dev.lastword.library.UnknownEventException;
import dev.lastword.stream.Owner;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A chat, which knows nothing of the framework that serves it. */
public final class Chat {
  static final Owner ANN = Owner.of("ann");
  static final List<String> TOKENS = List.of("Hel", "lo", " wor", "ld");

  private final Lastword lastword;
  final AtomicInteger calls = new AtomicInteger();

  /** The application's own table. */
  final Map<String, String> messages = new ConcurrentHashMap<>();

  /** Opened for what the model says after its first token. */
  final CountDownLatch more = new CountDownLatch(1);

  /** Opened for the save. */
  final CountDownLatch save = new CountDownLatch(1);

  Chat(Lastword lastword) {
    this.lastword = lastword;
  }

  /** Asks the model, whose answer is written apart from whoever has asked. Waits for the disk. */
  public StreamId ask() {
    var answer = lastword.open("chat-7", ANN);
    Thread.ofVirtual().start(() -> write(answer));
    return answer.id();
  }

  private void write(Answer answer) {
    calls.incrementAndGet();
    try (answer) {
      for (var token : TOKENS) {
        answer.send(token);
        await(more);
      }
      answer.seal(
          saved -> {
            await(save);
            messages.put(saved.stream().value(), saved.text());
          });
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("nobody has opened it");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * An answer from where a reader stands; empty if there is none of this id, or the reader has
   * brought an event's id that is none of its.
   *
   * @param lastEventId the request's {@code Last-Event-ID}
   */
  public Optional<Reading> read(String id, @Nullable String lastEventId) {
    try {
      return StreamId.parse(id)
          .flatMap(stream -> lastword.read(stream, ANN, lastEventId == null ? "" : lastEventId));
    } catch (UnknownEventException e) {
      return Optional.empty();
    }
  }

  /** Stops an answer. */
  void cancel(String id) {
    lastword.cancel(new StreamId(id), ANN);
  }
}
