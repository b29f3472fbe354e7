package dev.lastword.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.stream.SavedResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The delivery contract under everything that a seed can think of. */
class SimulationTest {
  private static final int STEPS = 200;

  /** What the worlds have to come to, or the simulation has gone blind somewhere. */
  private static final List<String> SIGHTS =
      List.of(
          "completed",
          "cancelled cancelled",
          "interrupted interrupted",
          "failed disk_full",
          "failed duration_exceeded",
          "failed event_too_large",
          "failed response_too_large",
          "failed save_rejected",
          "failed upstream_error",
          "failed upstream_idle",
          "failed upstream_reset",
          "failed upstream_truncated",
          "cancel: Cancelled",
          "cancel: Ended",
          "cancel: failed",
          "ask again: attached",
          "ask again: admitted",
          "recovered open",
          "recovered complete",
          "recovered released",
          "refused DiskFull",
          "refused Draining",
          "refused JournalClosed",
          "refused Overloaded",
          "notice: save_pending",
          "notice: journal_closed",
          "notice: draining",
          "resume: After",
          "resume: AtEnd",
          "drained",
          "kill",
          "power cut DROP",
          "power cut PREFIX",
          "power cut TORN",
          "power cut KEEP");

  @Test
  void givenTwoThousandSeeds_whenTheirWorldsRun_thenEveryPromiseHolds() {
    var simulation = new Simulation(STEPS);
    for (long seed = 1; seed <= 1_500; seed++) {
      simulation.run(seed);
    }
    long base = base();
    for (long seed = base; seed < base + 500; seed++) {
      simulation.run(seed);
    }

    assertThat(simulation.tally()).containsKeys(SIGHTS.toArray(String[]::new));
  }

  @Test
  void givenWordsItDoesNotKnow_whenItIsAsked_thenItSaysSoAndRunsNothing() {
    assertThat(Simulation.run("--seeds", "many")).isEqualTo(2);
    assertThat(Simulation.run("--seed", "1")).isEqualTo(2);
    assertThat(Simulation.run("--seeds")).isEqualTo(2);
    assertThat(Simulation.run("--seeds", "2", "--from", "7", "--steps", "10")).isZero();
  }

  /** New ground for every commit: the launcher hands its hash in. */
  static long base() {
    var given = System.getProperty("lastword.seed", System.getenv("LASTWORD_SEED"));
    if (given == null || given.isBlank()) {
      return 1_000_000;
    }
    return given.matches("\\d{1,18}")
        ? Long.parseLong(given)
        : 1_000_000 + Integer.toUnsignedLong(given.hashCode());
  }

  @Test
  void givenOneSeed_whenItsWorldRunsTwice_thenTheSameHappens() {
    for (long seed = 1; seed <= 20; seed++) {
      assertThat(trace(seed)).isEqualTo(trace(seed));
    }
  }

  private static List<String> trace(long seed) {
    var world = World.drawn(seed);
    new Simulation(STEPS).run(world);
    var trace = new ArrayList<>(world.trace().last());
    world.tally().forEach((what, times) -> trace.add(what + " " + times));
    return trace;
  }

  /** I5: nobody who reads, in whatever way, changes what is recorded or saved. */
  @Test
  void givenReadersOfEveryKind_whenTheSameWorldRunsWithoutThem_thenTheRecordIsTheSame() {
    for (long seed = 1; seed <= 150; seed++) {
      assertThat(record(seed, true)).as("seed %d", seed).isEqualTo(record(seed, false));
    }
  }

  private static List<Object> record(long seed, boolean withReaders) {
    var setup = Setup.drawn(new SplittableRandom(seed)).homes(1).inMemory();
    var world = World.of(seed, setup);
    world.archive().fail(true); // who reads from the archive shares a thread with who writes to it
    var chaos = new Chaos(world, false, withReaders);
    for (int i = 0; i < STEPS; i++) {
      chaos.step();
    }
    var record = new ArrayList<>();
    for (var upstream : world.upstreams()) {
      var durable = world.durable(upstream.id());
      record.add(upstream.id() + " " + durable.outcome());
      durable.answer().forEach(event -> record.add(new String(event, UTF_8)));
    }
    world
        .hooks()
        .forEach(hook -> hook.calls().stream().map(SavedResponse::toString).forEach(record::add));
    return record;
  }
}
