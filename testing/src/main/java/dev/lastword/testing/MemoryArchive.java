package dev.lastword.testing;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveDamagedException;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchiveFullException;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageSum;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An archive in memory: what was stored survives every crash, as with a database that keeps its
 * word. Cuts events into runs of its own, shorter than they were stored.
 */
public final class MemoryArchive implements Archive {
  private static final Comparator<ArchivedStream> NEWEST_FIRST =
      Comparator.comparingLong(ArchivedStream::createdMs)
          .thenComparing(stream -> stream.id().value())
          .reversed();
  private static final Comparator<ArchivedStream> OLDEST_END_FIRST =
      Comparator.comparingLong(ArchivedStream::completeTimeMs)
          .thenComparingLong(ArchivedStream::endedMs)
          .thenComparing(stream -> stream.id().value());

  private static final int RUN_BYTES_MAX = 256 << 10;

  private final int runEvents;
  private MemoryArchiveRows rows = MemoryArchiveRows.none();
  private final Set<StreamId> refused = new HashSet<>();
  private final Set<StreamId> stumbledOver = new HashSet<>();
  private final Set<StreamId> damaged = new HashSet<>();
  private final Set<StreamId> damagedResponses = new HashSet<>();
  private boolean failing;
  private boolean failingStores;
  private boolean full;
  private boolean losingAnswers;
  private long mostHeld;

  private volatile Runnable beforeStore = () -> {};
  private volatile Runnable behindStore = () -> {};
  private volatile Runnable beforeRead = () -> {};

  /** One stream, as it rests here. */
  record Kept(
      ArchivedStream stream,
      List<SseEvent> events,
      @Nullable String response,
      @Nullable String text) {}

  /**
   * An empty archive.
   *
   * @param runEvents most events that one read gives
   */
  public MemoryArchive(int runEvents) {
    this.runEvents = runEvents;
  }

  /** Refuses every call from now on, or takes them again. */
  public synchronized void fail(boolean fail) {
    failing = fail;
  }

  /** Refuses to store from now on, while reads work, or stores again. */
  public synchronized void failStores(boolean fail) {
    failingStores = fail;
  }

  /** Is full from now on, so that only deletions go, or has room again. */
  public synchronized void fill(boolean full) {
    this.full = full;
  }

  /** What happens before each batch is stored, and what behind it; before anybody is told. */
  public void aroundStore(Runnable before, Runnable behind) {
    beforeStore = before;
    behindStore = behind;
  }

  /** What happens before each run of events is read. */
  public void beforeRead(Runnable before) {
    beforeRead = before;
  }

  /** Stores the next batch and fails all the same, as if the answer got lost. */
  public synchronized void loseNextAnswer() {
    losingAnswers = true;
  }

  /** Refuses every deposit with this stream in it from now on. */
  public synchronized void refuse(StreamId id) {
    refused.add(id);
  }

  /** Makes nothing of a deposit with one of these streams in it from now on, and says so. */
  public synchronized void stumbleOver(StreamId... ids) {
    stumbledOver.addAll(List.of(ids));
  }

  /** Finds what it has of this stream damaged from now on, whenever it is read. */
  public synchronized void damage(StreamId id) {
    damaged.add(id);
  }

  /** Finds this stream's response damaged from now on, and nothing else of it. */
  public synchronized void damageResponse(StreamId id) {
    damagedResponses.add(id);
  }

  /** Forgets how far it has followed which journal, as `DELETE FROM checkpoint` does. */
  public synchronized void forgetCheckpoint() {
    var next = rows.copy();
    next.forgetCheckpoint();
    rows = next;
  }

  /** Is told to follow its journal anew from the oldest entry that that still has. */
  public synchronized void beginAnew() {
    var next = rows.copy();
    next.beginAnew();
    rows = next;
  }

  /** A copy of what is here now; run, it takes the place of what is here then. */
  public synchronized Runnable copy() {
    var copied = rows; // never changed, only replaced
    return () -> {
      synchronized (this) {
        rows = copied;
      }
    };
  }

