package dev.lastword.archive;

import static dev.lastword.archive.Deposits.deposit;
import static dev.lastword.archive.Deposits.events;
import static dev.lastword.archive.Deposits.id;
import static dev.lastword.archive.Deposits.large;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.archive.Archive.Deposit;
import dev.lastword.archive.Archive.Place;
import dev.lastword.archive.Archive.Query;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every archive promises. */
abstract class ArchiveContract {
  private static final Query ALL = new Query(null, null, null, 1_000);

  @TempDir Path dir;
  Archive archive;

  /** Opens the archive of a directory, a new one if there is none. */
  abstract Archive open(Path dir);

  @BeforeEach
  void openArchive() {
    archive = open(dir);
  }

  @AfterEach
  void closeArchive() {
    archive.close();
  }

  @Test
  void givenANewArchive_whenRead_thenItIsEmpty() {
    assertThat(archive.checkpoint()).isZero();
    assertThat(archive.list(ALL)).isEmpty();
    assertThat(archive.find(id(1))).isEmpty();
    assertThat(archive.response(id(1))).isEmpty();
    assertThat(archive.read(id(1), 1)).isEmpty();
    assertThat(archive.present(List.of(id(1)))).isEmpty();
    assertThat(archive.delete(id(1))).isFalse();
    assertThat(archive.retain(Long.MAX_VALUE, 0)).isZero();
  }

  @Test
  void givenAStoredStream_whenOpenedAgain_thenAllOfItIsThere() {
    var stored = deposit(7, Map.of("model", "m"), Outcome.FAILED, events(1, "a", "b"));
    archive.store(List.of(stored), 42);

    archive.close();
    archive = open(dir);

    assertThat(archive.checkpoint()).isEqualTo(42);
    assertThat(archive.find(id(7))).contains(stored.stream());
    assertThat(archive.response(id(7))).contains("{\"number\":7}");
    assertThat(archive.read(id(7), 1)).contains(events(1, "a", "b"));
    assertThat(archive.present(List.of(id(7), id(8)))).containsExactly(id(7));
  }

  @Test
  void givenAnyStreams_whenStored_thenTheyReadBackEqual() {
    long seed = Long.getLong("lastword.seed", new Random().nextLong());
    var random = new Random(seed);
    for (int batch = 0; batch < 6; batch++) {
      int first = batch * 10;
      var deposits =
          IntStream.range(first, first + 10).mapToObj(i -> Deposits.random(i, random)).toList();
      archive.store(deposits, batch);
      for (var deposit : deposits) {
        assertStored(deposit, "seed " + seed);
      }
    }
    assertThat(archive.list(ALL)).as("seed %d", seed).hasSize(60);
  }

  @Test
  void givenAStreamStoredTwice_whenRead_thenTheSecondHasReplacedTheFirst() {
    archive.store(List.of(deposit(1), deposit(2)), 1);
    var again = deposit(1, Map.of("a", "b"), Outcome.CANCELLED, events(1, "partial"));

    archive.store(List.of(again), 2);

    assertStored(again, "second");
    assertStored(deposit(2), "untouched");
    assertThat(archive.list(ALL)).hasSize(2);
    assertThat(archive.read(id(1), 2)).isEmpty();
  }

  @Test
  void givenALostArchive_whenEverythingIsStoredAgain_thenItIsTheSame() {
    var deposits = IntStream.range(0, 20).mapToObj(i -> Deposits.random(i, new Random(i))).toList();
    archive.store(deposits.subList(0, 12), 12);
    archive.store(deposits.subList(5, 20), 20);
    var rebuilt = open(dir.resolve("rebuilt"));
    try (rebuilt) {
      var shuffled = new ArrayList<>(deposits);
      Collections.shuffle(shuffled, new Random(1));
      rebuilt.store(shuffled, 20);

      assertThat(rebuilt.list(ALL)).isEqualTo(archive.list(ALL));
      assertThat(rebuilt.checkpoint()).isEqualTo(archive.checkpoint());
      for (var deposit : deposits) {
        assertThat(eventsOf(rebuilt, deposit)).isEqualTo(eventsOf(archive, deposit));
      }
    }
  }

