package dev.lastword.testing;

import static dev.lastword.archive.Archive.CONVERSATION;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.Framing;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Admission;
import dev.lastword.stream.Answer;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.JournalMismatchException;
import dev.lastword.stream.OpenListener;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Place;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamRequest;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Streams;
import dev.lastword.stream.Turn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A whole deployment in one thread: the engine on a faulty disk, upstreams and readers that follow
 * a script, save hooks, clocks. The same seed gives the same world, step for step.
 *
 * <p>A test tells it what happens, and after everything that happens it checks the delivery
 * contract:
 *
 * <pre>{@code
 * var world = World.seeded(7);
 * world.open("chat-1");
 * var subscriber = world.subscriber("chat-1");
 * world.hook().next(ScriptedHook.Reply.HANG);
 * world.emit("chat-1", "Hello");
 * world.finish("chat-1");
 * assertThat(subscriber.data()).noneMatch(data -> data.contains("[DONE]"));
 * }</pre>
 *
 * <p>{@link Simulation} lets the seed tell it what happens.
 */
public final class World implements Deployment {
  private static final int TASKS_MAX = 200_000;

  private final long seed;
  private Setup setup;
  private final SplittableRandom random;
  private final SplittableRandom readerRandom;
  private final FakeClock clock = new FakeClock();
  private final Scheduler scheduler = new Scheduler(clock);
  private final Trace trace = new Trace();
  private final Promises promises = new Promises(this);
  private final Keys keys = new Keys(this);
  private final MemoryArchive archive;
  private final List<ScriptedHook> hooks;
  private List<ScriptedHook> hooksInUse;
  private final Map<StreamId, ScriptedUpstream> upstreams = new LinkedHashMap<>();
  private final List<ScriptedSubscriber> subscribers = new ArrayList<>();
  private FaultyDisk disk = new FaultyDisk();
  private @Nullable Server server;
  private @Nullable BrokenPromise broken;
  private final SortedMap<String, Integer> tally = new TreeMap<>();
  private boolean readsMayFail;
  private boolean choosing;
  private boolean crossing;
  private boolean crossed;
  private long forceMs;
  private @Nullable SplittableRandom claims;
  private StreamId nextId = StreamId.random();
  private long step;

  private World(long seed, Setup setup) {
    this.seed = seed;
    this.setup = setup;
    this.random = new SplittableRandom(seed);
    this.readerRandom = random.split();
    this.archive = new MemoryArchive(setup.archiveRunEvents());
    var outside = scheduler.lane("hooks", Lane.Kind.ENGINE);
    this.hooks =
        IntStream.range(0, setup.hooks()).mapToObj(i -> new ScriptedHook(outside)).toList();
    this.hooksInUse = hooks;
    for (int i = 0; i < hooks.size(); i++) {
      int number = i;
      hooks.get(i).witness(response -> promises.saves.called(number, response));
    }
  }

  /** A world with the default setup, up and running. */
  public static World seeded(long seed) {
    return of(seed, Setup.DEFAULT);
  }

  /** A world with a setup, up and running. */
  public static World of(long seed, Setup setup) {
    var world = new World(seed, setup);
    world.start();
    world.runUntilQuiet();
    return world;
  }

  /** A world with a setup that the seed draws. */
  static World drawn(long seed) {
    var world = of(seed, Setup.drawn(new SplittableRandom(seed ^ 0x5eed)));
    world.claims = new SplittableRandom(seed ^ 0xc1a1);
    var retries = new SplittableRandom(seed ^ 0x4e15);
    if (retries.nextInt(4) == 0) {
      world.keys.draw(retries);
    }
    return world;
  }

  // What upstreams do.

  /** Opens a stream of an OpenAI chat completion with one choice. */
  public ScriptedUpstream open(String name) {
    return open(name, Dialects.ofPath("/v1/chat/completions"), 1);
  }

