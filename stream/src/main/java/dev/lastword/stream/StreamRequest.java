package dev.lastword.stream;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.sse.Framing;
import java.util.Map;
import java.util.Optional;

/**
 * What a stream is opened with.
 *
 * @param owner whom it belongs to
 * @param dialect how its upstream speaks
 * @param framing how the events stand in its upstream's body
 * @param facts what the request said that the ending depends on
 * @param attributes what is written down about it; the names are in {@link Attributes}
 * @param options bounds of this stream alone, where they are not those of all; what concerns more
 *     than one stream is not looked at
 */
public record StreamRequest(
    Owner owner,
    Dialect dialect,
    Framing framing,
    RequestFacts facts,
    Map<String, String> attributes,
    Optional<StreamOptions> options) {
  /** A stream with the bounds of all. */
  public StreamRequest(
      Owner owner,
      Dialect dialect,
      Framing framing,
      RequestFacts facts,
      Map<String, String> attributes) {
    this(owner, dialect, framing, facts, attributes, Optional.empty());
  }
}
