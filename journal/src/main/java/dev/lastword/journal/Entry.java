package dev.lastword.journal;

import dev.lastword.sse.EncodedEvents;
import java.util.Map;

/**
 * One step in the life of one stream, as the journal keeps it.
 *
 * <pre>
 *   Opened -> Appended* -+-> Ending -> Saved -> Sealed(completed)      with save hooks
 *                        +-> Sealed(completed)                         without: the entry is the save
 *                        '-> Sealed(cancelled|failed|interrupted) [-> Saved]
 *   then Late* and, in the end, Deleted
 * </pre>
 *
 * <p>Sequence numbers count the events of a stream from 1 without a gap; {@code firstSeq} is the
 * number of the first event in the entry. Times are milliseconds of the wall clock, for people;
 * nothing is decided by them.
 */
public sealed interface Entry {
  /** The stream that the entry belongs to. */
  StreamId stream();

  /**
   * The stream exists.
   *
   * @param attributes what is known of it from the start: dialect, request, conversation; names and
   *     values UTF-8, at most 1 MiB together
   */
  record Opened(StreamId stream, Map<String, String> attributes, long atMs) implements Entry {}

  /** Events that readers may see from now on. */
  record Appended(StreamId stream, long firstSeq, EncodedEvents events) implements Entry {}

  /**
   * The answer is complete (COMPLETE): the withheld events, which no reader may see yet.
   *
   * @param terminalMissing the upstream left its terminal event out
   */
  record Ending(
      StreamId stream, long firstSeq, EncodedEvents withheld, boolean terminalMissing, long atMs)
      implements Entry {}

  /** The save hooks have acknowledged the response (SAVED). */
  record Saved(StreamId stream, long atMs) implements Entry {}

  /**
   * The outcome (RELEASED): nothing of the stream changes after this.
   *
   * @param events the events said with it. After an {@code Ending} this is empty and that entry's
   *     events are released.
   * @param reason why, for outcomes other than completed: a code such as {@code
   *     upstream_truncated}; else {@code ""}
   */
  record Sealed(
      StreamId stream,
      long firstSeq,
      EncodedEvents events,
      Outcome outcome,
      String reason,
      boolean terminalMissing,
      long atMs)
      implements Entry {}

  /**
   * What the upstream sent after its terminal event: kept for whoever investigates, counted, never
   * sent.
   */
  record Late(StreamId stream, EncodedEvents events) implements Entry {}

  /** The stream is gone for readers; its bytes go with the segment. */
  record Deleted(StreamId stream, long atMs) implements Entry {}
}