  /** Opens a stream. */
  public ScriptedUpstream open(String name, Dialect dialect, int choices) {
    var upstream = opening(name, dialect, choices, Map.of());
    runUntilQuiet();
    return upstream;
  }

  ScriptedUpstream opening(
      String name, Dialect dialect, int choices, Map<String, String> attributes) {
    var upstream = new ScriptedUpstream(id(name), dialect, choices, clock);
    upstreams.put(upstream.id(), upstream);
    var to = up();
    var home = to.homes().get(random.nextInt(to.homes().size()));
    upstream.opening(home);
    boolean keyed = choosing;
    var written = new HashMap<>(attributes);
    if (keyed) {
      written.putAll(keys.request(upstream.id()));
    }
    var request =
        new StreamRequest(
            Owner.ANONYMOUS,
            dialect,
            Framing.EVENTS,
            new RequestFacts(choices, null, null),
            written);
    var told = openListener(upstream);
    nextId = upstream.id();
    to.streams()
        .admit(
            keyed ? upstream.id() : null,
            admission ->
                home.execute(
                    () -> {
                      switch (admission) {
                        case Admission.Admitted(Place place) -> {
                          if (keyed) {
                            keys.held(upstream);
                          }
                          claiming(
                              upstream,
                              place,
                              () ->
                                  upstream.running(
                                      to.streams().open(place, request, home, upstream, told)),
                              told);
                        }
                        case Admission.Refused(OpenRefusal why) -> told.refused(why);
                      }
                    }));
    return upstream;
  }

  /** Some are written down before their upstream answers, and of some of those no stream comes. */
  private void claiming(ScriptedUpstream upstream, Place place, Runnable open, OpenListener told) {
    if (claims == null || claims.nextInt(3) > 0) {
      open.run();
      return;
    }
    boolean fails = claims.nextInt(3) == 0;
    var home = Objects.requireNonNull(upstream.home());
    Consumer<OpenRefusal> refuse =
        why -> {
          keys.free(upstream);
          place.giveBack();
          told.refused(why);
        };
    up().streams()
        .claim(
            place,
            Owner.ANONYMOUS,
            keys.request(upstream.id()),
            refusal ->
                home.execute(
                    () -> {
                      count("claimed");
                      if (fails) {
                        refuse.accept(new OpenRefusal.IdTaken());
                      } else if (refusal.isPresent()) {
                        refuse.accept(refusal.get());
                      } else {
                        keys.asked(upstream);
                        open.run();
                      }
                    }));
  }

  private OpenListener openListener(ScriptedUpstream upstream) {
    return new OpenListener() {
      @Override
      public void opened(Stream stream) {
        trace.add("opened", upstream.id());
        upstream.announced(stream);
        keys.asked(upstream);
        promises.announced(upstream);
      }

      @Override
      public void refused(OpenRefusal why) {
        trace.add("refused", upstream.id(), why);
        count("refused " + why.getClass().getSimpleName());
        keys.free(upstream);
        upstream.refused(why);
      }
    };
  }

  /** The upstream of a stream sends a piece of text. */
  public void emit(String name, String text) {
    var upstream = upstream(name);
    Answers.text(upstream, 0, text);
    say(upstream);
  }

  /** The upstream sends its finish reason, usage and terminal event, and ends its body. */
  public void finish(String name) {
    var upstream = upstream(name);
    Answers.finish(upstream);
    Answers.usage(upstream);
    Answers.done(upstream);
    upstream.scriptClose(ScriptedUpstream.Close.CLEAN);
    say(upstream);
  }

  /** The upstream sends an event of any content. */
  public void emit(String name, SseEvent event) {
    var upstream = upstream(name);
    Answers.any(upstream, event);
    say(upstream);
  }

  /** The upstream ends its body: as its framing says, or by a reset. */
  public void close(String name, boolean clean) {
    var upstream = upstream(name);
    upstream.scriptClose(clean ? ScriptedUpstream.Close.CLEAN : ScriptedUpstream.Close.RESET);
    say(upstream);
  }

