package dev.lastword.testing;

import static dev.lastword.testing.Deposits.batch;
import static dev.lastword.testing.Deposits.deletion;
import static dev.lastword.testing.Deposits.events;
import static dev.lastword.testing.Deposits.id;
import static dev.lastword.testing.Deposits.large;
import static dev.lastword.testing.Deposits.openedAt;
import static dev.lastword.testing.Deposits.resting;
import static dev.lastword.testing.Deposits.saving;
import static dev.lastword.testing.Deposits.unfinished;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.archive.Archive;
import dev.lastword.archive.Archive.Batch;
import dev.lastword.archive.Archive.Checkpoint;
import dev.lastword.archive.Archive.Deletion;
import dev.lastword.archive.Archive.Deposit;
import dev.lastword.archive.Archive.Ended;
import dev.lastword.archive.Archive.Known;
import dev.lastword.archive.Archive.Place;
import dev.lastword.archive.Archive.Query;
import dev.lastword.archive.Archive.Saving;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.TokenCounts;
import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageQuery.By;
import dev.lastword.archive.UsageSum;
import dev.lastword.journal.JournalId;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every archive promises. A subclass says how to open one. */
@SuppressWarnings("NullAway.Init") // JUnit sets the directory, and openArchive the archive
public abstract class ArchiveContract {
  /** Everything. */
  protected static final Query ALL = new Query(null, null, null, null, null, Archive.LIMIT_MAX);

  /** Where the archive of a test is. */
  @TempDir protected Path dir;

  /** The archive of a test. */
  protected Archive archive;

  /** Opens the archive of a directory, a new one if there is none. */
  protected abstract Archive open(Path dir);

  @BeforeEach
  final void openArchive() {
    archive = open(dir);
  }

  @AfterEach
  final void closeArchive() {
    archive.close();
  }

  /** Closes the archive and opens it again. */
  protected final void reopen() {
    archive.close();
    archive = open(dir);
  }

  @Test
  void givenANewArchive_whenRead_thenItIsEmpty() {
    assertThat(archive.checkpoint()).isEmpty();
    assertThat(archive.list(ALL)).isEmpty();
    assertThat(archive.unfinished()).isEmpty();
    assertThat(archive.find(id(1))).isEmpty();
    assertThat(archive.response(id(1))).isEmpty();
    assertThat(archive.read(id(1), 1)).isEmpty();
    assertThat(archive.known(List.of(id(1)))).isEmpty();
    assertThat(archive.outlived(Long.MAX_VALUE, 0, 10)).isEmpty();
  }

