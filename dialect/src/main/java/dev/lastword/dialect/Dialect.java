package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Optional;

/** How one family of endpoints streams a response. Stateless and thread-safe. */
public interface Dialect {
  /** Stable name, such as {@code openai-chat}: it stands in the journal, in JSON and in metrics. */
  String name();

  /**
   * A detector for one response.
   *
   * @param facts what the request said; {@link RequestFacts#NONE} if nothing is known of it
   */
  EndingDetector detector(RequestFacts facts);

  /** An assembler for one response. */
  ResponseAssembler assembler();

  /**
   * What the request's body says that its response's end depends on.
   *
   * @param body the request's body, or its first part where it was larger than the caller keeps;
   *     any bytes
   */
  RequestFacts facts(byte[] body);

  /**
   * A failure in the form that this dialect's clients raise as an error.
   *
   * @param code machine-readable, such as {@code upstream_truncated}
   * @param message one sentence for a person
   */
  SseEvent error(String code, String message);

  /**
   * The terminal event to say when the answer was complete and the upstream left it out; empty if
   * there is none.
   */
  Optional<SseEvent> missingTerminal();

  /** The dialect itself; of one that only the events tell, what it is as long as they have not. */
  default Dialect settled() {
    return this;
  }

  /**
   * The dialect that the first events of a response show, where this one is still to be decided;
   * empty if they show none, and always if it is.
   */
  default Optional<Dialect> settledBy(List<SseEvent> first) {
    return Optional.empty();
  }

  /**
   * Whether an event, which the detector has called content, shows a reader nothing of the answer
   * yet: the announcement of a response, a role, an empty part, a ping. As long as nothing but a
   * preamble has been said the response can still be another one.
   */
  default boolean isPreamble(SseEvent event) {
    return false;
  }

  /**
   * An event that the detector has called an error, as a response with a status says it; empty
   * where it is no failure of the upstream, or where this dialect's clients expect it as an event.
   */
  default Optional<UpstreamError> failure(SseEvent event) {
    return Optional.of(UpstreamError.of(event));
  }

  /** Whether its responses have ids by which the vendor's own API finds them again. */
  default boolean hasResponseIds() {
    return false;
  }

  /** The id of the response that an event announces; empty where it announces none. */
  default Optional<String> responseId(SseEvent event) {
    return Optional.empty();
  }

  /**
   * Whether this dialect's clients read on after the terminal event until the body ends. What is
   * said there is then shown, and so belongs to the answer; the end of the body is its end.
   */
  default boolean clientsReadOn() {
    return false;
  }
}