  /** The upstream says the rest of its script. */
  void sayOn(String name) {
    say(upstream(name));
  }

  /** The upstream says its script up to a byte of its body. */
  void sayPart(String name, int end) {
    var upstream = upstream(name);
    onHome(upstream, () -> upstream.say(end - upstream.fed()));
    runUntilQuiet();
  }

  private void say(ScriptedUpstream upstream) {
    onHome(
        upstream,
        () -> {
          upstream.say(Integer.MAX_VALUE);
          upstream.end();
        });
    runUntilQuiet();
  }

  void onHome(ScriptedUpstream upstream, Runnable task) {
    var home = upstream.home();
    if (home != null) {
      home.execute(task);
    }
  }

  /** Cancels a stream; what became of it, or empty if there was no answer yet. */
  public Optional<CancelResult> cancel(String name) {
    var results = new ArrayList<CancelResult>();
    cancelling(upstream(name), results::add);
    runUntilQuiet();
    return results.stream().findFirst();
  }

  void cancelling(ScriptedUpstream upstream, Consumer<CancelResult> told) {
    upstream.disturbed();
    up().streams()
        .cancel(
            Owner.ALL,
            upstream.id(),
            new Answer<>() {
              @Override
              public void succeeded(CancelResult result) {
                trace.add("cancelled", upstream.id(), result.getClass().getSimpleName());
                count("cancel: " + result.getClass().getSimpleName());
                promises.cancelled(upstream, result);
                told.accept(result);
              }

              @Override
              public void failed(RuntimeException cause) {
                trace.add("cancel failed", upstream.id(), cause);
                count("cancel: failed");
              }
            });
  }

  /** Saves a stream once more; what became of it, or empty if there was no answer yet. */
  public Optional<SaveResult> save(String name) {
    var results = new ArrayList<SaveResult>();
    saving(id(name), results::add);
    runUntilQuiet();
    return results.stream().findFirst();
  }

  void saving(StreamId id, Consumer<SaveResult> told) {
    up().streams()
        .save(
            Owner.ALL,
            id,
            new Answer<>() {
              @Override
              public void succeeded(SaveResult result) {
                trace.add("saved again", id, result.getClass().getSimpleName());
                count("save again: " + result.getClass().getSimpleName());
                told.accept(result);
              }

              @Override
              public void failed(RuntimeException cause) {
                trace.add("save again failed", id, cause);
                count("save again: failed");
              }
            });
  }

  /** Deletes a stream; what became of it, or empty if there was no answer yet. */
  public Optional<DeleteResult> delete(String name) {
    var results = new ArrayList<DeleteResult>();
    deleting(upstream(name), results::add);
    runUntilQuiet();
    return results.stream().findFirst();
  }

  void deleting(ScriptedUpstream upstream, Consumer<DeleteResult> told) {
    upstream.disturbed();
    upstream.askedToDelete();
    up().streams()
        .delete(
            Owner.ALL,
            upstream.id(),
            new Answer<>() {
              @Override
              public void succeeded(DeleteResult result) {
                trace.add("deleted", upstream.id(), result);
                count("delete: " + result);
                if (result == DeleteResult.DELETED) {
                  promises.deleted(upstream);
                } else {
                  upstream.notDeleted();
                }
                told.accept(result);
              }

              @Override
              public void failed(RuntimeException cause) {
                trace.add("delete failed", upstream.id(), cause);
                count("delete: failed");
              }
            });
  }

  // What readers do.

  /** A reader of a stream, from its start, on the event loop that only readers live on. */
  public ScriptedSubscriber subscriber(String name) {
    return subscriber(name, up().readerLoops().get(0));
  }

  /** A reader of a stream, from its start, on one of the {@link #loops}. */
  public ScriptedSubscriber subscriber(String name, Lane loop) {
    var subscriber = newSubscriber(upstream(name));
    subscriber.connect(up(), loop);
    runUntilQuiet();
    return subscriber;
  }

