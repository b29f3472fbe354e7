package dev.lastword.journal;

import dev.lastword.sse.EncodedEvents;
import java.util.Map;

/**
 * One step in the life of one stream, as the journal keeps it.
 *
 * <pre>
 *   Opened -> (Appended | Withheld | Shown)*
 *               -+-> Ending -> Saved -> Sealed(completed)              with save hooks
 *                +-> Sealed(completed)                                 without: the entry is the save
 *                '-> Sealed(cancelled|failed|interrupted) [-> Saved]
 *   Rejected behind an Ending or a Sealed; then Late* and, in the end, Deleted
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
   * Events from an ending event on: durable, and no reader may see them before {@link Shown}, or a
   * {@link Sealed} as completed, makes all that is withheld visible.
   */
  record Withheld(StreamId stream, long firstSeq, EncodedEvents events) implements Entry {}

  /**
   * Everything withheld so far becomes visible.
   *
   * @param ended false: content followed, the ending was none. True: the upstream fell silent
   *     behind its ending, and the answer is complete as it is unless more comes.
   */
  record Shown(StreamId stream, boolean ended) implements Entry {}

  /**
   * The answer is complete (COMPLETE): the withheld events that were not written yet, which no
   * reader may see before the outcome.
   *
   * @param terminalMissing the upstream left its terminal event out
   */
  record Ending(
      StreamId stream, long firstSeq, EncodedEvents withheld, boolean terminalMissing, long atMs)
      implements Entry {}

  /** The save hooks have acknowledged the response (SAVED). */
  record Saved(StreamId stream, long atMs) implements Entry {}

  /** The save was rejected or given up: from now on no hook is called for the stream by itself. */
  record Rejected(StreamId stream, long atMs) implements Entry {}

  /**
   * The outcome (RELEASED): nothing of the stream changes after this.
   *
   * @param events the events said with it. After an {@code Ending} this is empty and what is
   *     withheld is released.
   * @param reason why, for outcomes other than completed: a code such as {@code
   *     upstream_truncated}; else {@code ""}
   * @param receipt a signed statement of what was sealed; {@code ""} where none was made
   */
  record Sealed(
      StreamId stream,
      long firstSeq,
      EncodedEvents events,
      Outcome outcome,
      String reason,
      boolean terminalMissing,
      long atMs,
      String receipt)
      implements Entry {
    /** An outcome without a receipt. */
    public Sealed(
        StreamId stream,
        long firstSeq,
        EncodedEvents events,
        Outcome outcome,
        String reason,
        boolean terminalMissing,
        long atMs) {
      this(stream, firstSeq, events, outcome, reason, terminalMissing, atMs, "");
    }

    /** The same outcome, and what was signed of it. */
    public Sealed with(String signed) {
      return new Sealed(stream, firstSeq, events, outcome, reason, terminalMissing, atMs, signed);
    }
  }

  /**
   * What the upstream sent after its terminal event: kept for whoever investigates, counted, never
   * sent.
   */
  record Late(StreamId stream, EncodedEvents events) implements Entry {}

  /**
   * The stream is gone for readers; its bytes go with the segment.
   *
   * @param expired whether it had outlived its time; else its owner deleted it
   */
  record Deleted(StreamId stream, long atMs, boolean expired) implements Entry {}
}
