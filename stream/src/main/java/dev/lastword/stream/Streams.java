package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ClosedStream;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All streams of one journal: opens them, finds them, ends them, and brings back what a dead
 * process left.
 *
 * <p>Thread-safe. What needs the disk or the database runs on the executor for it and answers
 * through a consumer, on any thread.
 */
public final class Streams {
  private static final Logger log = LoggerFactory.getLogger(Streams.class);
  private static final long DRAIN_CHECK_MS = 50;

  /** How long, after the grace, a drain waits for the disk to take the last outcomes. */
  private static final long DRAIN_SEAL_MS = 5_000;

  private final Journal journal;
  private final FencingToken fence;
  private final Archive archive;
  private final StreamOptions options;
  private final TimeSource time;
  private final Supplier<? extends Home> homes;
  private final Executor io;
  private final StreamsListener listener;
  private final BlockStore store;
  private final Responses responses = new Responses();
  private final Saver saver;
  private final Archiver archiver;

  /** The streams that are not in the archive yet. */
  private final ConcurrentHashMap<StreamId, Live> live = new ConcurrentHashMap<>();

  private final Set<StreamId> reserved = ConcurrentHashMap.newKeySet();
  private final ConcurrentHashMap<Home, Mailbox> mailboxes = new ConcurrentHashMap<>();
  private final AtomicInteger generations = new AtomicInteger();
  private volatile boolean draining;

  /** A stream of the journal, with who ends it, and who fills it if that is this process. */
  record Live(Stream stream, Seal seal, @Nullable Generation generation) {}

  private Streams(Parts parts) {
    this.journal = parts.journal;
    this.fence = journal.fence();
    this.archive = parts.archive;
    this.options = parts.options;
    this.time = parts.time;
    this.homes = parts.homes;
    this.io = parts.io;
    this.listener = new GuardedListener(parts.listener);
    this.store = new BlockStore(journal, archive, io);
    this.saver = new Saver(parts.hooks, options.saving(), responses, io, parts.random, listener);
    this.archiver = new Archiver(this, journal, archive, responses, homes.get(), io);
  }

  /**
   * What streams are made of.
   *
   * @param homes where streams live that no process fills any more, one after the other
   * @param io runs what blocks on the disk or the database
   * @param random spreads the waits between calls of a save hook
   */
  public record Parts(
      Journal journal,
      Archive archive,
      StreamOptions options,
      List<SaveHook> hooks,
      TimeSource time,
      Supplier<? extends Home> homes,
      Executor io,
      RandomGenerator random,
      StreamsListener listener) {}

  /**
   * Reads the journal back and gives every stream that a dead process left open its outcome.
   * Returns when all streams are known; the outcomes follow at once, on the streams' homes.
   */
  public static Streams start(Parts parts) {
    var streams = new Streams(parts);
    streams.recover();
    streams.archiver.start();
    return streams;
  }

  private void recover() {
    long startedNanos = time.nanoTime();
    var found = new HashMap<StreamId, Stream>();
    journal.replay(
        archive.checkpoint(),
        (entry, position, epoch) -> {
          if (entry instanceof Entry.Opened opened) {
            found.putIfAbsent(
                opened.stream(),
                Stream.journaled(
                    opened, dialectOf(opened.attributes()), homes.get(), store, 0, position));
          }
          var stream = found.get(entry.stream());
          if (stream != null) {
            stream.apply(entry, position, epoch);
          }
        });
    found.keySet().removeAll(archive.present(found.keySet()));
    found.values().forEach(stream -> live.put(stream.id(), live(stream)));
    for (var each : live.values()) {
      each.stream().home().execute(each.seal()::recover);
    }
    if (!found.isEmpty()) {
      log.info(
          "streams.recovered streams={} ms={}",
          found.size(),
          (time.nanoTime() - startedNanos) / 1_000_000);
    }
  }

  private Live live(Stream stream) {
    return new Live(stream, new Seal(stream, this), null);
  }

