package dev.lastword.testing;

import dev.lastword.archive.Archive;
import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.journal.Disk;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.Framing;
import dev.lastword.stream.Admission;
import dev.lastword.stream.MemoryBudget;
import dev.lastword.stream.OpenListener;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Release;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SavePolicy;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamOptions;
import dev.lastword.stream.StreamRequest;
import dev.lastword.stream.Streams;
import dev.lastword.stream.StreamsListener;
import dev.lastword.stream.ThreadHome;
import dev.lastword.stream.TimeSource;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * One life of a process that runs the engine: a real journal, an archive, and threads for the
 * streams, the readers, the disk and the save hook.
 */
final class StressLife {
  /** Small segments, so that many are begun and trimmed. */
  private static final FileJournal.Options SMALL = new FileJournal.Options(256 << 10, 16 << 10);

  private static final StreamOptions OPTIONS = options();
  private static final Duration GRACE = Duration.ofMillis(20);

  private final StressWitness witness;
  private final Function<StreamId, StressAnswer> answers;
  private final List<ThreadHome> homes = homes("home", 2);
  private final List<ThreadHome> loops = homes("readers", 2);
  private final List<ThreadHome> io = homes("io", 2);
  private final ThreadHome writer = new ThreadHome("stress-journal");
  private final ThreadHome preparer = new ThreadHome("stress-segments");
  private final ThreadHome hook = new ThreadHome("stress-hook");
  private final MemoryBudget budget = new MemoryBudget(64L << 20);
  private final AtomicInteger turn = new AtomicInteger();
  private final CutDisk disk;
  private final Journal journal;
  private final Archive archive;
  private final Streams streams;

  /** How a life ends. */
  enum End {
    /** Drained, archived, closed. */
    ORDERLY,
    /** The journal is closed under those who append. */
    CLOSED,
    /** As by {@code kill -9}. */
    CUT
  }

  /**
   * @param answers gives the answer of an id that a save hook is called with
   */
  StressLife(
      Path directory,
      Function<Path, Archive> archives,
      StressWitness witness,
      Function<StreamId, StressAnswer> answers) {
    this.witness = witness;
    this.answers = answers;
    this.disk = new CutDisk(Disk.directory(directory.resolve("journal")));
    this.archive = archives.apply(directory);
    this.journal =
        FileJournal.open(
            new FileJournal.Parts(
                disk,
                writer,
                preparer,
                System::nanoTime,
                System::currentTimeMillis,
                new SecureRandom()),
            SMALL);
    this.streams =
        Streams.start(
            new Streams.Parts(
                journal,
                archive,
                OPTIONS,
                new Release.Hooks(List.of(this::save)),
                new PlainReceipts(task -> next(io).execute(task)),
                budget,
                TimeSource.SYSTEM,
                () -> next(homes),
                task -> next(io).execute(task),
                StreamId::random,
                new Random(1),
                StreamsListener.NONE));
  }

  private static StreamOptions options() {
    var d = StreamOptions.DEFAULT;
    var saving =
        new StreamOptions.Saving(
            Duration.ofSeconds(2),
            Duration.ofMillis(2),
            Duration.ofMillis(20),
            d.saving().hold(),
            d.saving().giveUp(),
            SavePolicy.WITHHOLD,
            d.saving().patience());
    return new StreamOptions(
        Duration.ofMillis(20),
        Duration.ofMillis(200),
        d.idle(),
        d.duration(),
        d.responseBytesMax(),
        d.eventBytesMax(),
        16 << 10,
        16 << 10,
        d.generationsMax(),
        d.retaining(),
        saving);
  }

  private static List<ThreadHome> homes(String name, int number) {
    return IntStream.range(0, number)
        .mapToObj(i -> new ThreadHome("stress-" + name + "-" + i))
        .toList();
  }

  private ThreadHome next(List<ThreadHome> some) {
    return some.get(Math.floorMod(turn.getAndIncrement(), some.size()));
  }

  Streams streams() {
    return streams;
  }

  Journal journal() {
    return journal;
  }

  /** Bytes that answers hold. */
  long heldBytes() {
    return budget.taken();
  }

  /** Tasks and timers on the homes. */
  int waiting() {
    return homes.stream().mapToInt(ThreadHome::waiting).sum();
  }

  // --- what befalls it

  /** An upstream begins to answer. */
  void open(StressAnswer answer, SplittableRandom random) {
    var home = next(homes);
    var upstream = new StressUpstream(answer, home, random.split());
    var request =
        new StreamRequest(
            Owner.ANONYMOUS,
            Dialects.ofPath("/v1/chat/completions"),
            Framing.EVENTS,
            new RequestFacts(1, null, null),
            Map.of("conversation", answer.id.value().substring(0, 1)));
    streams.admit(
        answer.id,
        admission ->
            home.execute(
                () -> {
                  switch (admission) {
                    case Admission.Admitted(var place) ->
                        upstream.start(
                            streams.open(
                                place, request, home, upstream, told(answer, upstream, random)));
                    case Admission.Refused(var why) -> witness.count("refused " + why);
                  }
                }));
  }

  private OpenListener told(StressAnswer answer, StressUpstream upstream, SplittableRandom random) {
    int readers = random.nextInt(4);
    var temper = random.split();
    return new OpenListener() {
      @Override
      public void opened(Stream stream) {
        answer.announced();
        witness.count("opened");
        for (int i = 0; i < readers; i++) {
          read(answer, stream, 0, temper.split());
        }
      }

      @Override
      public void refused(OpenRefusal why) {
        upstream.refused();
        witness.count("refused " + why.getClass().getSimpleName());
      }
    };
  }

  /** A reader joins, on a loop of readers or on one where streams live. */
  void read(StressAnswer answer, Stream stream, long afterSeq, SplittableRandom random) {
    var loop = next(random.nextBoolean() ? loops : homes);
    StressReader.join(answer, witness, loop, stream, afterSeq, random);
  }

  /** Saves after a while, and fails now and then. */
  private CompletionStage<Void> save(SavedResponse response) {
    var answer = answers.apply(response.stream());
    witness.require(answer.called(response), "I9 another body", answer);
    var saved = new CompletableFuture<Void>();
    int chance = Math.floorMod(System.nanoTime(), 16);
    hook.schedule(
        chance % 4,
        () -> {
          if (chance == 0) {
            saved.completeExceptionally(
                new SaveException(SaveException.Kind.UNREACHABLE, "not now"));
          } else {
            answer.acknowledged();
            saved.complete(null);
          }
        });
    return saved;
  }

  // --- its end

  void end(End how) {
    switch (how) {
      case ORDERLY -> {
        var drained =
            streams
                .drain(GRACE.toMillis())
                .thenCompose(nothing -> streams.flushArchive())
                .toCompletableFuture();
        EngineStress.await("drained and archived", drained::isDone);
        drained.join();
      }
      case CLOSED -> journal.close();
      case CUT -> disk.cut();
    }
    loops.forEach(ThreadHome::close);
    homes.forEach(ThreadHome::close);
    hook.close();
    io.forEach(ThreadHome::close);
    journal.close();
    writer.close();
    preparer.close();
    archive.close();
  }
}
