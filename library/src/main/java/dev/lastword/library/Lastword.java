package dev.lastword.library;

import dev.lastword.dialect.RequestFacts;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.Framing;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Admission;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Place;
import dev.lastword.stream.Resume;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamRequest;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Streams;
import dev.lastword.stream.Turn;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Answers that an application streams itself, kept as the gateway keeps those that it relays: each
 * lives apart from whoever reads it, can be read again from any place, and says its ending only
 * after it is saved.
 *
 * <pre>{@code
 * try (var lastword = Lastword.embedded(Path.of("data"))) {
 *   try (var answer = lastword.open("chat-7", Owner.of("ann"))) {
 *     for (var token : model.stream(prompt)) {
 *       answer.send(token);
 *     }
 *     answer.seal(saved -> messages.save(saved.stream().value(), saved.text()));
 *   }
 * }
 * }</pre>
 *
 * <p>Thread-safe; one for each data directory, as long as the application runs. What asks the disk
 * waits for it, so on a virtual thread, or any that may wait.
 */
public final class Lastword implements AutoCloseable {
  private static final Pattern EVENT_ID = Pattern.compile("(\\d{1,18})-(\\d{1,18})");

  private final Engine engine;
  private final Streams streams;
  private final int eventBytesMax;
  private final Duration heartbeat;
  private final Duration grace;

  /** Those whose outcome is not on the disk yet. */
  private final Set<Answer> answers = ConcurrentHashMap.newKeySet();

  private final Waiting waiting = new Waiting();
  private boolean closed;

  Lastword(Engine engine, int eventBytesMax, Duration heartbeat, Duration grace) {
    this.engine = engine;
    this.streams = engine.streams();
    this.eventBytesMax = eventBytesMax;
    this.heartbeat = heartbeat;
    this.grace = grace;
  }

  /**
   * Opens a directory with the defaults, see {@link LastwordBuilder#open}.
   *
   * @param data one process at a time has it; not on a network file system
   */
  public static Lastword embedded(Path data) {
    return at(data).open();
  }

  /** Prepares to open a directory otherwise. */
  public static LastwordBuilder at(Path data) {
    return new LastwordBuilder(data);
  }

  /**
   * The saver that is registered: for whoever seals an answer with one of its own, and wants this
   * one called as well.
   */
  public Optional<Saver> saver() {
    return engine.savers().registered();
  }

  /** Opens an answer in a conversation, see {@link #open(AnswerRequest)}. */
  public Answer open(String conversation, Owner owner) {
    return open(AnswerRequest.of(owner).conversation(conversation));
  }

  /**
   * Opens an answer; it is on the disk when this returns, so its id may be given out.
   *
   * @throws NotOpenedException if there is no room for it, or one of its id
   * @throws LastwordClosedException if this is closed, as from all that is asked here
   * @throws WaitInterruptedException if the thread was interrupted; if an answer comes of it all
   *     the same, it has failed, {@code not_sealed}
   */
  public Answer open(AnswerRequest request) {
    var opened = new CompletableFuture<Answer>();
    try {
      return waiting.on(opened, "the answer to be opened", () -> admit(request, opened));
    } catch (WaitInterruptedException e) {
      opened.cancel(false);
      throw e;
    }
  }

  private void admit(AnswerRequest request, CompletableFuture<Answer> opened) {
    streams.admit(
        request.id().orElse(null),
        admission -> {
          switch (admission) {
            case Admission.Admitted admitted -> begin(admitted.place(), request, opened);
            case Admission.Refused refused ->
                opened.completeExceptionally(new NotOpenedException(refused.why()));
          }
        });
  }

  private void begin(Place place, AnswerRequest request, CompletableFuture<Answer> opened) {
    var attributes = new HashMap<>(request.attributes());
    attributes.put(Attributes.SAVE, Savers.NAME);
    var streamRequest =
        new StreamRequest(
            request.owner(), request.dialect(), Framing.EVENTS, RequestFacts.NONE, attributes);
    var home = engine.home();
    home.execute(
        () -> {
          var opening = new Opening(opened, answers::remove);
          var composition = streams.compose(place, streamRequest, home, opening, opening);
          var draft = new Draft(composition, request.dialect(), eventBytesMax, home);
          var answer = new Answer(draft, engine.savers(), engine.io());
          answers.add(answer);
          opening.of(draft, answer);
        });
  }

  /** Writes an answer, and cannot end it. */
  @FunctionalInterface
  public interface Writing<X extends Exception> {
    /** Writes all of it. */
    void to(Sender sender) throws X;
  }

