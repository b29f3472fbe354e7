package dev.lastword.testing;

import java.io.IOException;

/** What a node of a cluster asks of the store: the kinds of it that faults befall. */
enum Statement {
  /** A flush of a journal: its bytes, under its epoch. */
  FLUSH,
  /** A change of a journal's segments, or its opening. */
  FILES,
  /** A batch for an archive, or its opening. */
  ARCHIVE,
  /** What the beat asks of the leases. */
  LEASES,
  /** What errands say to the leases. */
  BESIDE;

  /** What the store does at once and alone, when a statement has come to it. */
  @FunctionalInterface
  interface Transaction<T> {
    /**
     * Runs it.
     *
     * @throws IOException if the store refuses it; then nothing of it is done
     */
    T run() throws IOException;
  }

  /** What becomes of one statement. */
  enum Fate {
    /** It is refused before it has come to the store. */
    REFUSED,
    /** It is done, and its answer is lost. */
    ANSWER_LOST,
    /** Whoever waits for it gives up, and it is done later, or comes too late. */
    LATE,
    /** It takes its time, before and behind. */
    SLOW,
    /** The process stands still before it comes to the store, for longer than a lease. */
    FROZEN_BEFORE,
    /** The process stands still before it hears of the answer, for longer than a lease. */
    FROZEN_BEHIND
  }
}