  ScriptedSubscriber newSubscriber(ScriptedUpstream upstream) {
    var subscriber = new ScriptedSubscriber("reader-" + subscribers.size(), upstream, promises);
    subscribers.add(subscriber);
    return subscriber;
  }

  /** A reader leaves. */
  public void leave(ScriptedSubscriber subscriber) {
    subscriber.executor().execute(subscriber::leave);
    runUntilQuiet();
  }

  /** A reader comes back with the last event ID that it saw. */
  public void comeBack(ScriptedSubscriber subscriber) {
    subscriber.connect(up(), up().readerLoops().get(0));
    runUntilQuiet();
  }

  /** A slow reader reads one block. */
  public void read(ScriptedSubscriber subscriber) {
    subscriber.executor().execute(() -> subscriber.read(1));
    runUntilQuiet();
  }

  /** The event loops that readers can live on: first those that streams live on, too. */
  @Override
  public List<Lane> loops() {
    return server == null ? List.of() : server.loops();
  }

  private static boolean isOf(String conversation, @Nullable Stream stream) {
    return stream != null && conversation.equals(stream.attributes().get(CONVERSATION));
  }

  /** Somebody looks at a conversation. */
  void look(String conversation) {
    var announced =
        upstreams.values().stream().filter(each -> isOf(conversation, each.stream())).toList();
    up().streams()
        .conversation(
            Owner.ALL,
            conversation,
            1_000,
            new Answer<>() {
              @Override
              public void succeeded(List<Turn> turns) {
                count("look");
                promises.listed(announced, turns);
              }

              @Override
              public void failed(RuntimeException cause) {
                trace.add("look failed", cause);
                count("look failed");
              }
            });
  }

  // What befalls the machine.

  /** The process is killed; what it wrote stays, also what is not flushed. */
  public void kill() {
    trace.add("kill");
    count("kill");
    stop();
    disk = disk.kill();
  }

  /** The power goes out. */
  public void powerCut(FaultyDisk.Crash mode) {
    trace.add("power cut", mode);
    count("power cut " + mode);
    stop();
    disk = disk.crash(mode, random);
  }

  private void stop() {
    if (server != null) {
      server.die();
      server = null;
    }
    keys.died();
    upstreams.values().forEach(ScriptedUpstream::disconnected);
    subscribers.forEach(ScriptedSubscriber::disconnected);
  }

  /** Starts the process on what is on the disk; false if the disk or the archive refuses. */
  public boolean start() {
    var whole = promises.wholeOnDisk();
    try {
      server =
          new Server(
              setup,
              Server.Threads.of(setup, scheduler, ""),
              clock,
              disk,
              archive,
              hooksInUse,
              this::nextId,
              random,
              this::letOthersRun,
              () -> true);
    } catch (JournalFailedException | ArchiveFailedException | JournalMismatchException e) {
      trace.add("start failed", e.toString());
      count("start failed");
      disk = disk.kill();
      return false;
    }
    trace.add("start, epoch", server.journal().epoch());
    whole.forEach(promises::hasToComplete);
    disk.beforeForce(this::force);
    archive.aroundStore(this::letOthersRun, this::letOthersRun);
    var streams = server.streams();
    for (var upstream : List.copyOf(upstreams.values())) {
      if (upstream.isAnnounced()) {
        streams.find(Owner.ALL, upstream.id(), survivor(upstream));
      }
    }
    keys.all();
    return true;
  }

  private Answer<Optional<Stream>> survivor(ScriptedUpstream upstream) {
    return new Answer<>() {
      @Override
      public void succeeded(Optional<Stream> found) {
        promises.survived(upstream, found);
        count("recovered " + found.map(stream -> stream.view().state()).orElse("nothing"));
      }

      @Override
      public void failed(RuntimeException cause) {
        trace.add("find failed", upstream.id(), cause);
      }
    };
  }