  /**
   * Opens a stream and starts its generation. Returns at once; the listener is told on the home
   * whether the stream exists. The generation may be fed before that.
   *
   * @param home the loop that feeds it, on which this is called
   */
  public Generation open(
      StreamRequest request, Home home, Upstream upstream, OpenListener openListener) {
    var attributes = new HashMap<>(request.attributes());
    attributes.put(Attributes.DIALECT, request.dialect().name());
    var opened = new Entry.Opened(request.id(), attributes, time.wallClockMs());
    var stream =
        Stream.journaled(
            opened, request.dialect(), home, store, options.residentBytesMax(), journal.tail());
    var seal = new Seal(stream, this);
    var generation = new Generation(stream, this, request, upstream, seal);
    var refusal = register(new Live(stream, seal, generation));
    if (refusal != null) {
      generation.abandon();
      home.execute(() -> openListener.refused(refusal));
      return generation;
    }
    append(
        stream,
        opened,
        new Step.Then() {
          @Override
          public void durable() {
            log.info(
                "generation.started stream={} dialect={}", stream.id(), request.dialect().name());
            listener.opened();
            openListener.opened(stream);
          }

          @Override
          public void refused(Journal.Refusal why) {
            generation.abandon();
            live.remove(stream.id());
            seal.abandon();
            openListener.refused(refusalOf(why));
          }
        });
    generation.start();
    seal.whenSettled(settled -> generations.decrementAndGet());
    return generation;
  }

  private @Nullable OpenRefusal register(Live stream) {
    reserved.remove(stream.stream().id());
    if (draining) {
      return new OpenRefusal.Draining();
    }
    switch (journal.health()) {
      case OPEN -> {}
      case FULL -> {
        return new OpenRefusal.DiskFull();
      }
      case CLOSED -> {
        return new OpenRefusal.JournalClosed("the journal is closed");
      }
    }
    if (generations.get() >= options.generationsMax()) {
      return new OpenRefusal.Overloaded(options.generationsMax());
    }
    if (live.putIfAbsent(stream.stream().id(), stream) != null) {
      return new OpenRefusal.IdTaken();
    }
    generations.incrementAndGet();
    return null;
  }

  private static OpenRefusal refusalOf(Journal.Refusal refusal) {
    return switch (refusal) {
      case Journal.Refusal.Full full -> new OpenRefusal.DiskFull();
      case Journal.Refusal.TooLarge large -> new OpenRefusal.TooLarge(large.bytesMax());
      case Journal.Refusal.Fenced fenced ->
          new OpenRefusal.JournalClosed("fenced by " + fenced.current().value());
      case Journal.Refusal.Closed closed -> new OpenRefusal.JournalClosed(closed.reason());
    };
  }

  /**
   * Keeps an id for an {@link #open} to come; false if a stream has it or somebody else keeps it. A
   * kept id is given back by {@link #open} or {@link #unreserve}.
   */
  public void reserve(StreamId id, Consumer<Boolean> result) {
    if (live.containsKey(id) || !reserved.add(id)) {
      result.accept(false);
      return;
    }
    io.execute(
        () -> {
          boolean free;
          try {
            free = archive.find(id).isEmpty();
          } catch (RuntimeException e) {
            log.error("archive.failed", e);
            free = false;
          }
          if (!free) {
            reserved.remove(id);
          }
          result.accept(free);
        });
  }

  /** Gives a reserved id back. */
  public void unreserve(StreamId id) {
    reserved.remove(id);
  }

  /** Finds a stream, running or at rest; one whose creation is not on disk yet is not found. */
  public void find(StreamId id, Answer<Optional<Stream>> result) {
    var here = live.get(id);
    if (here != null && here.stream().isOpened()) {
      result.succeeded(Optional.of(here.stream()));
      return;
    }
    ask(() -> archive.find(id).map(this::atRest), result);
  }

  private Stream atRest(ClosedStream closed) {
    return Stream.archived(closed, dialectOf(closed.attributes()), homes.get(), store);
  }

  /**
   * Stops a generation and keeps its partial. Once it is cancelled, cancelling it again is a
   * success too.
   */
  public void cancel(StreamId id, Answer<CancelResult> result) {
    var here = live.get(id);
    if (here == null) {
      ask(
          () ->
              archive.find(id).map(c -> ended(StreamView.of(c))).orElse(new CancelResult.Unknown()),
          result);
      return;
    }
    var stream = here.stream();
    stream
        .home()
        .execute(
            () -> {
              var generation = here.generation();
              if (generation != null && generation.cancel()) {
                log.info("generation.cancelled stream={}", id);
              }
              if (here.seal().decided() == Outcome.COMPLETED && saver.isNeeded()) {
                result.succeeded(ended(stream.view()));
              } else {
                here.seal().whenSettled(settled -> answer(settled, stream, result));
              }
            });
  }

  private static void answer(Seal.Settled settled, Stream stream, Answer<CancelResult> result) {
    switch (settled) {
      case RELEASED -> result.succeeded(ended(stream.view()));
      case LOST ->
          result.failed(
              new JournalFailedException("the journal is closed; a restart decides the stream"));
      case ABANDONED -> result.succeeded(new CancelResult.Unknown());
    }
  }