  /** A person deletes a stream's row behind Lastword's back; true if it was here. */
  public synchronized boolean deleteByHand(StreamId id) {
    var next = rows.copy();
    boolean here = next.deleteByHand(id);
    rows = next;
    return here;
  }

  @Override
  public void store(Batch batch) {
    beforeStore.run();
    storeNow(batch);
    behindStore.run();
  }

  /** The most characters of responses and texts that one batch has held. */
  public synchronized long mostHeld() {
    return mostHeld;
  }

  private static long held(Deposit deposit) {
    var response = deposit.response();
    var text = deposit.text();
    return (response == null ? 0L : response.length()) + (text == null ? 0 : text.length());
  }

  private synchronized void storeNow(Batch batch) {
    mostHeld = Math.max(mostHeld, batch.deposits().stream().mapToLong(MemoryArchive::held).sum());
    checkUp();
    if (failingStores) {
      throw down();
    }
    if (batch.deposits().stream().anyMatch(deposit -> refused.contains(deposit.stream().id()))) {
      throw new ArchiveFailedException("a deposit is refused");
    }
    if (batch.deposits().stream().anyMatch(d -> stumbledOver.contains(d.stream().id()))) {
      throw new IllegalArgumentException("a deposit is not understood");
    }
    if (full && !batch.deposits().isEmpty()) {
      throw new ArchiveFullException("the disk is full", new IllegalStateException("scripted"));
    }
    var next = rows.copy();
    next.store(batch);
    rows = next;
    if (losingAnswers) {
      losingAnswers = false;
      throw new ArchiveFailedException("stored, and the answer got lost");
    }
  }

  @Override
  public synchronized Optional<Checkpoint> checkpoint() {
    checkUp();
    return rows.checkpoint();
  }

  @Override
  public synchronized List<ArchivedStream> unfinished() {
    checkUp();
    return streams(stream -> !stream.atRest()).stream()
        .sorted(Comparator.comparingLong(ArchivedStream::openedAt))
        .toList();
  }

  @Override
  public synchronized Map<StreamId, Known> known(Collection<StreamId> ids) {
    checkUp();
    var known = new HashMap<StreamId, Known>();
    for (var id : ids) {
      if (!damaged.contains(id)) {
        rows.known(id).ifPresent(each -> known.put(id, each));
      }
    }
    return known;
  }

  @Override
  public synchronized Optional<ArchivedStream> find(StreamId id) {
    return whole(id).map(Kept::stream);
  }

  @Override
  public synchronized Optional<ArchivedStream> find(StreamId id, String owner) {
    return find(id).filter(stream -> owner.equals(stream.attributes().getOrDefault(OWNER, "")));
  }

  @Override
  public synchronized Optional<String> response(StreamId id) {
    if (damagedResponses.contains(id)) {
      throw new ArchiveDamagedException(id, "scripted");
    }
    return whole(id).map(Kept::response);
  }

  /** What rests here of a stream, also while the archive is down. */
  synchronized Optional<Kept> contents(StreamId id) {
    return rows.get(id);
  }

  @Override
  public Optional<ArchivedEvents> read(StreamId id, long seq) {
    beforeRead.run();
    return readNow(id, kept -> true, seq);
  }

  @Override
  public Optional<ArchivedEvents> read(StreamId id, long openedAt, long seq) {
    beforeRead.run();
    return readNow(id, kept -> kept.stream().openedAt() == openedAt, seq);
  }

  private synchronized Optional<ArchivedEvents> readNow(
      StreamId id, Predicate<Kept> which, long seq) {
    return whole(id)
        .filter(which)
        .filter(stream -> seq >= 1 && seq <= stream.events().size())
        .map(stream -> run(stream.events(), (int) seq));
  }

  /** Not from the event that is asked for on: whoever reads has to cope with that. */
  private ArchivedEvents run(List<SseEvent> events, int seq) {
    int from = (seq - 1) / runEvents * runEvents;
    var run = EncodedEvents.of(events.subList(from, Math.min(from + runEvents, events.size())));
    if (run.length() <= RUN_BYTES_MAX) {
      return new ArchivedEvents(from + 1L, run);
    }
    return new ArchivedEvents(seq, run.slice(seq - 1 - from, seq - from));
  }

