package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Cuts the power of a journal at any operation of the disk, also while it recovers, thousands of
 * times. A failure prints its seed.
 */
class PowerCutTest {
  private static final FileJournal.Options SMALL = new FileJournal.Options(64 << 10, 4 << 10);
  private static final List<FaultyDisk.Crash> CRASHES = List.of(FaultyDisk.Crash.values());
  private static final int SEEDS = 1_000;

  @Test
  void givenPowerCutsAnywhere_whenReopened_thenAllThatWasAcknowledgedIsThereAndNothingHalf() {
    int cuts = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      var life = new Life(seed);
      try {
        cuts += life.run();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(cuts).isGreaterThan(2 * SEEDS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 40})
  void givenACutAtEachOperationInTurn_whenReopened_thenAllThatWasAcknowledgedIsThere(int batches) {
    for (int operation = 0; ; operation++) {
      var life = new Life(operation);
      if (!life.cutAt(operation, batches)) {
        assertThat(operation).isGreaterThan(10 + batches / 2);
        return;
      }
    }
  }

  /** One journal through several openings. */
  private static final class Life {
    private final Random random;
    private FaultyDisk disk = new FaultyDisk();
    private long lastEpoch;
    private long appends;

    /** What the last replay showed and what was acknowledged since: it must never go away. */
    private List<Seen> kept = new ArrayList<>();

    /** Appended under this opening, in order. */
    private List<Entry> appended = new ArrayList<>();

    Life(long seed) {
      random = new Random(seed);
    }

    private record Seen(Entry entry, long position, long epoch) {}

    int run() {
      int cuts = 0;
      for (int opening = 0; opening < 4; opening++) {
        if (random.nextInt(4) > 0) {
          disk.failAfter(random.nextInt(random.nextInt(20) == 0 ? 400 : 60));
        }
        live(random.nextInt(80));
        cuts += powerOff();
      }
      disk.failAfter(Long.MAX_VALUE);
      live(1);
      return cuts;
    }

    /** Whether the cut came before the work was done. */
    boolean cutAt(int operation, int batches) {
      disk.failAfter(operation);
      live(batches);
      boolean cut = disk.operations() == operation;
      disk = disk.crash(CRASHES.get(operation % 4), random);
      live(1);
      return cut;
    }

    private int powerOff() {
      if (random.nextInt(5) == 0) {
        disk = disk.kill();
        return 0;
      }
      disk = disk.crash(CRASHES.get(random.nextInt(4)), random);
      return 1;
    }

    private void live(int steps) {
      var turns = new Turns(random);
      FileJournal journal;
      try {
        journal =
            FileJournal.open(
                new FileJournal.Parts(
                    disk, turns.lane(), turns.lane(), () -> 0, () -> 0, new Random(1)),
                SMALL);
      } catch (JournalFailedException e) {
        assertThat(e).hasMessageContaining("the power is off");
        assertThat(disk.filesOpen()).isZero();
        return;
      }
      assertThat(journal.epoch()).isGreaterThan(lastEpoch);
      lastEpoch = journal.epoch();
      if (!check(journal)) {
        return;
      }
      appended = new ArrayList<>();
      for (int i = 0; i < steps; i++) {
        step(journal, turns);
      }
      turns.runAll();
      if (random.nextInt(3) == 0) {
        journal.close();
        assertThat(disk.filesOpen()).isZero();
      }
    }

    private void step(Journal journal, Turns turns) {
      switch (random.nextInt(12)) {
        case 0 -> trim(journal);
        case 1, 2, 3, 4 -> turns.runOne();
        default -> append(journal);
      }
    }

    private void append(Journal journal) {
      int size = random.nextInt(10) == 0 ? random.nextInt(12_000) : random.nextInt(300);
      var data = (char) ('a' + random.nextInt(26)) + "x".repeat(size);
      var entry =
          new Entry.Appended(
              new StreamId("power-cut-power-cut"),
              ++appends,
              EncodedEvents.of(List.of(SseEvent.of(data))));
      appended.add(entry);
      journal.append(entry, journal.fence(), new Remember(entry));
    }

    private void trim(Journal journal) {
      if (kept.isEmpty()) {
        return;
      }
      long below = kept.get(random.nextInt(kept.size())).position();
      try {
        journal.trim(below);
      } catch (JournalFailedException e) {
        assertThat(e).hasMessageContaining("the power is off");
      }
      kept = new ArrayList<>(kept.stream().filter(seen -> seen.position() >= below).toList());
    }

    /** Compares what is there with what has to be; false if the power went meanwhile. */
    private boolean check(Journal journal) {
      var found = new ArrayList<Seen>();
      try {
        journal.replay(
            0, (entry, position, epoch, timeMs) -> found.add(new Seen(entry, position, epoch)));
      } catch (JournalFailedException e) {
        assertThat(e).hasMessageContaining("the power is off");
        return false;
      }
      if (kept.isEmpty()) {
        kept = found;
        return true;
      }
      // A trim lets go of whole segments only: there may be more in front.
      int from = found.indexOf(kept.getFirst());
      assertThat(from).as("the first that has to be there").isNotNegative();
      var there = found.subList(from, found.size());
      assertThat(there).startsWith(kept.toArray(Seen[]::new));
      // Beyond that only what was appended and not acknowledged, in its order, without a gap.
      var rest = there.subList(kept.size(), there.size()).stream().map(Seen::entry).toList();
      if (!rest.isEmpty()) {
        int start = appended.indexOf(rest.getFirst());
        assertThat(start).isNotNegative();
        assertThat(rest).isEqualTo(appended.subList(start, start + rest.size()));
      }
      kept = found;
      return true;
    }

    private final class Remember implements Journal.Ack {
      private final Entry entry;

      Remember(Entry entry) {
        this.entry = entry;
      }

      @Override
      public void durable(long position, long epoch, long timeMs) {
        kept.add(new Seen(entry, position, epoch));
      }

      @Override
      public void refused(Journal.Refusal refusal) {
        if (!(refusal instanceof Journal.Refusal.Closed)) {
          fail("refused " + entry + ": " + refusal);
        }
      }
    }
  }
}
