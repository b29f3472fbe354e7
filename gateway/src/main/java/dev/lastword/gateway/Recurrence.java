package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Place;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How a relayed request may be one that was made before. Everything is called on the exchange's
 * loop, and tells on it.
 */
sealed interface Recurrence permits Recurrence.Never, KeyedRequest, CountedRequest {
  /** Whether its whole body has to be known before anything is asked. */
  default boolean needsBody() {
    return false;
  }

  /** The whole body has come; why the request is refused, if it is. */
  default Optional<Problem> known(RequestUpload upload) {
    return Optional.empty();
  }

  /** The id of the stream that answers it, where that is decided already. */
  default Optional<StreamId> id() {
    return Optional.empty();
  }

  /**
   * Answers with what there is already, before room is asked for.
   *
   * @param answering told before it does
   * @param otherwise told if there is nothing
   */
  default void first(Runnable answering, Runnable otherwise) {
    otherwise.run();
  }

  /** The same, where there is a stream of its id, or no room for one. */
  default void instead(Runnable answering, Runnable otherwise) {
    otherwise.run();
  }

  /** Whether an answer is kept that is no event stream. */
  default boolean keepsAll() {
    return false;
  }

  /** Writes down that it is asked, before an upstream is; tells why not, if it cannot be. */
  default void claim(Place place, Consumer<Optional<OpenRefusal>> told) {
    told.accept(Optional.empty());
  }

  /** An upstream has answered; what is to be written down with the answer. */
  default Map<String, String> answered(RequestUpload upload, int status, HttpHeaders upstream) {
    return Map.of();
  }

  /** The answer is a stream, which is on disk. */
  default void began(StreamId id, int status, HttpHeaders upstream) {}

  /** The answer is no stream of events, and on disk. */
  default void stored() {}

  /** The answer is none that is kept, and no refusal either: its client has it. */
  default void passed() {}

  /** No stream comes of it. */
  default void failed() {}

  /** A request like any other. */
  record Never() implements Recurrence {}
}
