package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageSum;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Journaled.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
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
 * through a consumer, on any thread. Every question names in whose name it is asked: what is
 * another's looks like what is not there.
 */
public final class Streams {
  private static final Logger log = LoggerFactory.getLogger(Streams.class);

  private final Journal journal;
  private final FencingToken fence;
  private final Archive archive;
  private final StreamOptions options;
  private final TimeSource time;
  private final Supplier<? extends Home> homes;
  private final Home commands;
  private final StreamsListener listener;
  private final MemoryBudget budget;
  private final Stream.Ground ground;
  private final Stream.Ground readGround;
  private final Receipts receipts;
  private final Saver saver;
  private final Archiver archiver;
  private final Retention retention;
  private final Admissions admissions;
  private final Catalog catalog;
  private final Deletions deletions;
  private final ClaimedIds claims;
  private final LateSaves lateSaves;
  private final Journaled journaled = new Journaled();
  private final ConcurrentHashMap<Home, Mailbox> mailboxes = new ConcurrentHashMap<>();

  private Streams(Parts parts) {
    this.journal = parts.journal;
    this.fence = journal.fence();
    this.archive = parts.archive;
    this.options = parts.options.fitting(parts.budget);
    this.time = parts.time;
    this.homes = parts.homes;
    this.commands = homes.get();
    var io = parts.io;
    this.listener = new GuardedListener(parts.listener);
    this.budget = parts.budget;
    var store = new BlockStore(journal, archive, io);
    this.receipts = new Receipts(parts.receipts, journal, io);
    boolean digested = receipts.areMade();
    this.ground = new Stream.Ground(store, budget, options.residentBytesMax(), digested);
    this.readGround = new Stream.Ground(store, budget, 0, digested);
    var responses = new Responses(budget);
    this.saver =
        new Saver(
            new Save.Ground(
                parts.release,
                options.saving(),
                responses,
                journal,
                budget,
                io,
                parts.random,
                new SaveCalls(options.saving(), time, listener),
                new LongAdder()));
    this.retention = new Retention(this, journal, archive, options.retaining(), commands, io);
    this.archiver =
        new Archiver(this, journal, archive, responses, budget, commands, io, retention::makeRoom);
    this.admissions =
        new Admissions(
            journal,
            archive,
            budget,
            io,
            retention::makeRoom,
            options.generationsMax(),
            parts.ids,
            journaled::holds);
    this.catalog = new Catalog(journaled, archive, responses, budget, io);
    var entries = new ArchivedEntries(journal, journaled, commands);
    this.deletions = new Deletions(this, journaled, catalog, archiver, entries, commands);
    this.claims = new ClaimedIds(entries, journaled, commands, time);
    this.lateSaves =
        new LateSaves(
            this, journaled, catalog, archive, responses, archiver, entries, commands, io);
  }

  /**
   * What streams are made of.
   *
   * @param release what has to acknowledge a response before its ending is said
   * @param receipts signs what streams are sealed with
   * @param budget the part of the heap that answers may take
   * @param homes where streams live that no process fills any more, one after the other
   * @param io runs what blocks on the disk or the database
   * @param ids gives a stream its id where nobody chose one, such as {@code StreamId::random}
   * @param random spreads the waits between calls of a save hook
   */
  public record Parts(
      Journal journal,
      Archive archive,
      StreamOptions options,
      Release release,
      ReceiptSigner receipts,
      MemoryBudget budget,
      TimeSource time,
      Supplier<? extends Home> homes,
      Executor io,
      Supplier<StreamId> ids,
      RandomGenerator random,
      StreamsListener listener) {}

  /**
   * Reads the journal back and gives every stream that a dead process left open its outcome.
   * Returns when all streams are known; the outcomes follow at once, on the streams' homes.
   *
   * @throws JournalMismatchException if journal and archive are not of one another
   */
  public static Streams start(Parts parts) {
    var streams = new Streams(parts);
    streams.adopt(streams.learn());
    streams.archiver.start();
    streams.retention.start();
    return streams;
  }

