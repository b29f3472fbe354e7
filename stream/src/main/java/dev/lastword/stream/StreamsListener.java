package dev.lastword.stream;

import dev.lastword.journal.Outcome;

/**
 * Hears what happens, for metrics. Called on the road of an event: quick, and whatever it throws is
 * its own loss.
 */
public interface StreamsListener {
  /** Hears nothing. */
  StreamsListener NONE = new StreamsListener() {};

  /** A stream was created. */
  default void opened() {}

  /** Events became visible. */
  default void published(int events, int bytes) {}

  /** A stream has its outcome; the time is from the decision to the release. */
  default void released(Outcome outcome, long sealNanos) {}

  /** A save hook has acknowledged; the time is that of this call alone. */
  default void saved(String hook, long nanos) {}

  /**
   * A call of a save hook failed: it did not acknowledge, and may do so when it is called again.
   */
  default void saveFailed(String hook) {}

  /** A save hook has said that it never takes a response. */
  default void saveRejected(String hook) {}

  /** Readers are told an ending that not every save hook has acknowledged, for this policy. */
  default void releasedUnsaved(SavePolicy policy) {}

  /** Streams went into the archive. */
  default void archived(int streams) {}
}
