package dev.lastword.library;

import dev.lastword.stream.MemoryBudget;
import dev.lastword.stream.SavePolicy;
import dev.lastword.stream.StreamOptions;
import java.time.Duration;
import java.util.Optional;

/** What a {@link Lastword} is opened with; each has a default. */
public final class LastwordBuilder {
  /** The rest of the heap is the application's. */
  private static final int HEAP_PART = 5;

  private final Storage storage;
  private Optional<Saver> saver = Optional.empty();
  private StreamOptions bounds = StreamOptions.DEFAULT;
  private Duration heartbeat = Duration.ofSeconds(15);
  private Duration grace = Duration.ZERO;
  private long memoryBytes = Math.max(1, Runtime.getRuntime().maxMemory() / HEAP_PART);

  LastwordBuilder(Storage storage) {
    this.storage = storage;
  }

  /**
   * Registers a saver for every answer that is not sealed with one of its own. It is also who saves
   * after a crash, whatever the answer was sealed with; and it hears of answers that were
   * cancelled, have failed or were interrupted, with what there is of them, after their readers do.
   * None by default.
   */
  public LastwordBuilder saver(Saver registered) {
    saver = Optional.of(registered);
    return this;
  }

  /**
   * Bounds of the engine; {@link StreamOptions#DEFAULT} by default. What concerns an upstream's
   * ending, {@code tail} and {@code endingSilence}, means nothing here; an answer to which nothing
   * was added for {@code idle} has failed, {@code idle}.
   *
   * @throws IllegalArgumentException if readers would be told an ending before it is saved
   */
  public LastwordBuilder bounds(StreamOptions options) {
    if (options.saving().policy() != SavePolicy.WITHHOLD) {
      throw new IllegalArgumentException(
          "bounds: saving.policy is %s: endings are withheld until they are saved"
              .formatted(options.saving().policy().word()));
    }
    bounds = options;
    return this;
  }

  /**
   * After how long a silence readers are given a comment, 10 ms at least; 15 s by default.
   *
   * @throws IllegalArgumentException if it is shorter
   */
  public LastwordBuilder heartbeat(Duration silence) {
    if (silence.compareTo(Duration.ofMillis(10)) < 0) {
      throw new IllegalArgumentException("heartbeat is " + silence + ": at least 10 ms");
    }
    heartbeat = silence;
    return this;
  }

  /**
   * How long answers that are open go on when this is closed; then they are interrupted. None by
   * default. An answer that is sealed has 5 s more to be saved.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public LastwordBuilder grace(Duration whenClosed) {
    if (whenClosed.isNegative()) {
      throw new IllegalArgumentException("grace is " + whenClosed + ": at least 0");
    }
    grace = whenClosed;
    return this;
  }

  /**
   * How much of the heap answers may take, at least 1 byte; a fifth of the largest heap by default.
   * Where that is nearly taken no further answer is opened.
   *
   * @throws IllegalArgumentException if it is less
   */
  public LastwordBuilder memoryBytes(long bytes) {
    memoryBytes = new MemoryBudget(bytes).bytes();
    return this;
  }

  /**
   * Opens it: reads back what the last process left, and gives every answer that was open its
   * outcome, in the background.
   *
   * @throws java.io.UncheckedIOException if the directory cannot be made
   * @throws dev.lastword.journal.JournalFailedException if another process has it, or its journal
   *     cannot be read
   * @throws dev.lastword.archive.ArchiveFailedException if its archive cannot be read
   * @throws dev.lastword.stream.JournalMismatchException if the two are not of one another
   */
  public Lastword open() {
    return new Lastword(
        storage.comesBack() ? RestartingBackend.start(this::start, saver) : start());
  }

  private EngineBackend start() {
    var memory = new MemoryBudget(memoryBytes);
    return new EngineBackend(
        Engine.start(storage, bounds, memory, saver), bounds.eventBytesMax(), heartbeat, grace);
  }
}