  /** What there is, without changing anything of it. */
  private Learned learn() {
    long startedNanos = time.nanoTime();
    var learned = Learned.of(journal, archive, this::revive, this::create);
    if (!learned.streams().isEmpty()) {
      log.info(
          "streams.recovered streams={} ms={}",
          learned.streams().size(),
          (time.nanoTime() - startedNanos) / 1_000_000);
    }
    return learned;
  }

  /** Ends what a dead process left: it is this one's now. */
  private void adopt(Learned learned) {
    for (var stream : learned.streams()) {
      journaled.add(new Item(stream, new Seal(stream, this), null));
    }
    archiver.addAll(learned.commands().stream().map(this::followed).toList());
    for (var item : journaled.all()) {
      item.stream().home().execute(item.seal()::recover);
    }
  }

  /** The archive has not heard this yet; who asks is answered as if it had. */
  private Archiver.Command followed(Archiver.Command command) {
    return switch (command) {
      case Archiver.Command.Delete delete -> followed(delete);
      case Archiver.Command.MarkSaved saved -> saved;
    };
  }

  private Archiver.Command followed(Archiver.Command.Delete delete) {
    if (journaled.get(delete.id()) == null) { // else the id lives again
      journaled.deleting(delete.id(), () -> delete.upTo() - 1);
    }
    var ended = delete.ended();
    if (ended != null) {
      journaled.add((Pin) ended); // the ledger has to read it
    }
    return new Archiver.Command.Delete(
        delete.id(),
        delete.upTo(),
        ended,
        () -> {
          if (ended != null) {
            journaled.remove((Pin) ended);
          }
          journaled.deleted(delete.id());
        });
  }

  private Stream create(Entry.Opened opened, long position) {
    return Stream.journaled(
        opened, dialectOf(opened.attributes()), homes.get(), readGround, position);
  }

  /** A stream as the archive has it. */
  Stream revive(ArchivedStream row) {
    return Stream.archived(row, dialectOf(row.attributes()), homes.get(), readGround);
  }

  /** A stream of a dialect that this version does not know is read as plain SSE. */
  private static Dialect dialectOf(Map<String, String> attributes) {
    var all = new ArrayList<>(Dialects.all());
    return Dialects.named(attributes.getOrDefault(Attributes.DIALECT, ""))
        .orElseGet(() -> all.get(all.size() - 1));
  }

  // --- beginning

  /**
   * Asks for room for one stream, before anything is asked of an upstream.
   *
   * @param chosen the id that the stream is to have, or null for a random one. While somebody else
   *     holds the id the answer waits until it is known whether a stream comes of it
   * @param told the answer, on any thread
   */
  public void admit(@Nullable StreamId chosen, Consumer<Admission> told) {
    admissions.admit(chosen, Guard.consumer(told));
  }

  /**
   * Writes down that a stream of a place's id may come, before an upstream is asked for it: if this
   * process dies first, there is an interrupted stream of the id afterwards, with these attributes
   * and {@link Attributes#CLAIM}. Nobody finds it before. It is over with {@link #open}, or with
   * {@link Place#giveBack}.
   *
   * @param told why it is not written, or empty once it is on disk; on any thread
   */
  public void claim(
      Place place,
      Owner owner,
      Map<String, String> attributes,
      Consumer<Optional<OpenRefusal>> told) {
    claims.claim(place, owner, attributes, Guard.consumer(told));
  }

  /**
   * Opens a stream and starts its generation. Returns at once; the listener is told on the home
   * whether the stream exists. The generation may be fed before that.
   *
   * @param place where it was admitted; used up by this call
   * @param home the loop that feeds it, on which this is called
   */
  public Generation open(
      Place place, StreamRequest request, Home home, Upstream upstream, OpenListener openListener) {
    return open(
        place,
        request,
        home,
        (stream, bounds, seal) ->
            new Generation(
                stream, this, saver.bounds(bounds, stream.attributes()), request, upstream, seal),
        openListener);
  }

