package dev.lastword.archive;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the archive keeps of a stream beside its events: all of it once it is at rest, before that
 * as far as the journal's entries before {@link #upTo} have brought it.
 *
 * @param attributes as it was opened with
 * @param createdMs wall clock, for people
 * @param openedAt journal position of its opening, which tells one life of an id from another; 0
 *     for one that was stored before archives knew
 * @param upTo journal position: every entry of the stream before it is in here and in its events
 * @param outcome null before it is released
 * @param reason why it ended as it did, {@code ""} for completed and before
 * @param terminalMissing the upstream left its terminal event out
 * @param saved every save hook has acknowledged it
 * @param saveOver the save was rejected or given up: no hook is called for it any more by itself
 * @param atRest nothing more comes
 * @param ended the ending event was seen, and readers were shown it
 * @param corrupt damage in the journal may have taken events from it
 * @param endedMs wall clock, for people; 0 before it is complete
 * @param completeTimeMs journal time at which it was complete, or released; 0 before, and for one
 *     that was stored before journals told the time
 * @param events number of visible events, which is also the number of the last
 * @param withheld number of events that are stored behind the visible ones and not shown
 * @param withheldBytes length of those on the wire
 * @param bytes length of the visible events on the wire
 * @param late events that came after the terminal one and were never sent
 * @param epochs by first event, withheld ones included
 * @param receipt a signed statement of what was sealed; {@code ""} before, and where none was made
 */
public record ArchivedStream(
    StreamId id,
    Map<String, String> attributes,
    long createdMs,
    long openedAt,
    long upTo,
    State state,
    @Nullable Outcome outcome,
    String reason,
    boolean terminalMissing,
    boolean saved,
    boolean saveOver,
    boolean atRest,
    boolean ended,
    boolean corrupt,
    long endedMs,
    long completeTimeMs,
    long events,
    long withheld,
    long withheldBytes,
    long bytes,
    long late,
    List<EpochSpan> epochs,
    String receipt) {

  /** Where a stream stands; it moves down this list and never back. */
  public enum State {
    /** Events may come. */
    OPEN,
    /** The whole answer is in the journal; its ending is withheld. */
    COMPLETE,
    /** The save hooks have acknowledged it. */
    SAVED,
    /** It has its outcome. */
    RELEASED;

    /** As it stands in the database, in JSON and in logs. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A stream of which nothing is known but its opening, itself not counted. */
  public static ArchivedStream opened(
      StreamId id, Map<String, String> attributes, long createdMs, long openedAt) {
    return new ArchivedStream(
        id,
        attributes,
        createdMs,
        openedAt,
        0,
        State.OPEN,
        null,
        "",
        false,
        false,
        false,
        false,
        false,
        false,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        List.of(),
        "");
  }

  /** Number of the last event that is stored, withheld ones included; 0 for none. */
  public long lastSeq() {
    return events + withheld;
  }

  /** This stream, once every save hook has acknowledged it. */
  public ArchivedStream asSaved() {
    return with(true, atRest, events, bytes, withheld, withheldBytes);
  }

  /** This stream, of which nothing more comes. */
  public ArchivedStream asAtRest() {
    return with(saved, true, events, bytes, withheld, withheldBytes);
  }

  /** This stream without what stands behind these events; the epochs of others go, too. */
  public ArchivedStream shortenedTo(
      long nowEvents, long nowBytes, long nowWithheld, long nowWithheldBytes) {
    return with(saved, atRest, nowEvents, nowBytes, nowWithheld, nowWithheldBytes);
  }

  private ArchivedStream with(
      boolean nowSaved,
      boolean nowAtRest,
      long nowEvents,
      long nowBytes,
      long nowWithheld,
      long nowWithheldBytes) {
    long last = nowEvents + nowWithheld;
    return new ArchivedStream(
        id,
        attributes,
        createdMs,
        openedAt,
        upTo,
        state,
        outcome,
        reason,
        terminalMissing,
        nowSaved,
        saveOver,
        nowAtRest,
        ended,
        corrupt,
        endedMs,
        completeTimeMs,
        nowEvents,
        nowWithheld,
        nowWithheldBytes,
        nowBytes,
        late,
        epochs.stream().filter(span -> span.firstSeq() <= last).toList(),
        receipt);
  }
}
