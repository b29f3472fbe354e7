package dev.lastword.archive;

import dev.lastword.sse.EncodedEvents;

/**
 * A run of a stream's events.
 *
 * @param firstSeq number of the first
 */
public record ArchivedEvents(long firstSeq, EncodedEvents events) {}
