package dev.lastword.library;

import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Streams;
import dev.lastword.stream.Turn;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

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
 * <p>They are kept in a directory of this process ({@link #embedded}), in another {@link Storage}
 * of its own, or by a gateway ({@link #remote}), which other processes and browsers read from: the
 * same in each case, but for what {@link RemoteBuilder} says.
 *
 * <p>Thread-safe; one for each data directory, as long as the application runs. What asks the disk
 * waits for it, so on a virtual thread, or any that may wait.
 */
public final class Lastword implements AutoCloseable {
  private final Backend backend;

  Lastword(Backend backend) {
    this.backend = backend;
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
    return at(new DirectoryStorage(data));
  }

  /** Prepares to keep the answers in something else than a directory. */
  public static LastwordBuilder at(Storage storage) {
    return new LastwordBuilder(storage);
  }

  /**
   * A gateway keeps the answers, with the defaults: see {@link RemoteBuilder#open}.
   *
   * @param gateway its address, {@code http[s]://host[:port]}
   */
  public static Lastword remote(URI gateway) {
    return at(gateway).open();
  }

  /** Prepares to have a gateway keep the answers otherwise. */
  public static RemoteBuilder at(URI gateway) {
    return new RemoteBuilder(gateway);
  }

  /**
   * The saver that is registered: for whoever seals an answer with one of its own, and wants this
   * one called as well.
   */
  public Optional<Saver> saver() {
    return backend.saver();
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
    return backend.open(request);
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
    return backend.read(id, owner, lastEventId);
  }

  /** What there is to say about a stream now; empty if there is none that is the owner's. */
  public Optional<StreamView> find(StreamId id, Owner owner) {
    return backend.find(id, owner);
  }

  /**
   * Stops an answer and keeps its partial; whoever writes it is told at the next {@link
   * Answer#send(String) send}, and by {@link Answer#ended}. One that is sealed goes on to be saved.
   */
  public CancelResult cancel(StreamId id, Owner owner) {
    return backend.cancel(id, owner);
  }

  /** Deletes a stream, see {@link Streams#delete}. */
  public DeleteResult delete(StreamId id, Owner owner) {
    return backend.delete(id, owner);
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
    return backend.response(id, owner);
  }

  /** Streams of an owner, newest first. */
  public List<StreamView> list(Owner owner, StreamQuery query) {
    return backend.list(owner, query);
  }

  /**
   * The turns of a conversation, oldest first; the running one, if any, is among them.
   *
   * @param limit 1 to 1,000; of a longer conversation the newest are given
   */
  public List<Turn> conversation(String key, Owner owner, int limit) {
    return backend.conversation(key, owner, limit);
  }

  /**
   * Saves an answer once more whose save was rejected or given up, by the registered saver. What
   * its readers were told stays as it is.
   */
  public SaveResult saveAgain(StreamId id, Owner owner) {
    return backend.saveAgain(id, owner);
  }

  /** Whether its disk takes what is sent. */
  public Journal.Health health() {
    return backend.health();
  }

  /** Number of answers that are open now. */
  public int open() {
    return backend.open();
  }

  /**
   * Opens nothing more, gives open answers their grace, interrupts those that are left, and lets go
   * of the directory. Whoever waits for an answer that is not decided then gets an {@link
   * UndecidedException}. Takes the grace and some 15 s at the most; again does nothing.
   */
  @Override
  public void close() {
    backend.close();
  }
}