  @Override
  public synchronized Optional<ArchivedStream> named(
      @Nullable String owner, String name, String path) {
    checkUp();
    return streams(
            stream ->
                stream.atRest()
                    && name.equals(stream.attributes().get(NAME))
                    && path.equals(stream.attributes().get(PATH))
                    && (owner == null || owner.equals(stream.attributes().getOrDefault(OWNER, ""))))
        .stream()
        .filter(stream -> !damaged.contains(stream.id()))
        .min(
            Comparator.comparingLong(ArchivedStream::openedAt)
                .reversed()
                .thenComparing(NEWEST_FIRST));
  }

  @Override
  public synchronized List<ArchivedStream> list(Query query) {
    if (query.limit() < 1 || query.limit() > LIMIT_MAX) {
      throw new IllegalArgumentException("limit is " + query.limit() + ", not 1 to " + LIMIT_MAX);
    }
    checkUp();
    return streams(stream -> stream.atRest() && matches(stream, query)).stream()
        .filter(stream -> !damaged.contains(stream.id()))
        .sorted(NEWEST_FIRST)
        .limit(query.limit())
        .toList();
  }

  private static boolean matches(ArchivedStream stream, Query query) {
    var before = query.before();
    var outcome = stream.outcome();
    return isOrAny(query.owner(), stream.attributes().getOrDefault(OWNER, ""))
        && isOrAny(query.outcome(), outcome == null ? null : outcome.word())
        && isOrAny(query.conversation(), stream.attributes().get(CONVERSATION))
        && (before == null
            || stream.createdMs() < before.createdMs()
            || (stream.createdMs() == before.createdMs()
                && stream.id().value().compareTo(before.id().value()) < 0));
  }

  private static boolean isOrAny(@Nullable String wanted, @Nullable String actual) {
    return wanted == null || Objects.equals(wanted, actual);
  }

  @Override
  public synchronized List<StreamId> outlived(long endedBeforeTimeMs, long bytesMax, int limit) {
    checkUp();
    var resting = streams(ArchivedStream::atRest);
    long bytes = resting.stream().mapToLong(ArchivedStream::bytes).sum();
    var outlived = new ArrayList<StreamId>();
    for (var stream : resting.stream().sorted(OLDEST_END_FIRST).toList()) {
      boolean old = stream.completeTimeMs() > 0 && stream.completeTimeMs() < endedBeforeTimeMs;
      if (outlived.size() < limit && (old || bytes > bytesMax)) {
        outlived.add(stream.id());
        bytes -= stream.bytes();
      }
    }
    return outlived;
  }

  @Override
  public synchronized long bytes(String owner) {
    checkUp();
    return streams(ArchivedStream::atRest).stream()
        .filter(stream -> stream.attributes().getOrDefault(OWNER, "").equals(owner))
        .mapToLong(ArchivedStream::bytes)
        .sum();
  }

  @Override
  public synchronized List<UsageSum> usage(UsageQuery query) {
    checkUp();
    return UsageSums.of(rows.ledger(), query);
  }

  /** What the ledger has of a stream, of all its lives. */
  synchronized List<Ended> ledger(StreamId id) {
    return rows.ledger().stream().filter(ended -> ended.stream().id().equals(id)).toList();
  }

  @Override
  public synchronized long bytes() {
    checkUp();
    return streams(stream -> true).stream().mapToLong(ArchivedStream::bytes).sum();
  }

  @Override
  public void close() {}

  private List<ArchivedStream> streams(Predicate<ArchivedStream> which) {
    return rows.kept().stream().map(Kept::stream).filter(which).toList();
  }

  private Optional<Kept> whole(StreamId id) {
    checkUp();
    if (damaged.contains(id) && rows.get(id).isPresent()) {
      throw new ArchiveDamagedException(id, "scripted");
    }
    return rows.get(id);
  }

  private void checkUp() {
    if (failing) {
      throw down();
    }
  }

  private static ArchiveFailedException down() {
    return new ArchiveFailedException("the archive is down", new IllegalStateException("scripted"));
  }
}
