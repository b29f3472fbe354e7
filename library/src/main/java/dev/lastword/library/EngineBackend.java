package dev.lastword.library;

import dev.lastword.dialect.RequestFacts;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.Framing;
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
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The engine of this process keeps the answers, in a storage of its own. */
final class EngineBackend implements Backend {
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

  EngineBackend(Engine engine, int eventBytesMax, Duration heartbeat, Duration grace) {
    this.engine = engine;
    this.streams = engine.streams();
    this.eventBytesMax = eventBytesMax;
    this.heartbeat = heartbeat;
    this.grace = grace;
  }

  @Override
  public Optional<Saver> saver() {
    return engine.savers().registered();
  }

  @Override
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
          var draft =
              new Draft(
                  composition.stream().id(),
                  new ComposedOutlet(composition),
                  request.dialect(),
                  eventBytesMax,
                  home);
          var answer = new Answer(draft, engine.savers(), engine.io());
          answers.add(answer);
          opening.of(draft, answer);
        });
  }

  @Override
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
    return new Reading(
        new StreamReading(stream, afterSeq, atEnd, this::health, heartbeat), engine.io());
  }

  private Optional<Stream> found(StreamId id, Owner owner) {
    return waiting.ask(asked -> streams.find(owner, id, asked));
  }

  @Override
  public Optional<StreamView> find(StreamId id, Owner owner) {
    return found(id, owner).map(Stream::view);
  }

  @Override
  public CancelResult cancel(StreamId id, Owner owner) {
    return waiting.ask(asked -> streams.cancel(owner, id, asked));
  }

  @Override
  public DeleteResult delete(StreamId id, Owner owner) {
    var before = find(id, owner);
    DeleteResult result = waiting.ask(asked -> streams.delete(owner, id, asked));
    if (result == DeleteResult.DELETED) {
      before.ifPresent(view -> engine.savers().forget(id, view.createdMs()));
    }
    return result;
  }

  @Override
  public Optional<String> response(StreamId id, Owner owner) {
    return waiting.ask(asked -> streams.response(owner, id, asked));
  }

  @Override
  public List<StreamView> list(Owner owner, StreamQuery query) {
    return waiting.ask(asked -> streams.list(owner, query, asked));
  }

  @Override
  public List<Turn> conversation(String key, Owner owner, int limit) {
    return waiting.ask(asked -> streams.conversation(owner, key, limit, asked));
  }

  @Override
  public SaveResult saveAgain(StreamId id, Owner owner) {
    return waiting.ask(asked -> streams.save(owner, id, asked));
  }

  @Override
  public Journal.Health health() {
    return streams.health();
  }

  @Override
  public int open() {
    return streams.generations();
  }

  @Override
  public void close() {
    close(grace, "this Lastword was closed");
  }

  /** Its storage is lost: nothing of it can be written down any more. */
  void giveUp() {
    close(Duration.ZERO, "its storage was lost");
  }

  private synchronized void close(Duration patience, String what) {
    if (closed) {
      return;
    }
    closed = true;
    waiting.refuse();
    engine.close(patience);
    waiting.end(what);
    for (var answer : answers) {
      answer.undecided(what + ": the next start decides the answer");
    }
    answers.clear();
  }
}
