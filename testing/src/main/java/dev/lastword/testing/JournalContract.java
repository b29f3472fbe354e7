package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Journal.Refusal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.JournalId;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What every journal promises, as tests: extend it, and the promises are run against yours.
 *
 * <p>{@link #open} is called several times in one test, the journal opened before being closed, and
 * each must find what the one before left. Each test gets an instance of its own, and an empty
 * place. What has a journal open that another takes over is tested with {@link #takeOver}.
 */
public abstract class JournalContract {
  private static final StreamId STREAM = new StreamId("contract-contract-00");

  /** More than the smallest segment of any journal holds. */
  private static final int MANY = 3_000;

  /** Opens the journal in this test's place. */
  protected abstract Journal open();

  /**
   * Opens it while it is open, as somebody does who has a right to it. Override it where that is
   * another way of opening.
   */
  protected Journal takeOver() {
    return open();
  }

  /** Whether it can be taken over; a journal that keeps others out while it is open says no. */
  protected boolean opensTwice() {
    return true;
  }

  @Test
  void givenAnEmptyPlace_whenOpened_thenItIsOpenAndHoldsNothing() {
    try (var journal = open()) {
      assertThat(journal.health()).isEqualTo(Journal.Health.OPEN);
      assertThat(journal.epoch()).isEqualTo(1);
      assertThat(journal.fence()).isEqualTo(new FencingToken(1));
      assertThat(replayed(journal, 0)).isEmpty();
    }
  }

  @Test
  void givenSeveralOpenings_whenAsked_thenTheIdStaysAndTheTimeNeverGoesBack() {
    long timeMs = 1;
    JournalId id = null;
    for (int i = 0; i < 4; i++) {
      try (var journal = open()) {
        assertThat(journal.id()).isEqualTo(id == null ? journal.id() : id);
        assertThat(JournalId.parse(journal.id().toString())).isEqualTo(journal.id());
        id = journal.id();
        assertThat(journal.timeMs()).isGreaterThanOrEqualTo(timeMs);
        durable(journal, appended(i));
        timeMs = journal.timeMs();
      }
    }
  }

  @Test
  void givenEntries_whenAcknowledged_thenTheyHaveTheEpochAndTheTimeThatAReplayTells() {
    open().close();
    try (var journal = open()) {
      var acked = new ArrayList<Visited>();
      for (int i = 1; i <= 20; i++) {
        var told = new Told();
        journal.append(appended(i), journal.fence(), told);
        acked.add(new Visited(appended(i), told.position(), told.epoch, told.timeMs));
      }
      assertThat(acked).allMatch(each -> each.epoch() == 2 && each.timeMs() >= 1);
      assertThat(replayed(journal, 0)).isEqualTo(acked);
    }
  }

  @Test
  void givenEntriesOfEachKind_whenReopened_thenTheyAreAsTheyWere() {
    var entries =
        List.of(
            new Entry.Opened(STREAM, Map.of("dialect", "openai-chat", "größe", "\uD83D\uDE00"), 1),
            new Entry.Opened(STREAM, Map.of(), Long.MIN_VALUE),
            new Entry.Appended(STREAM, 1, events("one", "", "two\nlines")),
            new Entry.Appended(STREAM, 4, EncodedEvents.NONE),
            new Entry.Ending(STREAM, 4, events("[DONE]"), true, 2),
            new Entry.Ending(STREAM, 4, events("[DONE]"), false, 2),
            new Entry.Saved(STREAM, 3),
            new Entry.Sealed(STREAM, 5, EncodedEvents.NONE, Outcome.COMPLETED, "", true, 4),
            new Entry.Sealed(STREAM, 5, events("x"), Outcome.CANCELLED, "owner", false, 4),
            new Entry.Sealed(
                STREAM, 5, EncodedEvents.NONE, Outcome.COMPLETED, "", false, 4, "e30.x"),
            new Entry.Sealed(STREAM, 5, events("x"), Outcome.FAILED, "why", true, 4, "e30.y"),
            new Entry.Sealed(STREAM, 5, events("x"), Outcome.FAILED, "überlang", false, 4),
            new Entry.Sealed(STREAM, 5, events("x"), Outcome.INTERRUPTED, "restart", false, 4),
            new Entry.Late(STREAM, events("late")),
            new Entry.Withheld(STREAM, 5, events("maybe")),
            new Entry.Shown(STREAM, false),
            new Entry.Shown(STREAM, true),
            new Entry.Rejected(STREAM, 5),
            new Entry.Deleted(STREAM, Long.MAX_VALUE, false),
            new Entry.Deleted(STREAM, Long.MIN_VALUE, true));
    try (var journal = open()) {
      entries.forEach(entry -> durable(journal, entry));
    }
    try (var journal = open()) {
      assertThat(replayed(journal, 0)).extracting(Visited::entry).isEqualTo(entries);
    }
  }

  @Test
  void givenManyAppends_whenAcknowledged_thenAcksAndReplayAreInTheOrderOfTheCalls() {
    try (var journal = open()) {
      var acked = new CopyOnWriteArrayList<Long>();
      var entries = appendMany(journal, acked);
      assertThat(acked).hasSize(MANY).isSorted().doesNotHaveDuplicates();

      var replayed = replayed(journal, 0);
      assertThat(replayed).extracting(Visited::entry).isEqualTo(entries);
      assertThat(replayed).extracting(Visited::position).isEqualTo(acked);
      assertThat(journal.tail()).isGreaterThan(acked.getLast());
    }
  }

  @Test
  void givenAPosition_whenReplayedFromThere_thenItBeginsThere() {
    try (var journal = open()) {
      var acked = new CopyOnWriteArrayList<Long>();
      var entries = appendMany(journal, acked);
      for (int i : new int[] {0, 1, 700, MANY - 1}) {
        assertThat(replayed(journal, acked.get(i)))
            .extracting(Visited::entry)
            .isEqualTo(entries.subList(i, MANY));
      }
      assertThat(replayed(journal, journal.tail())).isEmpty();
    }
  }

  @Test
  void givenAPosition_whenRead_thenItsEntryComesBack() {
    try (var journal = open()) {
      var acked = new CopyOnWriteArrayList<Long>();
      var entries = appendMany(journal, acked);
      var large = new Entry.Appended(STREAM, MANY + 1, events("x".repeat(20_000)));
      acked.add(durable(journal, large));
      for (int i = 0; i < MANY; i += 97) {
        assertThat(journal.read(acked.get(i))).isEqualTo(entries.get(i));
      }
      assertThat(journal.read(acked.getLast())).isEqualTo(large);
    }
  }

  @Test
  void givenNoEntryThere_whenRead_thenItFails() {
    try (var journal = open()) {
      durable(journal, appended(1));
      assertThatThrownBy(() -> journal.read(journal.tail()))
          .isInstanceOf(JournalFailedException.class);
      assertThatThrownBy(() -> journal.read(0)).isInstanceOf(JournalFailedException.class);
    }
  }

  @Test
  void givenSeveralOpenings_whenReplayed_thenEachEntryNamesTheEpochOfItsOwn() {
    for (long epoch = 1; epoch <= 5; epoch++) {
      try (var journal = open()) {
        assertThat(journal.epoch()).isEqualTo(epoch);
        durable(journal, appended(epoch));
      }
    }
    try (var journal = open()) {
      assertThat(replayed(journal, 0))
          .extracting(Visited::epoch)
          .containsExactly(1L, 2L, 3L, 4L, 5L);
    }
  }

  @Test
  void givenATokenOfAnotherOpening_whenAppended_thenItIsFencedAndNotWritten() {
    open().close();
    try (var journal = open()) {
      for (long value : new long[] {journal.epoch() - 1, journal.epoch() + 1}) {
        var ack = new Told();
        journal.append(appended(1), new FencingToken(value), ack);
        assertThat(ack.refusal()).isEqualTo(new Refusal.Fenced(journal.fence()));
      }
      assertThat(replayed(journal, 0)).isEmpty();
    }
  }

  @Test
  void givenAnOpenJournal_whenAnotherTakesItOver_thenTheOlderWritesNothingMore_orThereIsNoOther() {
    try (var older = open()) {
      durable(older, appended(1));
      if (opensTwice()) {
        try (var newer = takeOver()) {
          assertThat(newer.epoch()).isGreaterThan(older.epoch());
          var ack = new Told();
          older.append(appended(2), older.fence(), ack);
          assertThat(ack.refusal()).isNotNull();
          assertThat(older.health()).isEqualTo(Journal.Health.CLOSED);
          durable(newer, appended(3));
          assertThat(replayed(newer, 0))
              .extracting(Visited::entry)
              .containsExactly(appended(1), appended(3));
        }
      } else {
        assertThatThrownBy(this::takeOver).isInstanceOf(JournalFailedException.class);
        durable(older, appended(3));
      }
    }
    try (var again = open()) {
      assertThat(replayed(again, 0))
          .extracting(Visited::entry)
          .containsExactly(appended(1), appended(3));
    }
  }

  @Test
  void givenAnotherHasTakenTheJournalOver_whenTheOlderTrims_thenNothingIsGone() {
    assumeTrue(opensTwice(), "there is no other");
    List<Entry> entries;
    try (var older = open()) {
      entries = appendMany(older, new CopyOnWriteArrayList<>());
      long oldest = older.oldest();
      try (var newer = takeOver()) {
        assertThat(older.trim(older.tail())).isZero();

        assertThat(newer.oldest()).isEqualTo(oldest);
        assertThat(replayed(newer, 0)).extracting(Visited::entry).isEqualTo(entries);
      }
    }
    try (var again = open()) {
      assertThat(again.isTrimmed()).isFalse();
      assertThat(replayed(again, 0)).extracting(Visited::entry).isEqualTo(entries);
    }
  }

  @Test
  void givenAClosedJournal_whenAppended_thenItIsRefused() {
    var journal = open();
    durable(journal, appended(1));
    journal.close();
    journal.close();
    var ack = new Told();
    journal.append(appended(2), journal.fence(), ack);
    assertThat(ack.refusal()).isInstanceOf(Refusal.Closed.class);
    assertThat(journal.health()).isEqualTo(Journal.Health.CLOSED);
    assertThatThrownBy(() -> replayed(journal, 0)).isInstanceOf(JournalFailedException.class);
    try (var again = open()) {
      assertThat(replayed(again, 0)).extracting(Visited::entry).containsExactly(appended(1));
    }
  }

  @Test
  void givenAnEntryThatIsTooLarge_whenAppended_thenItIsRefusedAndTheNextIsTaken() {
    try (var journal = open()) {
      var ack = new Told();
      var large = new Entry.Appended(STREAM, 1, events("x".repeat(17 << 20)));
      journal.append(large, journal.fence(), ack);
      assertThat(ack.refusal()).isInstanceOf(Refusal.TooLarge.class);
      durable(journal, appended(1));
      assertThat(replayed(journal, 0)).extracting(Visited::entry).containsExactly(appended(1));
    }
  }

  @Test
  void givenATrim_whenReplayed_thenNothingFromThePositionOnIsGone() {
    try (var journal = open()) {
      var acked = new CopyOnWriteArrayList<Long>();
      var entries = appendMany(journal, acked);
      int kept = MANY / 2;
      long oldest = journal.oldest();
      assertThat(oldest).isLessThanOrEqualTo(acked.getFirst());
      int removed = journal.trim(acked.get(kept));
      assertThat(removed).isPositive();
      assertThat(journal.oldest()).isGreaterThan(oldest).isLessThanOrEqualTo(acked.get(kept));
      assertThat(journal.trim(acked.get(kept))).isZero();

      var replayed = replayed(journal, 0).stream().map(Visited::entry).toList();
      assertThat(replayed).hasSizeLessThan(MANY).hasSizeGreaterThanOrEqualTo(MANY - kept);
      assertThat(replayed).isEqualTo(entries.subList(MANY - replayed.size(), MANY));
      assertThatThrownBy(() -> journal.read(acked.getFirst()))
          .isInstanceOf(JournalFailedException.class);
      assertThat(journal.read(acked.get(kept))).isEqualTo(entries.get(kept));
    }
  }

  @Test
  void givenATrimOfEverything_whenReopened_thenTheEpochStillRises() {
    try (var journal = open()) {
      appendMany(journal, new CopyOnWriteArrayList<>());
      journal.trim(journal.tail());
      durable(journal, appended(1));
    }
    try (var journal = open()) {
      assertThat(journal.epoch()).isEqualTo(2);
      assertThat(replayed(journal, 0)).extracting(Visited::entry).endsWith(appended(1));
    }
  }

  @Test
  void givenSeveralAppenders_whenAllAreAcknowledged_thenEachFindsItsEntriesInItsOrder() {
    int threads = 4;
    try (var journal = open()) {
      var appenders =
          IntStream.range(0, threads).mapToObj(thread -> startAppender(journal, thread)).toList();
      appenders.forEach(CompletableFuture::join);
      for (int thread = 0; thread < threads; thread++) {
        var stream = streamOf(thread);
        assertThat(replayed(journal, 0))
            .extracting(Visited::entry)
            .filteredOn(entry -> entry.stream().equals(stream))
            .isEqualTo(IntStream.rangeClosed(1, 500).mapToObj(i -> of(stream, i)).toList());
      }
    }
  }

  @Test
  void givenAnAckThatAppends_whenTold_thenTheChainGoesOn() {
    try (var journal = open()) {
      var last = new Told();
      chain(journal, 1, last);
      last.position();
      assertThat(replayed(journal, 0)).hasSize(50);
    }
  }

  private static void chain(Journal journal, int seq, Told last) {
    var next =
        seq == 50
            ? last
            : new Journal.Ack() {
              @Override
              public void durable(long position, long epoch, long timeMs) {
                chain(journal, seq + 1, last);
              }

              @Override
              public void refused(Refusal refusal) {
                last.refused(refusal);
              }
            };
    journal.append(appended(seq), journal.fence(), next);
  }

  private static CompletableFuture<Void> startAppender(Journal journal, int thread) {
    return CompletableFuture.runAsync(
        () -> {
          var last = new Told();
          for (int i = 1; i <= 500; i++) {
            last = new Told();
            journal.append(of(streamOf(thread), i), journal.fence(), last);
          }
          last.position();
        },
        task -> Thread.ofPlatform().start(task));
  }

  private static StreamId streamOf(int thread) {
    return new StreamId("appender-appender-" + thread);
  }

  /** Appends many entries and waits for all; their positions are added as they are told. */
  private static List<Entry> appendMany(Journal journal, List<Long> acked) {
    var entries = new ArrayList<Entry>();
    var all = new ArrayList<Told>();
    for (int i = 1; i <= MANY; i++) {
      var entry = appended(i);
      var told = new Told(acked);
      entries.add(entry);
      all.add(told);
      journal.append(entry, journal.fence(), told);
    }
    all.forEach(Told::position);
    return entries;
  }

  private static long durable(Journal journal, Entry entry) {
    var told = new Told();
    journal.append(entry, journal.fence(), told);
    return told.position();
  }

  private static Entry appended(long seq) {
    return of(STREAM, seq);
  }

  private static Entry of(StreamId stream, long seq) {
    return new Entry.Appended(stream, seq, events("event " + seq));
  }

  private static EncodedEvents events(String... data) {
    return EncodedEvents.of(Stream.of(data).map(SseEvent::of).toList());
  }

  private static List<Visited> replayed(Journal journal, long from) {
    var visited = new ArrayList<Visited>();
    journal.replay(
        from,
        (entry, position, epoch, timeMs) ->
            visited.add(new Visited(entry, position, epoch, timeMs)));
    return visited;
  }

  private record Visited(Entry entry, long position, long epoch, long timeMs) {}

  /** What one append was told. */
  private static final class Told implements Journal.Ack {
    private final CompletableFuture<Long> position = new CompletableFuture<>();
    private final CompletableFuture<Refusal> refusal = new CompletableFuture<>();
    private final List<Long> acked;
    private volatile long epoch;
    private volatile long timeMs;

    Told() {
      this(new CopyOnWriteArrayList<>());
    }

    Told(List<Long> acked) {
      this.acked = acked;
    }

    @Override
    public void durable(long at, long writtenEpoch, long writtenMs) {
      acked.add(at);
      epoch = writtenEpoch;
      timeMs = writtenMs;
      refusal.completeExceptionally(new AssertionError("durable"));
      assertThat(position.complete(at)).as("told once").isTrue();
    }

    @Override
    public void refused(Refusal why) {
      position.completeExceptionally(new AssertionError(why));
      assertThat(refusal.complete(why)).as("told once").isTrue();
    }

    long position() {
      return position.join();
    }

    Refusal refusal() {
      return refusal.join();
    }
  }
}
