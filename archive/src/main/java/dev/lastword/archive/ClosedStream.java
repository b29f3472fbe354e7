package dev.lastword.archive;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import java.util.List;
import java.util.Map;

/**
 * What is known of a stream that has its outcome, without its events.
 *
 * @param attributes as it was opened with
 * @param reason why it ended as it did, {@code ""} for completed
 * @param terminalMissing the upstream left its terminal event out
 * @param saved every save hook has acknowledged it
 * @param events number of events, which is also the number of the last
 * @param bytes length of all events on the wire
 * @param late events that came after the terminal one and were never sent
 * @param epochs by first event, at least one
 */
public record ClosedStream(
    StreamId id,
    Map<String, String> attributes,
    Outcome outcome,
    String reason,
    boolean terminalMissing,
    boolean saved,
    long createdMs,
    long endedMs,
    long events,
    long bytes,
    long late,
    List<EpochSpan> epochs) {

  /** This stream, once every save hook has acknowledged it. */
  public ClosedStream asSaved() {
    return new ClosedStream(
        id,
        attributes,
        outcome,
        reason,
        terminalMissing,
        true,
        createdMs,
        endedMs,
        events,
        bytes,
        late,
        epochs);
  }
}