  /**
   * Opens a stream that an application fills itself. As {@link #open}; of the request, neither the
   * framing nor the facts are looked at.
   */
  public Composition compose(
      Place place, StreamRequest request, Home home, Composer composer, OpenListener openListener) {
    return open(
        place,
        request,
        home,
        (stream, bounds, seal) -> new Composition(stream, this, bounds, composer, seal),
        openListener);
  }

  /** Makes what fills a stream. */
  private interface Filler<F extends Filling> {
    F of(Stream stream, StreamOptions bounds, Seal seal);
  }

  private <F extends Filling> F open(
      Place place, StreamRequest request, Home home, Filler<F> filler, OpenListener openListener) {
    var attributes = Attributes.writable(request.attributes());
    attributes.put(Attributes.DIALECT, request.dialect().name());
    if (!request.owner().value().isEmpty()) {
      attributes.put(Attributes.OWNER, request.owner().value());
    }
    var opened = new Entry.Opened(place.id(), attributes, time.wallClockMs());
    var bounds = request.options().map(own -> own.fitting(budget)).orElse(options);
    var stream =
        Stream.journaled(opened, request.dialect(), home, groundOf(bounds), journal.tail());
    var seal = new Seal(stream, this);
    var filling = filler.of(stream, bounds, seal);
    if (!journaled.add(new Item(stream, seal, filling))) {
      filling.abandon();
      place.giveBack();
      home.execute(() -> openListener.refused(new OpenRefusal.IdTaken()));
      return filling;
    }
    append(
        stream,
        opened,
        Step.Then.of(
            () -> {
              log.info(
                  "generation.started stream={} dialect={}", stream.id(), request.dialect().name());
              listener.opened();
              claims.opened(stream.id());
              place.end(true);
              openListener.opened(stream);
            },
            why -> {
              filling.abandon();
              journaled.remove(stream);
              seal.abandon();
              place.giveBack();
              openListener.refused(refusalOf(why));
            }));
    seal.whenSettled(
        how -> {
          if (how != SealState.How.ABANDONED) {
            admissions.free();
          }
        });
    filling.start();
    return filling;
  }

  private Stream.Ground groundOf(StreamOptions bounds) {
    return bounds.residentBytesMax() == ground.residentBytesMax()
        ? ground
        : new Stream.Ground(ground.store(), budget, bounds.residentBytesMax(), ground.digested());
  }

  static OpenRefusal refusalOf(Journal.Refusal refusal) {
    return switch (refusal) {
      case Journal.Refusal.Full full ->
          full.outOfRoom() ? new OpenRefusal.DiskFull() : new OpenRefusal.JournalBlocked();
      case Journal.Refusal.TooLarge large -> new OpenRefusal.TooLarge(large.bytesMax());
      case Journal.Refusal.Fenced fenced ->
          new OpenRefusal.JournalClosed("fenced by " + fenced.current().value());
      case Journal.Refusal.Closed closed -> new OpenRefusal.JournalClosed(closed.reason());
    };
  }

  // --- commands

  /**
   * Stops a generation and keeps its partial. Once it is cancelled, cancelling it again is a
   * success too.
   */
  public void cancel(Owner owner, StreamId id, Answer<CancelResult> answer) {
    var result = Guard.answer(answer);
    var item = journaled.get(id);
    if (item == null) {
      catalog.archived(
          owner,
          id,
          result,
          row -> row.map(r -> ended(StreamView.of(r))).orElseGet(CancelResult.Unknown::new));
      return;
    }
    var stream = item.stream();
    if (!owner.owns(stream.attributes())) {
      catalog.unknown(owner, id, result, new CancelResult.Unknown());
      return;
    }
    stream
        .home()
        .execute(
            () -> {
              var filling = item.filling();
              if (filling != null && filling.cancel()) {
                log.info("generation.cancelled stream={}", id);
              }
              if (item.seal().decided() == Outcome.COMPLETED
                  && saver.isNeeded(stream.attributes())) {
                result.succeeded(ended(stream.view()));
              } else {
                item.seal().whenSettled(how -> answer(how, stream, result));
              }
            });
  }

