package dev.lastword.testing;

import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.stream.SaveHook;
import dev.lastword.stream.SavePolicy;
import dev.lastword.stream.StreamOptions;
import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * How a world is set up.
 *
 * @param options the engine's bounds
 * @param journalOptions the journal's files
 * @param hooks number of save hooks
 * @param homes number of event loops that streams live on; readers live there too
 * @param readerLoops number of event loops that only readers live on
 * @param archiveRunEvents most events that the archive gives in one read
 * @param memoryBytes the part of the heap that answers may take
 * @param journal what stands between the engine and the file journal; to show that a world notices
 * @param hook what stands between the engine and each save hook; to show that a world notices
 */
public record Setup(
    StreamOptions options,
    FileJournal.Options journalOptions,
    int hooks,
    int homes,
    int readerLoops,
    int archiveRunEvents,
    long memoryBytes,
    UnaryOperator<Journal> journal,
    UnaryOperator<SaveHook> hook) {
  /** One save hook, one event loop for streams and one for readers, the engine's own bounds. */
  public static final Setup DEFAULT =
      new Setup(
          StreamOptions.DEFAULT,
          new FileJournal.Options(64 << 10, 4 << 10),
          1,
          1,
          1,
          1_000,
          256L << 20,
          UnaryOperator.identity(),
          UnaryOperator.identity());

  /** A setup drawn by a seed: bounds so small that they are reached. */
  static Setup drawn(RandomGenerator random) {
    return DEFAULT
        .hooks(random.nextInt(10) < 7 ? 1 : random.nextInt(3))
        .homes(1 + random.nextInt(2))
        .archiveRunEvents(1 + random.nextInt(4))
        .options(
            options(
                random.nextBoolean() ? 1 << 20 : random.nextInt(600),
                random.nextBoolean() ? 1 << 20 : 1 + random.nextInt(600),
                policy(random.nextInt(8))));
  }

  private static SavePolicy policy(int drawn) {
    return switch (drawn) {
      case 0 -> SavePolicy.PUBLISH;
      case 1 -> SavePolicy.JOURNAL;
      default -> SavePolicy.WITHHOLD;
    };
  }

  private static StreamOptions options(int residentBytes, int pendingBytes, SavePolicy policy) {
    var d = StreamOptions.DEFAULT;
    var s = d.saving();
    return new StreamOptions(
        d.tail(),
        d.endingSilence(),
        d.idle(),
        Duration.ofSeconds(150),
        20 << 10,
        4 << 10,
        pendingBytes,
        residentBytes,
        6,
        // A world's clock may jump by years, and a start then ages its streams by a day.
        new StreamOptions.Retaining(
            Duration.ofDays(3_650), d.retaining().bytesMax(), Duration.ofDays(3_650)),
        new StreamOptions.Saving(
            s.timeout(), s.retryFirst(), s.retryMax(), s.hold(), s.giveUp(), policy, s.patience()));
  }

  /** This setup with streams that never leave memory. */
  Setup inMemory() {
    var o = options;
    return options(
        new StreamOptions(
            o.tail(),
            o.endingSilence(),
            o.idle(),
            o.duration(),
            o.responseBytesMax(),
            o.eventBytesMax(),
            o.pendingBytesMax(),
            1 << 20,
            o.generationsMax(),
            o.retaining(),
            o.saving()));
  }

  /** This setup with other bounds. */
  public Setup options(StreamOptions options) {
    return new Setup(
        options,
        journalOptions,
        hooks,
        homes,
        readerLoops,
        archiveRunEvents,
        memoryBytes,
        journal,
        hook);
  }

  /** This setup with other files of its journal. */
  public Setup journalOptions(FileJournal.Options journalOptions) {
    return new Setup(
        options,
        journalOptions,
        hooks,
        homes,
        readerLoops,
        archiveRunEvents,
        memoryBytes,
        journal,
        hook);
  }

  /** This setup with so many save hooks. */
  public Setup hooks(int hooks) {
    return new Setup(
        options,
        journalOptions,
        hooks,
        homes,
        readerLoops,
        archiveRunEvents,
        memoryBytes,
        journal,
        hook);
  }

  /** This setup with so many event loops for streams. */
  public Setup homes(int homes) {
    return new Setup(
        options,
        journalOptions,
        hooks,
        homes,
        readerLoops,
        archiveRunEvents,
        memoryBytes,
        journal,
        hook);
  }

  /** This setup with an archive that gives so many events in one read. */
  public Setup archiveRunEvents(int archiveRunEvents) {
    return new Setup(
        options,
        journalOptions,
        hooks,
        homes,
        readerLoops,
        archiveRunEvents,
        memoryBytes,
        journal,
        hook);
  }

  /** This setup with so much memory for answers. */
  public Setup memoryBytes(long memoryBytes) {
    return new Setup(
        options,
        journalOptions,
        hooks,
        homes,
        readerLoops,
        archiveRunEvents,
        memoryBytes,
        journal,
        hook);
  }

  /** This setup with something between the engine and its journal. */
  public Setup journal(UnaryOperator<Journal> journal) {
    return new Setup(
        options,
        journalOptions,
        hooks,
        homes,
        readerLoops,
        archiveRunEvents,
        memoryBytes,
        journal,
        hook);
  }

  /** This setup with something between the engine and its save hooks. */
  public Setup hook(UnaryOperator<SaveHook> hook) {
    return new Setup(
        options,
        journalOptions,
        hooks,
        homes,
        readerLoops,
        archiveRunEvents,
        memoryBytes,
        journal,
        hook);
  }
}
