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
 * @param receipt what was signed of it; {@code ""} before it is sealed, and where none was made
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
    String receipt,
    int subscribers) {

  static StreamView of(ArchivedStream row) {
    return new StreamView(
        row.id(),
        row.attributes(),
        row.state().word(),
        row.outcome(),
        row.reason(),
        row.terminalMissing(),
        row.saved(),
        row.createdMs(),
        row.endedMs(),
        row.events(),
        row.bytes(),
        row.late(),
        row.epochs(),
        row.receipt(),
        0);
  }

  /** The event ID of event {@code seq}, from 1 to {@link #events}. */
  public String eventId(long seq) {
    return Epochs.of(epochs, seq) + "-" + seq;
  }
}