  private static void answer(SealState.How how, Stream stream, Answer<CancelResult> result) {
    switch (how) {
      case RELEASED -> result.succeeded(ended(stream.view()));
      case LOST -> result.failed(journalClosed());
      case ABANDONED -> result.succeeded(new CancelResult.Unknown());
    }
  }

  static JournalFailedException journalClosed() {
    return new JournalFailedException("the journal is closed; a restart decides the stream");
  }

  private static CancelResult ended(StreamView view) {
    return view.outcome() == Outcome.CANCELLED
        ? new CancelResult.Cancelled(view)
        : new CancelResult.Ended(view);
  }

  /**
   * Deletes a stream. One that runs is cancelled first; one whose answer waits for a save hook
   * stays as it is, but for a hook that is awaited and for nobody else: that is let go. It is gone
   * once the answer comes, for readers and after any restart, and its id may be used again.
   */
  public void delete(Owner owner, StreamId id, Answer<DeleteResult> answer) {
    deletions.delete(owner, id, Guard.answer(answer));
  }

  /**
   * Deletes every stream of a conversation, as {@link #delete} does.
   *
   * @param result how many are gone; fails with the first that failed
   */
  public void deleteConversation(Owner owner, String key, Answer<Integer> result) {
    new ConversationDeletion(this, owner, key, Guard.answer(result)).start();
  }

  /**
   * Saves a response once more that a hook has rejected, or that was given up: each hook is called
   * once, with what it received before. What its readers were told stays as it is.
   */
  public void save(Owner owner, StreamId id, Answer<SaveResult> answer) {
    lateSaves.save(owner, id, Guard.answer(answer));
  }

  // --- questions

  /** Finds a stream, running or at rest; one whose creation is not on disk yet is not found. */
  public void find(Owner owner, StreamId id, Answer<Optional<Stream>> result) {
    catalog.find(owner, id, Guard.answer(result), this::revive);
  }

  /**
   * Finds the newest stream that its client comes back to by a name, running or at rest.
   *
   * @param name its {@link Attributes#NAME}
   * @param path its {@link Attributes#PATH}
   */
  public void findNamed(Owner owner, String name, String path, Answer<Optional<Stream>> result) {
    catalog.named(owner, name, path, Guard.answer(result), this::revive);
  }

  /**
   * The assembled response of a stream as JSON text, as far as it has come.
   *
   * <p>Fails with {@link ResponseTooLargeException} for one that cannot be put together in memory,
   * and with {@link MemoryFullException} where there is no room for it now.
   */
  public void response(Owner owner, StreamId id, Answer<Optional<String>> result) {
    catalog.response(owner, id, Guard.answer(result), this::revive);
  }

  /**
   * Reads what an {@linkplain SaveHook#isAwaited awaited} hook was told of; empty once that life of
   * the stream's id is deleted. Fails as {@link #response} does. Whoever reads it has the memory
   * for it.
   *
   * @param told as the hook was told of it
   */
  public void read(SavedResponse told, Answer<Optional<SavedResponse>> result) {
    catalog.read(told, Guard.answer(result), this::revive);
  }

  /** Lists streams, newest first. */
  public void list(Owner owner, StreamQuery query, Answer<List<StreamView>> result) {
    catalog.list(owner, query, Guard.answer(result));
  }

  /**
   * The turns of a conversation, oldest first; the running one, if any, is among them.
   *
   * @param limit 1 to 1,000; of a longer conversation the newest are given
   */
  public void conversation(Owner owner, String key, int limit, Answer<List<Turn>> result) {
    catalog.conversation(owner, key, limit, Guard.answer(result), this::revive);
  }

