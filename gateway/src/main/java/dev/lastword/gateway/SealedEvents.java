package dev.lastword.gateway;

import dev.lastword.sse.EventDigest;
import dev.lastword.stream.Receipt;

/**
 * The events that somebody has of a sealed stream, to be compared with its receipt. What is {@code
 * ""} is not known there.
 *
 * @param from where they come from, as a sentence says it
 * @param stream id of the stream
 * @param last ID of the last event
 * @param outcome word of the outcome
 * @param receipt the receipt that was found with them
 */
record SealedEvents(
    String from,
    String stream,
    long events,
    String sha256,
    String last,
    String outcome,
    String receipt) {
  static SealedEvents of(
      String from, String stream, EventDigest digest, String last, String outcome, String receipt) {
    return new SealedEvents(
        from, stream, digest.events(), Receipt.text(digest), last, outcome, receipt);
  }
}