  private static CancelResult ended(StreamView view) {
    return view.outcome() == Outcome.CANCELLED
        ? new CancelResult.Cancelled(view)
        : new CancelResult.Ended(view);
  }

  /**
   * Saves a response once more that a hook has rejected, or that was given up: each hook is called
   * once, with what it received before. What its readers were told stays as it is.
   */
  public void save(StreamId id, Answer<SaveResult> result) {
    var here = live.get(id);
    if (here == null) {
      ask(() -> archive.find(id), found(result));
      return;
    }
    here.stream()
        .home()
        .execute(
            () -> {
              if (here.stream().isSaved() || !here.seal().isResting()) {
                result.succeeded(SaveResult.of(here.stream().view()));
              } else {
                ask(() -> archivedNow(id), found(result));
              }
            });
  }

  /** What rests is on its way to the archive. */
  private Optional<ClosedStream> archivedNow(StreamId id) {
    archiver.flush();
    return archive.find(id);
  }

  /** Runs where the archive was asked. */
  private Answer<Optional<ClosedStream>> found(Answer<SaveResult> result) {
    return new Answer<>() {
      @Override
      public void succeeded(Optional<ClosedStream> closed) {
        if (closed.isEmpty()) {
          result.succeeded(new SaveResult.Unknown());
        } else if (closed.get().saved()) {
          result.succeeded(SaveResult.of(StreamView.of(closed.get())));
        } else {
          saveAgain(closed.get(), result);
        }
      }

      @Override
      public void failed(RuntimeException cause) {
        result.failed(cause);
      }
    };
  }

  private void saveAgain(ClosedStream closed, Answer<SaveResult> result) {
    SavedResponse response;
    try {
      response = responses.toSave(closed, archive.response(closed.id()).orElseThrow());
    } catch (RuntimeException e) {
      result.failed(e);
      return;
    }
    saver
        .saveOnce(response, homes.get())
        .whenComplete(
            (nothing, failure) -> {
              if (failure != null) {
                result.succeeded(
                    new SaveResult.Unsaved(StreamView.of(closed), Saver.cause(failure)));
                return;
              }
              ask(
                  () -> {
                    archive.markSaved(closed.id());
                    return archive
                        .find(closed.id())
                        .map(saved -> SaveResult.of(StreamView.of(saved)))
                        .orElse(new SaveResult.Unknown());
                  },
                  result);
            });
  }

  /** The assembled response of a stream as JSON text, as far as it has come. */
  public void response(StreamId id, Answer<Optional<String>> result) {
    ask(
        () -> {
          var here = live.get(id);
          if (here == null) {
            return archive.response(id);
          }
          var stream = here.stream();
          try {
            return Optional.of(responses.assemble(stream).of(stream.id(), stream.outcome()));
          } catch (JournalFailedException e) {
            return Optional.of(archive.response(id).orElseThrow(() -> e)); // it moved meanwhile
          }
        },
        result);
  }

  /**
   * The streams of the journal that there are now. Taken before the archive is asked: what moves
   * meanwhile is then seen twice, never not at all.
   */
  private List<Stream> journaled() {
    return live.values().stream().map(Live::stream).filter(Stream::isOpened).toList();
  }

  /** Lists streams, newest first. */
  public void list(StreamQuery query, Answer<List<StreamView>> result) {
    ask(
        () -> {
          var journaled = journaled();
          var views = new HashMap<StreamId, StreamView>();
          if (query.state() == null || query.state().equals("released")) {
            for (var closed : archive.list(archiveQuery(query))) {
              views.put(closed.id(), StreamView.of(closed));
            }
          }
          for (var stream : journaled) {
            var view = stream.view();
            if (query.matches(view)) {
              views.put(view.id(), view);
            }
          }
          return views.values().stream().sorted(NEWEST_FIRST).limit(query.limit()).toList();
        },
        result);
  }

  private static final Comparator<StreamView> NEWEST_FIRST =
      Comparator.comparingLong(StreamView::createdMs)
          .thenComparing(view -> view.id().value())
          .reversed();

  private static Archive.Query archiveQuery(StreamQuery query) {
    return new Archive.Query(
        query.outcome() == null ? null : query.outcome().word(),
        query.conversation(),
        query.before(),
        query.limit());
  }