  @Test
  void givenAStoredStream_whenOpenedAgain_thenAllOfItIsThere() {
    var stored = resting(7, Map.of("model", "m"), Outcome.FAILED, events(1, "a", "b"));
    archive.store(batch(42, stored));

    reopen();

    assertThat(archive.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 42));
    assertThat(archive.find(id(7))).contains(stored.stream());
    assertThat(archive.response(id(7))).contains("{\"number\":7}");
    assertThat(archive.read(id(7), 1)).contains(events(1, "a", "b"));
    assertThat(archive.known(List.of(id(7), id(8))))
        .isEqualTo(Map.of(id(7), new Known(70, 75, true, false)));
    assertThat(archive.bytes()).isPositive();
  }

  @Test
  void givenAnyStreams_whenStored_thenTheyReadBackEqual() {
    long seed = Long.getLong("lastword.seed", new Random().nextLong());
    var random = new Random(seed);
    for (int first = 0; first < 60; first += 10) {
      var deposits =
          IntStream.range(first, first + 10).mapToObj(i -> Deposits.random(i, random)).toList();
      archive.store(batch(first, deposits));
      for (var deposit : deposits) {
        assertStored(deposit, "seed " + seed);
      }
    }
    assertThat(archive.list(ALL).size() + archive.unfinished().size())
        .as("seed %d", seed)
        .isEqualTo(60);
  }

  // --- prefixes

  @Test
  void givenAnOpenStream_whenMoreOfItIsStored_thenItGoesOnWhereItWas() {
    archive.store(batch(1, unfinished(1, 10, 20, 2, 0, events(1, "a", "b"))));
    archive.store(batch(2, unfinished(1, 10, 30, 5, 0, events(3, "c"), events(4, "d", "e"))));
    reopen();

    var stream = unfinished(1, 10, 30, 5, 0).stream();
    assertThat(archive.find(id(1))).contains(stream);
    assertThat(archive.unfinished()).containsExactly(stream);
    assertThat(archive.list(ALL)).isEmpty();
    assertThat(archive.known(List.of(id(1))))
        .isEqualTo(Map.of(id(1), new Known(10, 30, false, false)));
    assertThat(dataOf(id(1), 5)).containsExactly("a", "b", "c", "d", "e");
    assertThat(archive.response(id(1))).isEmpty();
  }

  @Test
  void givenOpenStreams_whenAskedForWhatIsUnfinished_thenTheFirstOpenedIsInFront() {
    archive.store(
        batch(
            1,
            unfinished(3, 300, 310, 0, 0),
            unfinished(1, 500, 510, 0, 0),
            resting(2),
            unfinished(4, 40, 50, 0, 0)));

    assertThat(archive.unfinished())
        .extracting(ArchivedStream::id)
        .containsExactly(id(4), id(3), id(1));
  }

  @Test
  void givenAnOpenStream_whenItRests_thenItIsListedAndHasItsResponse() {
    archive.store(batch(1, unfinished(1, 10, 11, 2, 0, events(1, "Hello", " world"))));

    var rest =
        resting(1, Map.of("model", "m"), Outcome.COMPLETED, events(1, "Hello", " world", "!"));
    archive.store(batch(2, onlyNew(rest, events(3, "!"))));

    assertThat(archive.unfinished()).isEmpty();
    assertThat(archive.list(ALL)).containsExactly(rest.stream());
    assertStored(rest, "at rest");
  }

  @Test
  void givenWithheldEvents_whenRead_thenTheyStandBehindTheVisibleOnes() {
    archive.store(batch(1, unfinished(1, 10, 20, 2, 2, events(1, "a", "b", "stop", "[DONE]"))));

    assertThat(archive.find(id(1)).orElseThrow().events()).isEqualTo(2);
    assertThat(archive.find(id(1)).orElseThrow().withheld()).isEqualTo(2);
    assertThat(dataOf(id(1), 4)).containsExactly("a", "b", "stop", "[DONE]");
    assertThat(archive.read(id(1), 5)).isEmpty();
  }

  @Test
  void givenWithheldEvents_whenSomethingElseComesInTheirPlace_thenTheyAreReplaced() {
    archive.store(
        batch(1, unfinished(1, 10, 20, 2, 3, events(1, "a", "b", "stop", "usage", "[DONE]"))));

    archive.store(batch(2, unfinished(1, 10, 30, 3, 0, events(3, "error"))));

    assertThat(dataOf(id(1), 3)).containsExactly("a", "b", "error");
    assertThat(archive.read(id(1), 4)).isEmpty();
  }

  @Test
  void givenStoredEvents_whenADepositBeginsWithinThem_thenTheyAreReplacedFromThereOnOnly() {
    archive.store(batch(1, unfinished(1, 10, 20, 4, 0, events(1, "a", "b", "c", "d"))));
    archive.store(batch(2, unfinished(1, 10, 30, 6, 0, events(5, "e", "f"))));

    archive.store(batch(3, unfinished(1, 10, 40, 5, 0, events(3, "C", "D", "E"))));

    assertThat(dataOf(id(1), 5)).containsExactly("a", "b", "C", "D", "E");
    assertThat(archive.read(id(1), 6)).isEmpty();
  }

  @Test
  void givenWithheldEvents_whenTheyAreGoneAndNothingComes_thenTheyAreHereNoMore() {
    archive.store(batch(1, unfinished(1, 10, 20, 2, 2, events(1, "a", "b", "stop", "[DONE]"))));

    archive.store(batch(2, unfinished(1, 10, 30, 2, 0)));

    assertThat(dataOf(id(1), 2)).containsExactly("a", "b");
    assertThat(archive.read(id(1), 3)).isEmpty();
  }

  @Test
  void givenAnyPrefixes_whenStored_thenTheStreamIsWhatTheyMake() {
    long seed = Long.getLong("lastword.seed", new Random().nextLong());
    var random = new Random(seed);
    var expected = new ArrayList<String>();
    for (int step = 1; step <= 60; step++) {
      int from = expected.size() - Math.min(expected.size(), random.nextInt(4) * random.nextInt(5));
      var added = new ArrayList<String>();
      for (int i = random.nextInt(6); i > 0; i--) {
        added.add(step + "." + i + "x".repeat(random.nextInt(20) == 0 ? 300_000 : 10));
      }
      if (!added.isEmpty()) {
        expected.subList(from, expected.size()).clear();
        expected.addAll(added);
      }
      var runs =
          added.isEmpty()
              ? new ArchivedEvents[0]
              : new ArchivedEvents[] {events(from + 1L, added.toArray(String[]::new))};
      archive.store(batch(step, unfinished(1, 10, 20 + step, expected.size(), 0, runs)));

      assertThat(dataOf(id(1), expected.size())).as("seed %d", seed).isEqualTo(expected);
    }
  }

  @Test
  void givenTheSameBatchAgain_whenStored_thenNothingChanges() {
    var first =
        batch(1, unfinished(1, 10, 20, 2, 2, events(1, "a", "b", "stop", "[DONE]")), resting(2));
    var second =
        new Batch(
            List.of(unfinished(1, 10, 30, 3, 0, events(3, "error"))),
            List.of(new Saving(id(2), 20)),
            List.of(new Deletion(id(3), 99)),
            new Checkpoint(Deposits.JOURNAL, 2));
    archive.store(batch(1, resting(3)));
    archive.store(first);
    archive.store(first);
    archive.store(second);
    var before = stateOf(1, 2, 3);

    archive.store(second);

    assertThat(stateOf(1, 2, 3)).isEqualTo(before);
    assertThat(dataOf(id(1), 3)).containsExactly("a", "b", "error");
  }

  @Test
  void givenALaterState_whenAnEarlierOneIsStored_thenTheLaterStays() {
    archive.store(batch(1, unfinished(1, 10, 30, 3, 0, events(1, "a", "b", "c"))));

    archive.store(batch(1, unfinished(1, 10, 20, 2, 0, events(1, "a", "b"))));

    assertThat(archive.find(id(1)).orElseThrow().upTo()).isEqualTo(30);
    assertThat(dataOf(id(1), 3)).containsExactly("a", "b", "c");
  }

  @Test
  void givenOtherAttributes_whenStoredLaterOrEarlier_thenTheLaterOnesAreHere() {
    archive.store(batch(1, unfinished(1, 10, 20, 0, 0)));

    archive.store(batch(2, with(Map.of("model", "later", "owner", "o"), 30)));
    archive.store(batch(3, with(Map.of("model", "earlier"), 25)));

    assertThat(archive.find(id(1)).orElseThrow().attributes())
        .isEqualTo(Map.of("model", "later", "owner", "o"));
  }

  private static Deposit with(Map<String, String> attributes, long upTo) {
    return unfinished(1, 10, upTo, attributes);
  }

  @Test
  void givenALostArchive_whenEverythingIsStoredAgain_thenItIsTheSame() {
    var deposits = IntStream.range(0, 20).mapToObj(i -> Deposits.random(i, new Random(i))).toList();
    archive.store(batch(12, deposits.subList(0, 12)));
    archive.store(batch(20, deposits.subList(5, 20)));
    var rebuilt = open(dir.resolve("rebuilt"));
    try (rebuilt) {
      var shuffled = new ArrayList<>(deposits);
      Collections.shuffle(shuffled, new Random(1));
      rebuilt.store(batch(20, shuffled));

      assertThat(rebuilt.list(ALL)).isEqualTo(archive.list(ALL));
      assertThat(rebuilt.unfinished()).isEqualTo(archive.unfinished());
      assertThat(rebuilt.checkpoint()).isEqualTo(archive.checkpoint());
      for (var deposit : deposits) {
        assertThat(eventsOf(rebuilt, deposit)).isEqualTo(eventsOf(archive, deposit));
      }
    }
  }

  // --- runs

  @Test
  void givenManySmallDeposits_whenRead_thenTheyComeInLargeRuns() {
    for (int batch = 0; batch < 40; batch++) {
      var runs = new ArrayList<ArchivedEvents>();
      for (int seq = batch * 100 + 1; seq <= batch * 100 + 100; seq++) {
        runs.add(events(seq, "%0150d".formatted(seq)));
      }
      long last = batch * 100L + 100;
      archive.store(
          batch(batch, unfinished(1, 10, last, last, 0, runs.toArray(ArchivedEvents[]::new))));
    }

    long seq = 1;
    int reads = 0;
    while (seq <= 4_000) {
      var run = archive.read(id(1), seq).orElseThrow();
      assertThat(run.firstSeq()).isLessThanOrEqualTo(seq);
      assertThat(run.events().length()).isLessThanOrEqualTo(256 << 10);
      var first = run.events().decode().get((int) (seq - run.firstSeq()));
      assertThat(first.data()).isEqualTo("%0150d".formatted(seq));
      seq = run.nextSeq();
      reads++;
    }
    assertThat(reads).isLessThanOrEqualTo(readsMax(4_000));
    assertThat(archive.read(id(1), 2)).isPresent();
    assertThat(archive.read(id(1), 4_000)).isPresent();
    assertThat(archive.read(id(1), 4_001)).isEmpty();
    assertThat(archive.read(id(1), 0)).isEmpty();
    assertThat(archive.read(id(1), -1)).isEmpty();
  }

  /** Most reads that give 4,000 events of 160 bytes. */
  protected int readsMax(int events) {
    return 4;
  }

  @Test
  void givenAnEventLargerThanARun_whenRead_thenItComesAlone() {
    var large = "x".repeat(1 << 20);
    archive.store(
        batch(1, resting(1, Map.of(), Outcome.COMPLETED, events(1, "a", large, "b", "c"))));

    assertThat(archive.read(id(1), 1).orElseThrow().events().length()).isLessThan(256 << 10);
    assertThat(dataOf(id(1), 4)).containsExactly("a", large, "b", "c");
    assertThat(archive.read(id(1), 3).orElseThrow().events().length()).isLessThan(256 << 10);
  }

  @Test
  void givenAStreamWithoutEvents_whenStored_thenItIsThere() {
    archive.store(batch(1, resting(1, Map.of(), Outcome.FAILED)));

    assertThat(archive.find(id(1))).isPresent();
    assertThat(archive.read(id(1), 1)).isEmpty();
  }

  @Test
  void givenAResponseThatWasTooLarge_whenAsked_thenThereIsNone() {
    var stored = resting(1);
    archive.store(batch(1, new Deposit(stored.stream(), stored.events(), null, null)));

    assertThat(archive.response(id(1))).isEmpty();
    assertThat(archive.list(ALL)).containsExactly(stored.stream());
  }

  // --- what does not join

  @Test
  void givenAGapInTheEvents_whenStored_thenNothingOfTheBatchIs() {
    var gap = resting(2, Map.of(), Outcome.COMPLETED, events(1, "a"), events(3, "c"));

    assertRefused(batch(9, resting(1), gap), "event 3");

    assertThat(archive.list(ALL)).isEmpty();
    assertThat(archive.checkpoint()).isEmpty();
    archive.store(batch(1, resting(1)));
    assertThat(archive.list(ALL)).hasSize(1);
  }

  @Test
  void givenAStoredPrefix_whenADepositLeavesEventsOut_thenNothingOfTheBatchIsStored() {
    var prefix = unfinished(1, 10, 20, 2, 0, events(1, "a", "b"));
    archive.store(batch(1, prefix));

    assertRefused(batch(9, unfinished(1, 10, 30, 4, 0, events(4, "d"))), "event 4");
    assertRefused(batch(9, unfinished(1, 10, 30, 4, 0, events(3, "c"))), "4 are said");
    assertRefused(batch(9, unfinished(1, 10, 30, 2, 0, events(3, "c"))), "2 are said");
    assertRefused(batch(9, unfinished(1, 10, 30, 3, 0)), "3 are said");
    assertRefused(batch(9, unfinished(2, 10, 30, 1, 0, events(2, "b"))), "event 2");
    assertRefused(batch(9, unfinished(2, 10, 30, 1, 0, events(0, "b"))), "event 0");

    assertStored(prefix, "untouched");
    assertThat(archive.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 1));
  }

  @Test
  void givenAnotherJournal_whenStored_thenItIsRefused() {
    archive.store(batch(1, resting(1)));
    var other = JournalId.random(new Random(2));

    assertThatThrownBy(
            () ->
                archive.store(
                    new Batch(List.of(resting(2)), List.of(), List.of(), new Checkpoint(other, 5))))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageContaining(other.toString());

    assertThat(archive.list(ALL)).hasSize(1);
    assertThat(archive.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 1));
  }

  private void assertRefused(Batch batch, String why) {
    assertThatThrownBy(() -> archive.store(batch))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  // --- lists

  @Test
  void givenManyStreams_whenListedPageByPage_thenEachComesOnceNewestFirst() {
    var stored = new ArrayList<ArchivedStream>();
    for (int i = 0; i < 57; i++) {
      var deposit =
          Deposits.random(i, new Random(i)); // five creation times: ties are ordered by id
      archive.store(batch(i, deposit));
      if (deposit.stream().atRest()) {
        stored.add(deposit.stream());
      }
    }
    stored.sort(
        (a, b) ->
            a.createdMs() != b.createdMs()
                ? Long.compare(b.createdMs(), a.createdMs())
                : b.id().value().compareTo(a.id().value()));

    for (var owner : Arrays.asList(null, "owner 1", "nobody", "")) {
      for (var outcome : Arrays.asList(null, "completed", "failed")) {
        for (var conversation : Arrays.asList(null, "conversation 1")) {
          assertThat(pages(owner, outcome, conversation))
              .as("%s %s %s", owner, outcome, conversation)
              .isEqualTo(
                  stored.stream()
                      .filter(s -> isOrAny(owner, s.attributes().getOrDefault(Archive.OWNER, "")))
                      .filter(s -> isOrAny(outcome, Objects.requireNonNull(s.outcome()).word()))
                      .filter(s -> isOrAny(conversation, s.attributes().get(Archive.CONVERSATION)))
                      .toList());
        }
      }
    }
  }

  @Test
  void givenStreamsOfSeveralOwners_thenThoseAtRestCountForWhoseTheyAre() {
    var bytes = new HashMap<String, Long>();
    for (int i = 0; i < 57; i++) {
      var deposit = Deposits.random(i, new Random(i));
      archive.store(batch(i, deposit));
      var stream = deposit.stream();
      if (stream.atRest()) {
        bytes.merge(stream.attributes().getOrDefault(Archive.OWNER, ""), stream.bytes(), Long::sum);
      }
    }
    assertThat(bytes).hasSizeGreaterThan(1);
    bytes.forEach((owner, sum) -> assertThat(archive.bytes(owner)).as(owner).isEqualTo(sum));
    assertThat(archive.bytes("nobody")).isZero();
  }

  private static boolean isOrAny(@Nullable String wanted, @Nullable String actual) {
    return wanted == null || wanted.equals(actual);
  }

  @Test
  void givenStreamsOfAnOwnerAndOfNobody_whenFoundInAName_thenAnothersIsNotHere() {
    archive.store(batch(1, with(Map.of("owner", "o"), 20)));
    archive.store(batch(2, unfinished(2, 30, 40, 0, 0)));

    assertThat(archive.find(id(1), "o")).isPresent().isEqualTo(archive.find(id(1)));
    assertThat(archive.find(id(1), "p")).isEmpty();
    assertThat(archive.find(id(1), "")).isEmpty();
    assertThat(archive.find(id(2), "")).isPresent().isEqualTo(archive.find(id(2)));
    assertThat(archive.find(id(2), "o")).isEmpty();
  }

  @Test
  void givenStreamsOfOneName_whenFoundByIt_thenItIsTheOwnersNewestOnThatPath() {
    var mine = Map.of("owner", "o", "name", "resp_1", "path", "/v1/responses");
    archive.store(batch(1, resting(1, mine, Outcome.COMPLETED, events(1, "a"))));
    archive.store(batch(2, resting(2, mine, Outcome.COMPLETED, events(1, "b"))));
    var nobodys = Map.of("name", "resp_1", "path", "/v1/responses");
    archive.store(batch(3, resting(3, nobodys, Outcome.FAILED, events(1, "c"))));
    var open = Map.of("owner", "o", "name", "resp_2", "path", "/v1/responses");
    archive.store(batch(4, unfinished(4, 40, 50, open)));

    assertThat(archive.named("o", "resp_1", "/v1/responses")).isEqualTo(archive.find(id(2)));
    assertThat(archive.named("", "resp_1", "/v1/responses")).isEqualTo(archive.find(id(3)));
    assertThat(archive.named(null, "resp_1", "/v1/responses")).isEqualTo(archive.find(id(3)));
    assertThat(archive.named("p", "resp_1", "/v1/responses")).isEmpty();
    assertThat(archive.named("o", "resp_1", "/other/responses")).isEmpty();
    assertThat(archive.named("o", "resp_2", "/v1/responses")).isEmpty();
  }

  @Test
  void givenAClockThatWasSetBack_whenFoundByItsName_thenItIsTheOneThatWasOpenedLast() {
    var named = Map.of("name", "resp_1", "path", "/v1/responses");
    archive.store(batch(1, resting(2, named, Outcome.COMPLETED, events(1, "a"))));
    archive.store(batch(2, openedAt(30, resting(1, named, Outcome.COMPLETED, events(1, "b")))));

    assertThat(archive.named(null, "resp_1", "/v1/responses")).isEqualTo(archive.find(id(1)));
  }

  @Test
  void givenALimitOutOfRange_whenListed_thenItIsRefused() {
    for (int limit : new int[] {0, -1, 1_001}) {
      assertThatThrownBy(() -> archive.list(new Query(null, null, null, null, null, limit)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  // --- savings

  @Test
  void givenAStreamThatWasNotSaved_whenSaved_thenItIsAndElseAsItWas() {
    archive.store(batch(1, failed(1), failed(2)));

    archive.store(saving(2, new Saving(id(1), 10), new Saving(id(3), 30)));

    assertThat(archive.find(id(1))).contains(failed(1).stream().asSaved());
    assertThat(archive.find(id(2)).orElseThrow().saved()).isFalse();
    assertThat(archive.response(id(1))).contains(Objects.requireNonNull(failed(1).response()));
    assertThat(archive.find(id(3))).isEmpty();
  }

  @Test
  void givenALaterLife_whenAnEarlierOneIsSaved_thenTheLaterIsNot() {
    archive.store(batch(1, failed(1)));

    archive.store(saving(2, new Saving(id(1), 9)));

    assertThat(archive.find(id(1)).orElseThrow().saved()).isFalse();
    archive.store(saving(2, new Saving(id(1), 0)));
    assertThat(archive.find(id(1)).orElseThrow().saved()).isTrue();
  }

  private static Deposit failed(int number) {
    return resting(number, Map.of(), Outcome.FAILED, events(1, "Hel"));
  }

  // --- deletions

  @Test
  void givenAStream_whenDeleted_thenItsEventsAreGoneToo() {
    archive.store(batch(1, resting(1), resting(2)));

    archive.store(deletion(5, new Deletion(id(1), 11)));

    assertGone(1);
    assertStored(resting(2), "neighbour");
    assertThat(archive.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 5));
  }

  @Test
  void givenADeletedStream_whenReplayedFromTheCheckpoint_thenItsTombstoneIsKnown() {
    archive.store(batch(1, resting(1), unfinished(2, 20, 21, 0, 0)));

    archive.store(deletion(5, new Deletion(id(1), 50), new Deletion(id(2), 50)));
    reopen();

    assertThat(archive.known(List.of(id(1), id(2))))
        .isEqualTo(
            Map.of(id(1), new Known(49, 50, true, true), id(2), new Known(49, 50, true, true)));
  }

  @Test
  void givenADeletedStream_whenMoreOfThatLifeIsDeposited_thenItStaysAway() {
    archive.store(batch(1, unfinished(1, 10, 20, 1, 0, events(1, "a"))));
    archive.store(deletion(100, new Deletion(id(1), 30)));

    archive.store(batch(101, unfinished(1, 10, 40, 2, 0, events(2, "b"))));
    assertGone(1);
    archive.store(batch(102, unfinished(1, 10, 50, 1, 0, events(1, "a"))));
    assertGone(1);
    archive.store(batch(103, resting(1)));

    assertGone(1);
    assertThat(archive.unfinished()).isEmpty();
  }

  @Test
  void givenAStreamDeletedBeforeItWasHere_whenItIsDeposited_thenItStaysAway() {
    archive.store(deletion(100, new Deletion(id(1), 30)));

    archive.store(batch(101, resting(1)));

    assertGone(1);
  }

  @Test
  void givenADeletedStream_whenItsIdLivesAgain_thenTheNewLifeIsHereAlone() {
    archive.store(
        batch(1, resting(1, Map.of(), Outcome.COMPLETED, events(1, "old", "old", "old"))));
    archive.store(deletion(2, new Deletion(id(1), 50)));

    archive.store(batch(3, unfinished(1, 60, 70, 1, 0, events(1, "new"))));

    assertThat(archive.find(id(1)).orElseThrow().openedAt()).isEqualTo(60);
    assertThat(dataOf(id(1), 1)).containsExactly("new");
    assertThat(archive.read(id(1), 2)).isEmpty();
    assertThat(archive.known(List.of(id(1))))
        .isEqualTo(Map.of(id(1), new Known(60, 70, false, false)));
  }

  @Test
  void givenALaterLife_whenEventsOfAnEarlierOneAreReadOn_thenThereAreNone() {
    archive.store(batch(1, resting(1)));
    assertThat(archive.read(id(1), 10, 2)).isEqualTo(archive.read(id(1), 2)).isPresent();
    assertThat(archive.read(id(1), 11, 2)).isEmpty();

    archive.store(deletion(2, new Deletion(id(1), 50)));
    assertThat(archive.read(id(1), 10, 2)).isEmpty();

    archive.store(batch(3, Deposits.openedAt(60, resting(1))));
    assertThat(archive.read(id(1), 10, 2)).isEmpty();
    assertThat(archive.read(id(1), 60, 2)).isPresent();
    assertThat(archive.read(id(1), 60, 4)).isEmpty();
  }

  @Test
  void givenALaterLife_whenAnEarlierOneIsDeletedOrDeposited_thenTheLaterStays() {
    var later = unfinished(1, 60, 70, 1, 0, events(1, "new"));
    archive.store(batch(1, later));

    archive.store(deletion(2, new Deletion(id(1), 60)));
    archive.store(batch(3, resting(1)));

    assertStored(later, "later life");
    archive.store(deletion(4, new Deletion(id(1), 61)));
    assertGone(1);
  }

  @Test
  void givenAnEarlierLife_whenALaterOneIsDeposited_thenItTakesThePlace() {
    archive.store(batch(1, resting(1, Map.of(), Outcome.COMPLETED, events(1, "old", "old"))));

    archive.store(batch(2, unfinished(1, 60, 70, 1, 0, events(1, "new"))));

    assertThat(dataOf(id(1), 1)).containsExactly("new");
    assertThat(archive.read(id(1), 2)).isEmpty();
    assertThat(archive.list(ALL)).isEmpty();
  }

  // --- the ledger

  private static Deposit counted(
      int number, Map<String, String> attributes, Outcome outcome, TokenCounts tokens) {
    var deposit = resting(number, attributes, outcome, events(1, "Hello"));
    return new Deposit(
        deposit.stream(), deposit.events(), deposit.response(), deposit.text(), tokens);
  }

  private List<UsageSum> sums(By... by) {
    return archive.usage(new UsageQuery(List.of(by), null, null, null, 10));
  }

  @Test
  void givenNothing_whenUsageIsSummedUp_thenItIsNothing() {
    assertThat(sums()).containsExactly(new UsageSum(List.of(), 0, 0, 0, 0, 0, 0));
    assertThat(sums(By.OWNER)).isEmpty();
  }

  @Test
  void givenResponses_whenUsageIsSummedUp_thenByGroupsInTheirOrder_andWhatIsNotSaidIsUnknown() {
    var ann = Map.of(Archive.OWNER, "ann", Archive.MODEL, "m", Archive.ROUTE, "/");
    archive.store(
        batch(
            1,
            counted(1, ann, Outcome.COMPLETED, new TokenCounts(10L, 20L, 3L, null)),
            counted(2, ann, Outcome.CANCELLED, new TokenCounts(1L, null, null, 7L)),
            counted(3, ann, Outcome.COMPLETED, TokenCounts.UNKNOWN),
            counted(4, Map.of(), Outcome.FAILED, new TokenCounts(5L, 0L, 0L, 0L)),
            unfinished(5, 50, 51, 0, 0)));
    reopen();

    assertThat(sums(By.OWNER, By.MODEL))
        .containsExactly(
            new UsageSum(List.of(Optional.empty(), Optional.empty()), 1, 0, 5, 0, 0, 0),
            new UsageSum(List.of(Optional.of("ann"), Optional.of("m")), 3, 1, 11, 20, 3, 7));
    assertThat(sums(By.OUTCOME)).extracting(UsageSum::responses).containsExactly(1L, 2L, 1L);
    assertThat(sums(By.DAY)).hasSize(1);
    assertThat(sums(By.DAY).getFirst().group()).containsExactly(Optional.of("1970-01-01"));
    assertThat(sums(By.ROUTE, By.TENANT, By.DIALECT)).hasSize(2);
    assertThat(sums(By.OWNER).getFirst().tokensIn()).isEqualTo(5);
  }

  @Test
  void givenAQuery_whenUsageIsSummedUp_thenOnlyOfThatOwnerAndTime() {
    var ann = Map.of(Archive.OWNER, "ann");
    var one = new TokenCounts(1L, 1L, null, null);
    archive.store(
        batch(
            1,
            counted(1, ann, Outcome.COMPLETED, one),
            counted(2, ann, Outcome.COMPLETED, one),
            counted(3, Map.of(), Outcome.COMPLETED, one)));

    assertThat(responses("ann", null, null)).isEqualTo(2);
    assertThat(responses("", null, null)).isEqualTo(1);
    assertThat(responses("bob", null, null)).isZero();
    assertThat(responses(null, 1_500L, null)).isEqualTo(3);
    assertThat(responses(null, 1_501L, null)).isEqualTo(2);
    assertThat(responses(null, null, 2_500L)).isEqualTo(1);
    assertThat(archive.usage(new UsageQuery(List.of(By.OWNER), null, null, null, 1))).hasSize(1);
  }

  private long responses(@Nullable String owner, @Nullable Long from, @Nullable Long to) {
    return archive.usage(new UsageQuery(List.of(), owner, from, to, 10)).getFirst().responses();
  }

  @Test
  void givenAResponse_whenItIsStoredAgainOrDeleted_thenTheLedgerHasItOnce() {
    var deposit = counted(1, Map.of(), Outcome.COMPLETED, new TokenCounts(10L, 20L, null, null));
    var once = new UsageSum(List.of(), 1, 0, 10, 20, 0, 0);
    archive.store(batch(1, deposit));
    archive.store(batch(2, deposit));
    assertThat(sums()).containsExactly(once);

    archive.store(deletion(3, new Deletion(id(1), 50)));
    archive.store(batch(4, deposit));
    reopen();

    assertGone(1);
    assertThat(sums()).containsExactly(once);
  }

  @Test
  void givenAResponseThatWasNeverHere_whenItIsDeleted_thenTheLedgerHasItOnce() {
    var gone = resting(1, Map.of(), Outcome.CANCELLED, events(1, "Hel")).stream();
    var ended = new Ended(gone, new TokenCounts(null, 3L, null, null));
    var deletion = new Deletion(id(1), 50, Optional.of(ended));
    archive.store(deletion(1, deletion));
    archive.store(deletion(2, deletion));

    assertGone(1);
    assertThat(sums(By.OUTCOME))
        .containsExactly(new UsageSum(List.of(Optional.of("cancelled")), 1, 0, 0, 3, 0, 0));
  }

  @Test
  void givenAnIdThatLivesTwice_whenBothHaveEnded_thenTheLedgerHasBoth() {
    archive.store(batch(1, resting(1)));
    archive.store(deletion(2, new Deletion(id(1), 50)));
    var old = resting(1).stream();
    archive.store(
        deletion(
            3,
            new Deletion(id(1), 90, Optional.of(new Ended(bornAt(old, 60), TokenCounts.UNKNOWN)))));

    assertThat(sums()).containsExactly(new UsageSum(List.of(), 2, 2, 0, 0, 0, 0));
  }

  private static ArchivedStream bornAt(ArchivedStream stream, long openedAt) {
    return new ArchivedStream(
        stream.id(),
        stream.attributes(),
        stream.createdMs(),
        openedAt,
        openedAt + 5,
        stream.state(),
        stream.outcome(),
        stream.reason(),
        stream.terminalMissing(),
        stream.saved(),
        stream.saveOver(),
        stream.atRest(),
        stream.ended(),
        stream.corrupt(),
        stream.endedMs(),
        stream.completeTimeMs(),
        stream.events(),
        stream.withheld(),
        stream.withheldBytes(),
        stream.bytes(),
        stream.late(),
        stream.epochs(),
        stream.receipt());
  }

  // --- retention

  @Test
  void givenOldStreams_whenAskedForThem_thenThoseThatWereCompleteBeforeAreNamedAndStay() {
    archive.store(batch(1, IntStream.rangeClosed(1, 50).mapToObj(Deposits::resting).toList()));
    archive.store(batch(1, unfinished(60, 1, 2, 0, 0)));

    assertThat(archive.outlived(31 * 1_000L, Long.MAX_VALUE, 1_000))
        .isEqualTo(IntStream.rangeClosed(1, 30).mapToObj(Deposits::id).toList());
    assertThat(archive.outlived(31 * 1_000L, Long.MAX_VALUE, 7))
        .isEqualTo(IntStream.rangeClosed(1, 7).mapToObj(Deposits::id).toList());
    assertThat(archive.outlived(1_000, Long.MAX_VALUE, 7)).isEmpty();
    assertThat(archive.list(ALL)).hasSize(50);
  }

  @Test
  void givenTooManyBytes_whenAskedForWhatGoes_thenItIsTheOldestUntilTheRestFits() {
    for (int i = 10; i >= 1; i--) {
      archive.store(batch(i, large(i, 100_000)));
    }
    long each = large(1, 100_000).stream().bytes();

    assertThat(archive.outlived(0, 4 * each, 1_000))
        .isEqualTo(IntStream.rangeClosed(1, 6).mapToObj(Deposits::id).toList());
    assertThat(archive.outlived(0, 10 * each, 1_000)).isEmpty();
    assertThat(archive.outlived(0, 0, 1_000)).hasSize(10);
  }

  // --- threads

  @Test
  void givenAWriter_whenOthersReadMeanwhile_thenTheySeeWholeStreamsOnly() throws Exception {
    var written = new AtomicBoolean();
    try (var threads = Executors.newFixedThreadPool(7)) {
      Callable<Integer> reader =
          () -> {
            int seen = 0;
            while (!written.get()) {
              for (var stream : archive.list(ALL)) {
                var run = archive.read(stream.id(), stream.events());
                run.ifPresent(r -> assertThat(r.nextSeq()).isEqualTo(stream.events() + 1));
                seen++;
              }
            }
            return seen;
          };
      var readers = IntStream.range(0, 6).mapToObj(i -> threads.submit(reader)).toList();
      try {
        for (int i = 1; i <= 60; i++) {
          archive.store(batch(i, resting(i), resting(i + 1)));
          if (i % 10 == 9) {
            archive.store(deletion(i, new Deletion(id(i - 5), Long.MAX_VALUE)));
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

  // --- what tests ask

  /** What there is to see of some streams. */
  private List<Object> stateOf(int... numbers) {
    var state = new ArrayList<>();
    state.add(archive.checkpoint());
    for (int number : numbers) {
      state.add(archive.find(id(number)));
      state.add(archive.response(id(number)));
      state.add(archive.known(List.of(id(number))));
      state.add(archive.find(id(number)).map(stream -> dataOf(stream.id(), stream.lastSeq())));
    }
    return state;
  }

  private List<ArchivedStream> pages(
      @Nullable String owner, @Nullable String outcome, @Nullable String conversation) {
    var all = new ArrayList<ArchivedStream>();
    Place before = null;
    while (true) {
      var page = archive.list(new Query(owner, outcome, conversation, null, before, 10));
      all.addAll(page);
      if (page.size() < 10) {
        return all;
      }
      before = new Place(page.getLast().createdMs(), page.getLast().id());
    }
  }

  private static Deposit onlyNew(Deposit deposit, ArchivedEvents... events) {
    return new Deposit(deposit.stream(), List.of(events), deposit.response(), deposit.text());
  }

  private void assertGone(int number) {
    assertThat(archive.find(id(number))).isEmpty();
    assertThat(archive.response(id(number))).isEmpty();
    assertThat(archive.read(id(number), 1)).isEmpty();
  }

  /** Everything of a deposit is here, and equal. */
  protected final void assertStored(Deposit deposit, String as) {
    var id = deposit.stream().id();
    assertThat(archive.find(id)).as(as).contains(deposit.stream());
    assertThat(archive.response(id).orElse(null)).as(as).isEqualTo(deposit.response());
    assertThat(eventsOf(archive, deposit)).as(as).isEqualTo(joined(deposit));
  }

  /** The data of a stream's events. */
  protected final List<String> dataOf(StreamId id, long lastSeq) {
    return decoded(archive, id, lastSeq).stream().map(SseEvent::data).toList();
  }

  private static EncodedEvents eventsOf(Archive archive, Deposit deposit) {
    return EncodedEvents.of(decoded(archive, deposit.stream().id(), deposit.stream().lastSeq()));
  }

  private static List<SseEvent> decoded(Archive archive, StreamId id, long lastSeq) {
    var events = new ArrayList<SseEvent>();
    while (events.size() < lastSeq) {
      var run = archive.read(id, events.size() + 1L).orElseThrow();
      int from = (int) (events.size() + 1 - run.firstSeq());
      assertThat(from).isBetween(0, run.events().count() - 1);
      events.addAll(run.events().from(from).decode());
    }
    assertThat(events).hasSize((int) lastSeq);
    return events;
  }

  private static EncodedEvents joined(Deposit deposit) {
    return EncodedEvents.of(
        deposit.events().stream().flatMap(run -> run.events().decode().stream()).toList());
  }
}
