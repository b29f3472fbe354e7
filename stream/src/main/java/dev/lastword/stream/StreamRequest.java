package dev.lastword.stream;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.sse.Framing;
import java.util.Map;

/**
 * What a stream is opened with.
 *
 * @param owner whom it belongs to
 * @param dialect how its upstream speaks
 * @param framing how the events stand in its upstream's body
 * @param facts what the request said that the ending depends on
 * @param attributes what is written down about it; the names are in {@link Attributes}
 */
public record StreamRequest(
    Owner owner,
    Dialect dialect,
    Framing framing,
    RequestFacts facts,
    Map<String, String> attributes) {}
