package dev.lastword.stream;

import java.time.Duration;

/**
 * Bounds of the engine. Each has the default of {@link #DEFAULT}.
 *
 * @param tail how long the upstream is read on after the terminal event, for what is late
 * @param endingSilence longest silence of an upstream after an ending event; then the answer is
 *     complete, though neither a terminal event came nor the body ended
 * @param idle longest silence of an upstream; then the stream ends {@code failed}, {@code
 *     upstream_idle}
 * @param duration longest life of a generation; then {@code failed}, {@code duration_exceeded}
 * @param responseBytesMax most bytes of one response, of its body and of its events on the wire;
 *     then {@code failed}, {@code response_too_large}. One of an upstream whose hooks have to be
 *     told of it may also be no larger than what can be put together in the heap
 * @param eventBytesMax most bytes of one event, at most 16 MiB; then {@code failed}, {@code
 *     event_too_large}
 * @param pendingBytesMax bytes of one stream that may wait for the disk; then its upstream is not
 *     read on
 * @param residentBytesMax bytes of one stream kept in memory; older ones are read from the journal
 *     again
 * @param generationsMax most generations at once; further ones are refused before anything is
 *     written
 * @param retaining how long streams are kept
 * @param saving how save hooks are called
 */
public record StreamOptions(
    Duration tail,
    Duration endingSilence,
    Duration idle,
    Duration duration,
    long responseBytesMax,
    int eventBytesMax,
    int pendingBytesMax,
    int residentBytesMax,
    int generationsMax,
    Retaining retaining,
    Saving saving) {
  /** The bounds that stand in the guides. */
  public static final StreamOptions DEFAULT =
      new StreamOptions(
          Duration.ofSeconds(5),
          Duration.ofSeconds(30),
          Duration.ofSeconds(120),
          Duration.ofHours(1),
          64L << 20,
          16 << 20,
          1 << 20,
          1 << 20,
          10_000,
          Retaining.DEFAULT,
          Saving.DEFAULT);

  /** An event takes this part of the memory budget at the most: it is there a few times over. */
  private static final int EVENT_PART = 8;

  /** These bounds, as far as a memory budget bears them. */
  StreamOptions fitting(MemoryBudget budget) {
    int eventBytes = (int) Math.min(eventBytesMax, Math.max(64 << 10, budget.bytes() / EVENT_PART));
    return with(responseBytesMax, eventBytes);
  }

  StreamOptions withResponseBytesMax(long bytes) {
    return with(bytes, eventBytesMax);
  }

  private StreamOptions with(long responseBytes, int eventBytes) {
    return new StreamOptions(
        tail,
        endingSilence,
        idle,
        duration,
        responseBytes,
        eventBytes,
        pendingBytesMax,
        residentBytesMax,
        generationsMax,
        retaining,
        saving);
  }

  /**
   * How long streams are kept that have ended.
   *
   * @param age then they go
   * @param bytesMax most bytes of events that the archive keeps; then the oldest go
   * @param ageOnFullDisk while the disk is full the oldest go, but none that ended less long ago
   */
  public record Retaining(Duration age, long bytesMax, Duration ageOnFullDisk) {
    /**
     * 30 days, 64 GiB; none of the last week on a full disk: a wrong clock is a day at the most.
     */
    public static final Retaining DEFAULT =
        new Retaining(Duration.ofDays(30), 64L << 30, Duration.ofDays(7));
  }

  /**
   * How save hooks are called.
   *
   * @param timeout longest wait for one call's answer
   * @param retryFirst bound of the first wait between calls; it doubles up to {@code retryMax},
   *     each wait is drawn evenly from nothing to its bound
   * @param retryMax largest bound of a wait between calls
   * @param hold how long subscribers wait for the save before they are told that it is pending,
   *     again and again
   * @param giveUp after this the response counts as rejected
   * @param policy when readers are told, where a stream does not say otherwise
   * @param patience how long {@link SavePolicy#PUBLISH} waits for the save
   */
  public record Saving(
      Duration timeout,
      Duration retryFirst,
      Duration retryMax,
      Duration hold,
      Duration giveUp,
      SavePolicy policy,
      Duration patience) {
    /** Fail closed, as the contract has it. */
    public static final Saving DEFAULT =
        new Saving(
            Duration.ofSeconds(10),
            Duration.ofMillis(200),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofHours(24),
            SavePolicy.WITHHOLD,
            Duration.ofSeconds(5));
  }
}
