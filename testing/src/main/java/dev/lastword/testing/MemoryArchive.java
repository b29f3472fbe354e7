package dev.lastword.testing;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.archive.ClosedStream;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * An archive in memory: what was stored survives every crash, as with a database that keeps its
 * word. Cuts events into runs of its own, shorter than they were stored.
 */
public final class MemoryArchive implements Archive {
  private static final Comparator<ClosedStream> NEWEST_FIRST =
      Comparator.comparingLong(ClosedStream::createdMs)
          .thenComparing(stream -> stream.id().value())
          .reversed();

  private final int runEvents;
  private final Map<String, Kept> kept = new TreeMap<>();
  private long checkpoint;
  private boolean failing;
  private final Set<StreamId> refused = new HashSet<>();

  /** One stream, as it rests here. */
  record Kept(ClosedStream stream, List<SseEvent> events, String response, String text) {
    Kept asSaved() {
      return new Kept(stream.asSaved(), events, response, text);
    }
  }

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

  /** Refuses every deposit with this stream in it from now on. */
  public synchronized void refuse(StreamId id) {
    refused.add(id);
  }

  @Override
  public synchronized void store(List<Deposit> deposits, long checkpoint) {
    checkUp();
    if (deposits.stream().anyMatch(deposit -> refused.contains(deposit.stream().id()))) {
      throw new ArchiveFailedException("a deposit is refused");
    }
    for (var deposit : deposits) {
      kept.put(deposit.stream().id().value(), keep(deposit));
    }
    this.checkpoint = checkpoint;
  }

  private static Kept keep(Deposit deposit) {
    var events = new ArrayList<SseEvent>();
    for (var run : deposit.events()) {
      if (run.firstSeq() != events.size() + 1) {
        throw new IllegalArgumentException(
            "%s: events from %d on, %d expected"
                .formatted(deposit.stream().id(), run.firstSeq(), events.size() + 1));
      }
      events.addAll(run.events().decode());
    }
    if (events.size() != deposit.stream().events()) {
      throw new IllegalArgumentException(
          "%s: %d events, %d said"
              .formatted(deposit.stream().id(), events.size(), deposit.stream().events()));
    }
    return new Kept(deposit.stream(), List.copyOf(events), deposit.response(), deposit.text());
  }

  @Override
  public synchronized long checkpoint() {
    checkUp();
    return checkpoint;
  }

  @Override
  public synchronized Set<StreamId> present(Collection<StreamId> ids) {
    checkUp();
    return ids.stream().filter(id -> kept.containsKey(id.value())).collect(Collectors.toSet());
  }

  @Override
  public synchronized Optional<ClosedStream> find(StreamId id) {
    checkUp();
    return get(id).map(Kept::stream);
  }

  @Override
  public synchronized Optional<String> response(StreamId id) {
    checkUp();
    return get(id).map(Kept::response);
  }

  /** What rests here of a stream, also while the archive is down. */
  synchronized Optional<Kept> contents(StreamId id) {
    return get(id);
  }

  @Override
  public synchronized Optional<ArchivedEvents> read(StreamId id, long seq) {
    checkUp();
    return get(id)
        .filter(stream -> seq >= 1 && seq <= stream.events().size())
        .map(stream -> run(stream.events(), (int) (seq - 1) / runEvents * runEvents));
  }

  private ArchivedEvents run(List<SseEvent> events, int from) {
    int to = Math.min(from + runEvents, events.size());
    return new ArchivedEvents(from + 1L, EncodedEvents.of(events.subList(from, to)));
  }

  @Override
  public synchronized List<ClosedStream> list(Query query) {
    checkUp();
    return kept.values().stream()
        .map(Kept::stream)
        .filter(stream -> matches(stream, query))
        .sorted(NEWEST_FIRST)
        .limit(query.limit())
        .toList();
  }

  private static boolean matches(ClosedStream stream, Query query) {
    var before = query.before();
    return (query.outcome() == null || query.outcome().equals(stream.outcome().word()))
        && (query.conversation() == null
            || query.conversation().equals(stream.attributes().get(CONVERSATION)))
        && (before == null
            || stream.createdMs() < before.createdMs()
            || (stream.createdMs() == before.createdMs()
                && stream.id().value().compareTo(before.id().value()) < 0));
  }

  @Override
  public synchronized boolean markSaved(StreamId id) {
    checkUp();
    return kept.computeIfPresent(id.value(), (key, each) -> each.asSaved()) != null;
  }

  @Override
  public synchronized boolean delete(StreamId id) {
    checkUp();
    return kept.remove(id.value()) != null;
  }

  @Override
  public synchronized int retain(long endedBeforeMs, long bytesMax) {
    checkUp();
    int before = kept.size();
    kept.values().removeIf(each -> each.stream().endedMs() < endedBeforeMs);
    long bytes = 0;
    for (var each : kept.values().stream().map(Kept::stream).sorted(NEWEST_FIRST).toList()) {
      bytes += each.bytes();
      if (bytes > bytesMax) {
        kept.remove(each.id().value());
      }
    }
    return before - kept.size();
  }

  @Override
  public void close() {}

  private Optional<Kept> get(StreamId id) {
    return Optional.ofNullable(kept.get(id.value()));
  }

  private void checkUp() {
    if (failing) {
      throw new ArchiveFailedException(
          "the archive is down", new IllegalStateException("scripted"));
    }
  }
}