  /**
   * Bytes of the visible events of an owner's streams, running or at rest. One that moves to the
   * archive meanwhile may be counted twice.
   */
  public void bytes(Owner owner, Answer<Long> result) {
    catalog.bytes(owner, Guard.answer(result));
  }

  /**
   * Sums up what an owner's responses took, of those that have ended and rest in the archive. It is
   * said of deleted ones, too.
   *
   * @param query whose owner is not looked at
   */
  public void usage(Owner owner, UsageQuery query, Answer<List<UsageSum>> result) {
    catalog.usage(owner, query, Guard.answer(result));
  }

  /** Generations that run now, and requests that may become one. */
  public int generations() {
    return admissions.places();
  }

  /** Responses that wait for their save hooks now, also those whose readers do not. */
  public int unsaved() {
    return saver.pending();
  }

  /** Streams that are not wholly in the archive yet, running ones included. */
  public int unarchived() {
    return journaled.size();
  }

  /** Whether new streams are refused because the process is going away. */
  public boolean isDraining() {
    return admissions.isDraining();
  }

  /**
   * Whether streams that begin here still come to rest here. If not, the journal has failed or was
   * closed, or another process has opened the archive: nothing helps but opening both again.
   */
  public boolean isSound() {
    return journal.health() != Journal.Health.CLOSED && !archiver.isFenced();
  }

  /** Whether the journal takes entries. */
  public Journal.Health health() {
    return journal.health();
  }

  /** Whether it takes few for want of room, and for nothing else. */
  public boolean isOutOfRoom() {
    return journal.isOutOfRoom();
  }

  // --- the end

  /**
   * Refuses new streams, lets the running ones go on for a while, and then ends what still runs as
   * interrupted.
   *
   * @return completed when no generation runs any more
   */
  public CompletionStage<Void> drain(long graceMs) {
    admissions.drain();
    return new Drain(admissions, journaled, time, homes.get()).start(graceMs);
  }

  /**
   * Writes what rests to the archive; for shutdown, after {@link #drain}.
   *
   * @return completed when nothing waits, or exceptionally if the archive refuses
   */
  public CompletionStage<Void> flushArchive() {
    return archiver.flush();
  }

  // --- for the engine's other parts

  /** A stream has outlived its time. On any thread. */
  void expire(StreamId id, Answer<DeleteResult> result) {
    deletions.expire(id, result);
  }

  /** A home for what no process fills any more. */
  Home home() {
    return homes.get();
  }

  /** On the stream's home. */
  void append(Stream stream, Entry entry, Step.Then then) {
    var mailbox = mailboxes.computeIfAbsent(stream.home(), Mailbox::new);
    stream.appending(entry);
    journal.append(entry, fence, new Step(stream, entry, mailbox, this, then));
  }

  /** A stream is released and its save is settled: it may rest. */
  void rests(Stream stream) {
    archiver.add(stream);
  }

  /** A stream that runs has become so long that a part of it should be archived. */
  void hasGrown(Stream stream) {
    archiver.add(stream);
  }

  boolean isResting(Stream stream) {
    var item = journaled.get(stream.id());
    return item != null && item.stream() == stream && item.seal().isResting();
  }

  boolean isJournaled(Stream stream) {
    return journaled.has(stream);
  }

  List<Stream> journaledStreams() {
    return journaled.streams();
  }

  /** What the journal must still be able to tell. */
  List<Pin> pins() {
    return journaled.pins();
  }

  void forget(Stream archived) {
    journaled.remove(archived);
  }

  TimeSource time() {
    return time;
  }

  StreamsListener listener() {
    return listener;
  }

  MemoryBudget budget() {
    return budget;
  }

  Saver saver() {
    return saver;
  }

  Receipts receipts() {
    return receipts;
  }
}
