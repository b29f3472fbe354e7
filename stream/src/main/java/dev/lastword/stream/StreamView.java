package dev.lastword.stream;

import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.EpochSpan;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What there is to say about a stream at one moment.
 *
 * @param state word of its {@link StreamState}
 * @param outcome null while it has none
 * @param reason why it ended so, {@code ""} for completed and while it is open
 * @param terminalMissing the upstream left its terminal event out
 * @param saved every save hook has acknowledged it; without hooks: it is on disk with its outcome
 * @param endedMs wall clock, or 0 while it is open
 * @param events visible events, which is also the number of the last
 * @param bytes their length on the wire
 * @param late events after the terminal one, never sent
 * @param epochs which epoch the events' ids name
 * @param subscribers readers connected now
 */
public record StreamView(
    StreamId id,
    Map<String, String> attributes,
    String state,
    @Nullable Outcome outcome,
    String reason,
    boolean terminalMissing,
    boolean saved,
    long createdMs,
    long endedMs,
    long events,
    long bytes,
    long late,
    List<EpochSpan> epochs,
    int subscribers) {

  static StreamView of(ArchivedStream closed) {
    return new StreamView(
        closed.id(),
        closed.attributes(),
        "released",
        closed.outcome(),
        closed.reason(),
        closed.terminalMissing(),
        closed.saved(),
        closed.createdMs(),
        closed.endedMs(),
        closed.events(),
        closed.bytes(),
        closed.late(),
        closed.epochs(),
        0);
  }

  /** The event ID of event {@code seq}, from 1 to {@link #events}. */
  public String eventId(long seq) {
    return Epochs.of(epochs, seq) + "-" + seq;
  }
}