  @Test
  void givenManySmallRuns_whenRead_thenTheyComeInLargeOnes() {
    var runs = new ArrayList<ArchivedEvents>();
    for (int seq = 1; seq <= 4_000; seq++) {
      runs.add(events(seq, "%0150d".formatted(seq)));
    }
    archive.store(
        List.of(deposit(1, Map.of(), Outcome.COMPLETED, runs.toArray(ArchivedEvents[]::new))), 1);

    var first = archive.read(id(1), 1).orElseThrow();

    assertThat(first.events().length()).isBetween(200 << 10, 256 << 10);
    var next = archive.read(id(1), first.events().count() + 1L).orElseThrow();
    assertThat(next.firstSeq()).isEqualTo(first.events().count() + 1L);
    assertThat(next.events().decode().getFirst().data())
        .isEqualTo("%0150d".formatted(next.firstSeq()));
    assertThat(archive.read(id(1), 2)).contains(first);
    assertThat(archive.read(id(1), 4_000)).isPresent();
    assertThat(archive.read(id(1), 4_001)).isEmpty();
    assertThat(archive.read(id(1), 0)).isEmpty();
    assertThat(archive.read(id(1), -1)).isEmpty();
  }

  @Test
  void givenAnEventLargerThanARun_whenRead_thenItComesAlone() {
    var large = "x".repeat(1 << 20);
    archive.store(
        List.of(deposit(1, Map.of(), Outcome.COMPLETED, events(1, "a", large, "b", "c"))), 1);

    assertThat(archive.read(id(1), 1)).contains(events(1, "a"));
    assertThat(archive.read(id(1), 2)).contains(events(2, large));
    assertThat(archive.read(id(1), 4)).contains(events(3, "b", "c"));
  }

  @Test
  void givenAStreamWithoutEvents_whenStored_thenItIsThere() {
    archive.store(List.of(deposit(1, Map.of(), Outcome.FAILED)), 1);

    assertThat(archive.find(id(1))).isPresent();
    assertThat(archive.read(id(1), 1)).isEmpty();
  }