  /** The disk and the archive are well again. */
  void heal() {
    trace.add("heal");
    disk.capacity(Long.MAX_VALUE);
    disk.failForces(false);
    disk.failOneForce(Long.MAX_VALUE);
    disk.failReads(false);
    forceMs = 0;
    archive.fail(false);
    archive.failStores(false);
  }

  /** How long each force takes from now on. */
  void forcesTake(long ms) {
    forceMs = ms;
  }

  /** From now on a thread that waits for the disk or the archive is overtaken by others, or not. */
  void crossing(boolean cross) {
    crossing = cross;
  }

  /** Who forces may hold a lock of the journal, for which nothing but event loops never waits. */
  private void force() {
    if (forceMs > 0) {
      scheduler.pass(forceMs);
    }
    if (server != null) {
      letRun(server.homes());
    }
  }

  private void letOthersRun() {
    if (server != null) {
      letRun(server.lanes());
    }
  }

  private void letRun(List<Lane> some) {
    if (!crossing || crossed) {
      return;
    }
    crossed = true;
    try {
      for (int tasks = random.nextInt(4); tasks > 0; tasks--) {
        var lane = scheduler.runOneBeside(some, random);
        if (lane != null) {
          trace.add("ran meanwhile", lane);
          checkPromises();
        }
      }
    } finally {
      crossed = false;
    }
  }

  /** {@link #restart} on another machine, or with another configuration. */
  public void restart(Setup next) {
    setup = next;
    restart();
  }

  /** Kills the process and starts it again. */
  public void restart() {
    kill();
    if (!start()) {
      throw new IllegalStateException("the process does not start");
    }
    runUntilQuiet();
  }

  /** The process is asked to go: drains, writes the archive, closes the journal. */
  public void drain(Duration grace) {
    draining(grace);
    runUntilQuiet();
  }

  void draining(Duration grace) {
    var going = up();
    undecided().forEach(ScriptedUpstream::disturbed);
    var io = going.homes().get(0);
    var unused =
        going
            .streams()
            .drain(grace.toMillis())
            .thenCompose(
                nothing -> {
                  trace.add("drained");
                  count("drained");
                  return going.streams().flushArchive();
                })
            .whenComplete(
                (nothing, failure) -> {
                  if (failure != null) {
                    trace.add("archive not flushed", failure);
                  }
                  io.execute(() -> going.journal().close());
                });
  }

  // Time.

  /** Runs all there is to run; time stands still. */
  public void runUntilQuiet() {
    for (int i = 0; runTask(Lane.Kind.ENGINE) || runTask(Lane.Kind.READERS); i++) {
      if (i > TASKS_MAX) {
        throw broken("I6", "the world does not come to rest: a task begets a task for ever");
      }
    }
  }

  /** Runs one task and checks the promises; false if there is none. */
  boolean runTask(Lane.Kind kind) {
    var lane = scheduler.runOne(kind, kind == Lane.Kind.ENGINE ? random : readerRandom);
    if (lane == null) {
      return false;
    }
    trace.add("ran", lane);
    checkPromises();
    return true;
  }

  /** Lets time pass, and all run that is due on the way. */
  public void pass(Duration time) {
    long until = clock.nanoTime() + time.toNanos();
    runUntilQuiet();
    for (long next = scheduler.nextAlarmMs();
        next >= 0 && clock.nanoTime() + next * 1_000_000 <= until;
        next = scheduler.nextAlarmMs()) {
      scheduler.pass(next);
      runUntilQuiet();
    }
    scheduler.pass((until - clock.nanoTime()) / 1_000_000);
    runUntilQuiet();
  }

  // What there is to see.

  /** Checks what the contract promises at every moment. */
  public void checkPromises() {
    if (broken != null) {
      throw broken;
    }
    promises.afterStep();
  }

  /** The first save hook. */
  public ScriptedHook hook() {
    return hooks.get(0);
  }

  /** The save hooks that the process is configured with. */
  @Override
  public List<ScriptedHook> hooks() {
    return hooksInUse;
  }

