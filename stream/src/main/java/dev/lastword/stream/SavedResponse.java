package dev.lastword.stream;

import dev.lastword.dialect.AssembledResponse;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import java.util.Map;
import tools.jackson.core.JacksonException;

/**
 * What a save hook receives: equal for every attempt.
 *
 * @param stream the stream's id
 * @param reason why it ended so, {@code ""} for completed
 * @param attributes as the stream was opened with
 * @param events number of events the response was put together from
 * @param sha256 their digest, as {@link Receipt#sha256}; {@code ""} for a response that was kept
 *     before there were digests
 * @param createdMs when the stream began, which with its id is the idempotency key: an id may be
 *     used again once its answer is gone
 */
public record SavedResponse(
    StreamId stream,
    Outcome outcome,
    String reason,
    Map<String, String> attributes,
    AssembledResponse response,
    long events,
    String sha256,
    long createdMs,
    long endedMs) {
  /**
   * Of a response as {@link #json} says it.
   *
   * @param json with the number of its events, and their digest
   * @throws IllegalArgumentException if it is none
   */
  public static SavedResponse of(
      StreamId stream,
      Outcome outcome,
      String reason,
      Map<String, String> attributes,
      String json,
      long createdMs,
      long endedMs) {
    ResponseJson read;
    try {
      read = ResponseJson.read(json);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("json: no response", e);
    }
    return new SavedResponse(
        stream,
        outcome,
        reason,
        attributes,
        read.response(),
        read.events(),
        read.sha256(),
        createdMs,
        endedMs);
  }

  /**
   * The same, of which nothing is there but what was known when its stream was opened and ended.
   */
  public SavedResponse withoutContent() {
    return new SavedResponse(
        stream, outcome, reason, attributes, Responses.NONE, 0, "", createdMs, endedMs);
  }

  /** The same, with a content that was written as {@link #json} does. */
  SavedResponse withContent(String json) {
    return of(stream, outcome, reason, attributes, json, createdMs, endedMs);
  }

  /** What a person reads of it. */
  public String text() {
    return response.text();
  }

  /** The response as {@code GET /api/streams/{id}/response} answers it. */
  public String json() {
    return new ResponseJson(response, events, sha256).of(stream, outcome);
  }
}
