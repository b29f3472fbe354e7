package dev.lastword.testing;

import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.MemoryBudget;
import dev.lastword.stream.Release;
import dev.lastword.stream.SaveHook;
import dev.lastword.stream.Streams;
import dev.lastword.stream.StreamsListener;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** One life of the process that runs the engine: its event loops, its journal, its streams. */
final class Server {
  private final Scheduler scheduler;
  private final List<Lane> lanes = new ArrayList<>();
  private final List<Lane> homes = new ArrayList<>();
  private final List<Lane> readerLoops = new ArrayList<>();
  private final Journal journal;
  private final Streams streams;
  private final MemoryBudget memory;
  private int nextHome;

  /**
   * Starts on what is on the disk and in the archive.
   *
   * @param others lets others run, wherever a thread of the engine may be overtaken
   * @throws dev.lastword.journal.JournalFailedException if the disk refuses
   * @throws dev.lastword.archive.ArchiveFailedException if the archive refuses
   */
  Server(
      Setup setup,
      Scheduler scheduler,
      FakeClock clock,
      FaultyDisk disk,
      MemoryArchive archive,
      List<? extends SaveHook> hooks,
      Supplier<StreamId> ids,
      RandomGenerator random,
      Runnable others) {
    this.scheduler = scheduler;
    for (int i = 0; i < setup.homes(); i++) {
      homes.add(lane("home-" + i, Lane.Kind.ENGINE));
    }
    for (int i = 0; i < setup.readerLoops(); i++) {
      readerLoops.add(lane("readers-" + i, Lane.Kind.READERS));
    }
    var io = List.of(lane("io-0", Lane.Kind.ENGINE), lane("io-1", Lane.Kind.ENGINE));
    var writer = lane("journal", Lane.Kind.ENGINE);
    var preparer = lane("segments", Lane.Kind.ENGINE);
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
                              disk, writer, preparer, clock::nanoTime, clock::wallClockMs, random),
                          setup.journalOptions()),
                      others));
      streams =
          Streams.start(
              new Streams.Parts(
                  journal,
                  archive,
                  setup.options(),
                  release(setup, hooks),
                  new PlainReceipts(lane("receipts", Lane.Kind.ENGINE)),
                  memory,
                  clock,
                  this::nextHome,
                  task -> io.get(random.nextInt(io.size())).execute(task),
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

  private static Release release(Setup setup, List<? extends SaveHook> hooks) {
    return hooks.isEmpty()
        ? new Release.JournalOnly()
        : new Release.Hooks(hooks.stream().map(hook -> setup.hook().apply(hook)).toList());
  }

  private Lane lane(String name, Lane.Kind kind) {
    var lane = scheduler.lane(name, kind);
    lanes.add(lane);
    return lane;
  }

  private Lane nextHome() {
    return homes.get(nextHome++ % homes.size());
  }

  /** Nothing of it runs any more. */
  void die() {
    scheduler.kill(lanes);
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
    return homes;
  }

  List<Lane> readerLoops() {
    return readerLoops;
  }

  /** All that runs at the same time. */
  List<Lane> lanes() {
    return lanes;
  }

  /** Every loop that readers may live on. */
  List<Lane> loops() {
    var all = new ArrayList<>(homes);
    all.addAll(readerLoops);
    return all;
  }
}