  /** Takes the save hooks out of the configuration; the next start knows none. */
  public void removeHooks() {
    hooksInUse = List.of();
  }

  /** The disk as it is now. */
  public FaultyDisk disk() {
    return disk;
  }

  /** The archive. */
  public MemoryArchive archive() {
    return archive;
  }

  /** The clock. */
  public FakeClock clock() {
    return clock;
  }

  /** The engine. */
  public Streams streams() {
    return up().streams();
  }

  /** How many timers are set. */
  public int timers() {
    return scheduler.alarms();
  }

  /** What there is to say about a stream. */
  public StreamView view(String name) {
    var views = new ArrayList<StreamView>();
    streams()
        .find(
            Owner.ALL,
            id(name),
            new Answer<>() {
              @Override
              public void succeeded(Optional<Stream> found) {
                found.ifPresent(stream -> views.add(stream.view()));
              }

              @Override
              public void failed(RuntimeException cause) {
                throw cause;
              }
            });
    runUntilQuiet();
    return views.get(0);
  }

  /** The upstream of a stream. */
  public ScriptedUpstream upstream(String name) {
    return upstream(id(name));
  }

  @Override
  public ScriptedUpstream upstream(StreamId id) {
    var upstream = upstreams.get(id);
    if (upstream == null) {
      throw new IllegalArgumentException("no stream " + id);
    }
    return upstream;
  }

  @Override
  public Collection<ScriptedUpstream> upstreams() {
    return upstreams.values();
  }

  List<ScriptedUpstream> undecided() {
    return upstreams.values().stream()
        .filter(upstream -> promises.of(upstream).outcome() == null)
        .toList();
  }

  @Override
  public List<ScriptedSubscriber> subscribers() {
    return subscribers;
  }

  @Override
  public Setup setup() {
    return setup;
  }

  Promises promises() {
    return promises;
  }

  Keys keys() {
    return keys;
  }

  Trace trace() {
    return trace;
  }

  Scheduler scheduler() {
    return scheduler;
  }

  SplittableRandom random() {
    return random;
  }

  SplittableRandom readerRandom() {
    return readerRandom;
  }

  @Nullable Server server() {
    return server;
  }

  boolean isHealthy() {
    return server != null && server.streams().health() != Journal.Health.CLOSED;
  }

  /** From now on clients choose the ids of their streams, or the process does. */
  void choosing(boolean clients) {
    choosing = clients;
  }

  StreamId nextId() {
    return nextId;
  }

  void readsMayFail() {
    readsMayFail = true;
  }

  @Override
  public boolean isReadable() {
    return !readsMayFail;
  }

  void nextStep() {
    step++;
  }

  @Override
  public void count(String what) {
    tally.merge(what, 1, Integer::sum);
  }

  int failedCancels() {
    return tally.getOrDefault("cancel: failed", 0);
  }

  /** Whether a drain has come to its end. */
  public boolean drained() {
    return tally.containsKey("drained");
  }

  SortedMap<String, Integer> tally() {
    return tally;
  }

  @Override
  public DurableRecord durable(StreamId id) {
    return DurableRecord.of(id, disk.flushed(), setup.journalOptions(), archive);
  }

  @Override
  public DurableRecord written(StreamId id) {
    return DurableRecord.of(id, disk.written(), setup.journalOptions(), archive);
  }

  @Override
  public List<Archive.Ended> ledger(StreamId id) {
    return archive.ledger(id);
  }

  @Override
  public BrokenPromise broken(String invariant, String what) {
    if (broken == null) {
      broken = new BrokenPromise(invariant, what, seed, step, trace.last());
    }
    return broken;
  }

  /** The process that runs. */
  Server up() {
    if (server == null) {
      throw new IllegalStateException("the process is down");
    }
    return server;
  }

  static StreamId id(String name) {
    return new StreamId(name + "-".repeat(Math.max(0, StreamId.LENGTH_MIN - name.length())));
  }
}
