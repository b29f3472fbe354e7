package dev.lastword.archive;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** TEMP. */
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
    List<EpochSpan> epochs) {
  /** State. */
  public enum State {
    /** o. */
    OPEN,
    /** c. */
    COMPLETE,
    /** s. */
    SAVED,
    /** r. */
    RELEASED;

    /** w. */
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** new. */
  public static ArchivedStream opened(StreamId id, Map<String, String> attributes, long createdMs, long openedAt) {
    return new ArchivedStream(id, attributes, createdMs, openedAt, 0, State.OPEN, null, "", false, false, false, false, false, false, 0, 0, 0, 0, 0, 0, 0, List.of());
  }

  /** rest. */
  public ArchivedStream asAtRest() {
    return new ArchivedStream(id, attributes, createdMs, openedAt, upTo, state, outcome, reason, terminalMissing, saved, saveOver, true, ended, corrupt, endedMs, completeTimeMs, events, withheld, withheldBytes, bytes, late, epochs);
  }

  /** saved. */
  public ArchivedStream asSaved() {
    return new ArchivedStream(id, attributes, createdMs, openedAt, upTo, state, outcome, reason, terminalMissing, true, saveOver, atRest, ended, corrupt, endedMs, completeTimeMs, events, withheld, withheldBytes, bytes, late, epochs);
  }
}