  @Test
  void givenAGapInTheEvents_whenStored_thenNothingOfTheBatchIs() {
    var gap = deposit(2, Map.of(), Outcome.COMPLETED, events(1, "a"), events(3, "c"));

    assertThatThrownBy(() -> archive.store(List.of(deposit(1), gap), 9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("event 3");

    assertThat(archive.list(ALL)).isEmpty();
    assertThat(archive.checkpoint()).isZero();
    archive.store(List.of(deposit(1)), 1);
    assertThat(archive.list(ALL)).hasSize(1);
  }

  @Test
  void givenManyStreams_whenListedPageByPage_thenEachComesOnceNewestFirst() {
    var stored = new ArrayList<ClosedStream>();
    for (int i = 0; i < 57; i++) {
      var deposit =
          Deposits.random(i, new Random(i)); // five creation times: ties are ordered by id
      archive.store(List.of(deposit), i);
      stored.add(deposit.stream());
    }
    stored.sort(
        (a, b) ->
            a.createdMs() != b.createdMs()
                ? Long.compare(b.createdMs(), a.createdMs())
                : b.id().value().compareTo(a.id().value()));

    for (var outcome : new String[] {null, "completed", "failed"}) {
      for (var conversation : new String[] {null, "conversation 1"}) {
        assertThat(pages(outcome, conversation))
            .isEqualTo(
                stored.stream()
                    .filter(s -> outcome == null || s.outcome().word().equals(outcome))
                    .filter(
                        s ->
                            conversation == null
                                || conversation.equals(s.attributes().get(Archive.CONVERSATION)))
                    .toList());
      }
    }
  }

  @Test
  void givenALimitOutOfRange_whenListed_thenItIsRefused() {
    for (int limit : new int[] {0, -1, 1_001}) {
      assertThatThrownBy(() -> archive.list(new Query(null, null, null, limit)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void givenAStreamThatWasNotSaved_whenMarked_thenItIsSavedAndElseAsItWas() {
    archive.store(List.of(failed(1), failed(2)), 1);

    assertThat(archive.markSaved(id(1))).isTrue();

    assertThat(archive.find(id(1))).contains(failed(1).stream().asSaved());
    assertThat(archive.find(id(2)).orElseThrow().saved()).isFalse();
    assertThat(archive.response(id(1))).contains(failed(1).response());
    assertThat(archive.markSaved(id(3))).isFalse();
  }

  private static Archive.Deposit failed(int number) {
    return deposit(number, Map.of(), Outcome.FAILED, events(1, "Hel"));
  }

  @Test
  void givenAStream_whenDeleted_thenItsEventsAreGoneToo() {
    archive.store(List.of(deposit(1), deposit(2)), 1);

    assertThat(archive.delete(id(1))).isTrue();

    assertThat(archive.delete(id(1))).isFalse();
    assertThat(archive.find(id(1))).isEmpty();
    assertThat(archive.read(id(1), 1)).isEmpty();
    assertStored(deposit(2), "neighbour");
    assertThat(archive.checkpoint()).isEqualTo(1);
  }

  @Test
  void givenOldStreams_whenRetained_thenThoseThatEndedBeforeGo() {
    archive.store(IntStream.rangeClosed(1, 500).mapToObj(Deposits::deposit).toList(), 1);

    assertThat(archive.retain(301 * 1_000L, Long.MAX_VALUE)).isEqualTo(300);

    assertThat(archive.list(ALL)).hasSize(200);
    assertThat(archive.find(id(300))).isEmpty();
    assertThat(archive.find(id(301))).isPresent();
    assertThat(archive.retain(301 * 1_000L, Long.MAX_VALUE)).isZero();
  }

  @Test
  void givenTooManyBytes_whenRetained_thenTheOldestGoUntilTheRestFits() {
    for (int i = 1; i <= 10; i++) {
      archive.store(List.of(large(i, 100_000)), i);
    }
    long each = large(1, 100_000).stream().bytes();

    assertThat(archive.retain(0, 4 * each)).isEqualTo(6);

    assertThat(archive.list(ALL))
        .extracting(ClosedStream::id)
        .containsExactly(id(10), id(9), id(8), id(7));
    assertThat(archive.retain(0, 4 * each)).isZero();
    assertThat(archive.retain(0, 0)).isEqualTo(4);
  }

  @Test
  void givenAWriter_whenOthersReadMeanwhile_thenTheySeeWholeStreamsOnly() throws Exception {
    var written = new AtomicBoolean();
    try (var threads = Executors.newFixedThreadPool(7)) {
      Callable<Integer> reader =
          () -> {
            int seen = 0;
            while (!written.get()) {
              for (var stream : archive.list(ALL)) {
                var run = archive.read(stream.id(), 1);
                run.ifPresent(r -> assertThat(r.events().count()).isEqualTo((int) stream.events()));
                seen++;
              }
            }
            return seen;
          };
      var readers = IntStream.range(0, 6).mapToObj(i -> threads.submit(reader)).toList();
      try {
        for (int i = 0; i < 60; i++) {
          archive.store(List.of(deposit(i), deposit(i + 1)), i);
          if (i % 10 == 9) {
            archive.delete(id(i - 5));
          }
        }
      } finally {
        written.set(true);
      }
      for (var result : readers) {
        assertThat(result.get()).isNotNegative();
      }
    }
    assertThat(archive.list(ALL)).hasSize(61 - 6);
  }

  @Test
  void givenAClosedArchive_whenUsed_thenItFailsAndClosesAgain() {
    archive.close();

    assertThatThrownBy(() -> archive.find(id(1))).isInstanceOf(ArchiveFailedException.class);
    assertThatThrownBy(() -> archive.store(List.of(), 1))
        .isInstanceOf(ArchiveFailedException.class);
  }

  private List<ClosedStream> pages(String outcome, String conversation) {
    var all = new ArrayList<ClosedStream>();
    Place before = null;
    while (true) {
      var page = archive.list(new Query(outcome, conversation, before, 10));
      all.addAll(page);
      if (page.size() < 10) {
        return all;
      }
      before = new Place(page.getLast().createdMs(), page.getLast().id());
    }
  }

  final void assertStored(Deposit deposit, String as) {
    var id = deposit.stream().id();
    assertThat(archive.find(id)).as(as).contains(deposit.stream());
    assertThat(archive.response(id)).as(as).contains(deposit.response());
    assertThat(eventsOf(archive, deposit)).as(as).isEqualTo(joined(deposit));
  }

  private static EncodedEvents eventsOf(Archive archive, Deposit deposit) {
    var events = new ArrayList<SseEvent>();
    while (events.size() < deposit.stream().events()) {
      var run = archive.read(deposit.stream().id(), events.size() + 1L).orElseThrow();
      assertThat(run.firstSeq()).isEqualTo(events.size() + 1L);
      events.addAll(run.events().decode());
    }
    return EncodedEvents.of(events);
  }

  private static EncodedEvents joined(Deposit deposit) {
    return EncodedEvents.of(
        deposit.events().stream().flatMap(run -> run.events().decode().stream()).toList());
  }
}