  /**
   * The turns of a conversation, oldest first; the running one, if any, is among them.
   *
   * @param limit 1 to 1,000; of a longer conversation the newest are given
   */
  public void conversation(String key, int limit, Answer<List<Turn>> result) {
    var query = new StreamQuery(null, null, key, null, limit);
    ask(
        () -> {
          var journaled = journaled();
          var turns = new HashMap<StreamId, Turn>();
          for (var closed : archive.list(archiveQuery(query))) {
            archive
                .response(closed.id())
                .ifPresent(
                    json -> turns.put(closed.id(), responses.turn(StreamView.of(closed), json)));
          }
          for (var stream : journaled) {
            if (query.matches(stream.view()) && !turns.containsKey(stream.id())) {
              turns.put(stream.id(), turn(stream));
            }
          }
          return turns.values().stream()
              .sorted(Comparator.comparing(Turn::stream, NEWEST_FIRST))
              .limit(limit)
              .sorted(Comparator.comparing(Turn::stream, NEWEST_FIRST.reversed()))
              .toList();
        },
        result);
  }

  private Turn turn(Stream stream) {
    try {
      return responses.turn(stream);
    } catch (JournalFailedException e) {
      return archive // it moved meanwhile
          .response(stream.id())
          .map(json -> responses.turn(stream.view(), json))
          .orElseThrow(() -> e);
    }
  }

  /** Generations that run now. */
  public int generations() {
    return generations.get();
  }

  /** Streams that are not in the archive yet, running ones included. */
  public int unarchived() {
    return live.size();
  }

  /** Whether new streams are refused because the process is going away. */
  public boolean isDraining() {
    return draining;
  }

  /** Whether the journal takes entries. */
  public Journal.Health health() {
    return journal.health();
  }

  /**
   * Refuses new streams, lets the running ones go on for a while, and then ends what still runs as
   * interrupted.
   *
   * @return completed when no generation runs any more
   */
  public CompletionStage<Void> drain(long graceMs) {
    draining = true;
    log.info("streams.draining generations={} grace_ms={}", generations.get(), graceMs);
    var done = new CompletableFuture<Void>();
    var home = homes.get();
    long deadline = time.nanoTime() + graceMs * 1_000_000;
    home.execute(() -> checkDrained(home, deadline, false, done));
    return done;
  }

  private void checkDrained(
      Home home, long deadlineNanos, boolean interrupted, CompletableFuture<Void> done) {
    long leftMs = (deadlineNanos - time.nanoTime()) / 1_000_000;
    if (generations.get() == 0 || (interrupted && leftMs < -DRAIN_SEAL_MS)) {
      live.values()
          .forEach(
              each ->
                  each.stream()
                      .subscribers()
                      .notice("draining", "The server is going away; come back for the rest."));
      done.complete(null);
      return;
    }
    boolean over = leftMs <= 0;
    if (over && !interrupted) {
      live.values().forEach(Streams::interrupt);
    }
    home.schedule(DRAIN_CHECK_MS, () -> checkDrained(home, deadlineNanos, over, done));
  }

  private static void interrupt(Live each) {
    var generation = each.generation();
    if (generation != null) {
      each.stream().home().execute(() -> generation.interrupt());
    }
  }

  /** Writes what is closed to the archive now; for shutdown, after {@link #drain}. Blocks. */
  public void flushArchive() {
    archiver.flush();
  }

  void append(Stream stream, Entry entry, Step.Then then) {
    var mailbox = mailboxes.computeIfAbsent(stream.home(), Mailbox::new);
    journal.append(entry, fence, new Step(stream, entry, journal.epoch(), mailbox, listener, then));
  }

  /** A stream is released and its save is settled: it may rest. */
  void closed(Stream stream) {
    archiver.add(stream);
  }

  Collection<Live> unarchivedStreams() {
    return live.values();
  }

  void forget(List<Stream> archived) {
    archived.forEach(stream -> live.remove(stream.id()));
    listener.archived(archived.size());
  }

  StreamOptions options() {
    return options;
  }

  TimeSource time() {
    return time;
  }

  StreamsListener listener() {
    return listener;
  }

  Saver saver() {
    return saver;
  }

  private <T> void ask(Supplier<T> question, Answer<T> result) {
    io.execute(
        () -> {
          T answer;
          try {
            answer = question.get();
          } catch (RuntimeException e) {
            result.failed(e);
            return;
          }
          result.succeeded(answer);
        });
  }

  /** A stream of a dialect that this version does not know is read as plain SSE. */
  private static Dialect dialectOf(Map<String, String> attributes) {
    var all = new ArrayList<>(Dialects.all());
    return Dialects.named(attributes.getOrDefault(Attributes.DIALECT, ""))
        .orElseGet(() -> all.get(all.size() - 1));
  }
}
