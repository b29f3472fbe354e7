package dev.lastword.testing;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Disk;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.MemoryBudget;
import dev.lastword.stream.Release;
import dev.lastword.stream.SaveHook;
import dev.lastword.stream.Streams;
import dev.lastword.stream.StreamsListener;
import dev.lastword.stream.TimeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** One life of the process that runs the engine: its event loops, its journal, its streams. */
final class Server {
  private final Threads threads;
  private final Journal journal;
  private final Streams streams;
  private final MemoryBudget memory;
  private final BooleanSupplier answers;
  private int nextHome;

  /**
   * Starts on what is on the disk and in the archive.
   *
   * @param others lets others run, wherever a thread of the engine may be overtaken
   * @param answers whether it may still say what it knows
   * @throws dev.lastword.journal.JournalFailedException if the disk refuses
   * @throws dev.lastword.archive.ArchiveFailedException if the archive refuses
   */
  Server(
      Setup setup,
      Threads threads,
      TimeSource clock,
      Disk disk,
      Archive archive,
      List<? extends SaveHook> hooks,
      Supplier<StreamId> ids,
      RandomGenerator random,
      Runnable others,
      BooleanSupplier answers) {
    this.threads = threads;
    this.answers = answers;
    memory = new MemoryBudget(setup.memoryBytes());
    boolean started = false;
    try {
      journal =
          setup
              .journal()
              .apply(
                  new CrossedJournal(
                      FileJournal.open(
                          new FileJournal.Parts(
                              disk,
                              threads.writer,
                              threads.preparer,
                              clock::nanoTime,
                              clock::wallClockMs,
                              random),
                          setup.journalOptions()),
                      others));
      streams =
          Streams.start(
              new Streams.Parts(
                  journal,
                  archive,
                  setup.options(),
                  release(setup, hooks),
                  new PlainReceipts(threads.receipts),
                  memory,
                  clock,
                  this::nextHome,
                  task -> threads.io.get(random.nextInt(threads.io.size())).execute(task),
                  ids,
                  random,
                  StreamsListener.NONE));
      started = true;
    } finally {
      if (!started) {
        die();
      }
    }
  }

  /** What of a server runs at the same time. */
  static final class Threads {
    private final Scheduler scheduler;
    private final String of;
    private final List<Lane> all = new ArrayList<>();
    private final List<Lane> homes = new ArrayList<>();
    private final List<Lane> readerLoops = new ArrayList<>();
    private final List<Lane> io;
    private final Lane writer;
    private final Lane preparer;
    private final Lane receipts;

    private Threads(Setup setup, Scheduler scheduler, String of) {
      this.scheduler = scheduler;
      this.of = of;
      for (int i = 0; i < setup.homes(); i++) {
        homes.add(lane("home-" + i, Lane.Kind.ENGINE));
      }
      for (int i = 0; i < setup.readerLoops(); i++) {
        readerLoops.add(lane("readers-" + i, Lane.Kind.READERS));
      }
      io = List.of(lane("io-0", Lane.Kind.ENGINE), lane("io-1", Lane.Kind.ENGINE));
      writer = lane("journal", Lane.Kind.ENGINE);
      preparer = lane("segments", Lane.Kind.ENGINE);
      receipts = lane("receipts", Lane.Kind.ENGINE);
    }

    /**
     * Threads that have nothing to do yet.
     *
     * @param of what their names begin with
     */
    static Threads of(Setup setup, Scheduler scheduler, String of) {
      return new Threads(setup, scheduler, of);
    }

    private Lane lane(String name, Lane.Kind kind) {
      var lane = scheduler.lane(of + name, kind);
      all.add(lane);
      return lane;
    }

    List<Lane> all() {
      return all;
    }

    /** Every loop that readers may live on. */
    List<Lane> loops() {
      var loops = new ArrayList<>(homes);
      loops.addAll(readerLoops);
      return loops;
    }

    void die() {
      scheduler.kill(all);
    }
  }

  private static Release release(Setup setup, List<? extends SaveHook> hooks) {
    return hooks.isEmpty()
        ? new Release.JournalOnly()
        : new Release.Hooks(hooks.stream().map(hook -> setup.hook().apply(hook)).toList());
  }

  private Lane nextHome() {
    return threads.homes.get(nextHome++ % threads.homes.size());
  }

  /** Nothing of it runs any more. */
  void die() {
    threads.die();
  }

  /**
   * Whether what it says of a stream is to be believed: a process whose shard is another's may not
   * know of what that one has begun.
   */
  boolean answers() {
    return answers.getAsBoolean();
  }

  Streams streams() {
    return streams;
  }

  /** The part of the heap that answers take. */
  MemoryBudget memory() {
    return memory;
  }

  Journal journal() {
    return journal;
  }

  List<Lane> homes() {
    return threads.homes;
  }

  List<Lane> readerLoops() {
    return threads.readerLoops;
  }

  /** All that runs at the same time. */
  List<Lane> lanes() {
    return threads.all;
  }

  /** Every loop that readers may live on. */
  List<Lane> loops() {
    return threads.loops();
  }
}