  /**
   * Opens an answer, has it written, and seals it: whoever writes has nothing in the hand to end it
   * with, so that what throws cannot be sealed by a {@code finally}.
   *
   * @throws X what the writing has thrown; the answer has failed, and its partial is kept
   * @throws RuntimeException as {@link #open(AnswerRequest)} and {@link Answer#seal(Saver)}
   */
  public <X extends Exception> StreamView answer(
      AnswerRequest request, Writing<X> writing, Saver saver) throws X {
    try (var answer = open(request)) {
      writing.to(
          new Sender() {
            @Override
            public void send(String token) {
              answer.send(token);
            }

            @Override
            public void send(SseEvent event) {
              answer.send(event);
            }
          });
      return answer.seal(saver);
    }
  }

  /**
   * Reads a stream, running or at rest. Close the reading.
   *
   * @param lastEventId the ID of the last event that the reader has seen, as its {@code
   *     Last-Event-ID} says; {@code ""} for one that has seen none
   * @return empty if there is none of this id that is the owner's
   * @throws UnknownEventException if the ID is none of this stream's
   */
  public Optional<Reading> read(StreamId id, Owner owner, String lastEventId) {
    return found(id, owner).map(stream -> read(stream, lastEventId));
  }

  private Reading read(Stream stream, String lastEventId) {
    if (lastEventId.isEmpty()) {
      return reading(stream, 0, false);
    }
    return switch (resume(stream, lastEventId)) {
      case Resume.After after -> reading(stream, after.seq(), false);
      case Resume.AtEnd end -> reading(stream, stream.view().events(), true);
      case Resume.Unknown unknown ->
          throw new UnknownEventException("the last event ID is none of stream " + stream.id());
    };
  }

  private static Resume resume(Stream stream, String lastEventId) {
    Matcher parts = EVENT_ID.matcher(lastEventId);
    return parts.matches()
        ? stream.resume(Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2)))
        : new Resume.Unknown();
  }

  private Reading reading(Stream stream, long afterSeq, boolean atEnd) {
    return new Reading(stream, afterSeq, atEnd, this::health, heartbeat, engine.io());
  }

  private Optional<Stream> found(StreamId id, Owner owner) {
    return waiting.ask(asked -> streams.find(owner, id, asked));
  }

  /** What there is to say about a stream now; empty if there is none that is the owner's. */
  public Optional<StreamView> find(StreamId id, Owner owner) {
    return found(id, owner).map(Stream::view);
  }

  /**
   * Stops an answer and keeps its partial; whoever writes it is told at the next {@link
   * Answer#send(String) send}, and by {@link Answer#ended}. One that is sealed goes on to be saved.
   */
  public CancelResult cancel(StreamId id, Owner owner) {
    return waiting.ask(asked -> streams.cancel(owner, id, asked));
  }

  /** Deletes a stream, see {@link Streams#delete}. */
  public DeleteResult delete(StreamId id, Owner owner) {
    var before = find(id, owner);
    DeleteResult result = waiting.ask(asked -> streams.delete(owner, id, asked));
    if (result == DeleteResult.DELETED) {
      before.ifPresent(view -> engine.savers().forget(id, view.createdMs()));
    }
    return result;
  }

  /**
   * The response of a stream as JSON text, as far as it has come, as the gateway's {@code
   * /api/streams/ID/response} answers it; empty if there is none that is the owner's.
   *
   * @throws dev.lastword.stream.ResponseTooLargeException for one that cannot be put together in
   *     memory
   * @throws dev.lastword.stream.MemoryFullException where there is no room for it now
   */
  public Optional<String> response(StreamId id, Owner owner) {
    return waiting.ask(asked -> streams.response(owner, id, asked));
  }

  /** Streams of an owner, newest first. */
  public List<StreamView> list(Owner owner, StreamQuery query) {
    return waiting.ask(asked -> streams.list(owner, query, asked));
  }

  /**
   * The turns of a conversation, oldest first; the running one, if any, is among them.
   *
   * @param limit 1 to 1,000; of a longer conversation the newest are given
   */
  public List<Turn> conversation(String key, Owner owner, int limit) {
    return waiting.ask(asked -> streams.conversation(owner, key, limit, asked));
  }

  /**
   * Saves an answer once more whose save was rejected or given up, by the registered saver. What
   * its readers were told stays as it is.
   */
  public SaveResult saveAgain(StreamId id, Owner owner) {
    return waiting.ask(asked -> streams.save(owner, id, asked));
  }

  /** Whether its disk takes what is sent. */
  public Journal.Health health() {
    return streams.health();
  }

  /** Number of answers that are open now. */
  public int open() {
    return streams.generations();
  }

  /**
   * Opens nothing more, gives open answers their grace, interrupts those that are left, and lets go
   * of the directory. Whoever waits for an answer that is not decided then gets an {@link
   * UndecidedException}. Takes the grace and some 15 s at the most; again does nothing.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    waiting.refuse();
    engine.close(grace);
    waiting.end();
    for (var answer : answers) {
      answer.undecided("this Lastword was closed: the next start decides the answer");
    }
    answers.clear();
  }
}
