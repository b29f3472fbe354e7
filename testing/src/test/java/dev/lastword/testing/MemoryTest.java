package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.journal.Outcome;
import java.time.Duration;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** What an answer takes of the heap while it is not over. */
@NullUnmarked // what a test expects to be there fails the test if it is not
class MemoryTest {
  private static final int EVENTS = 800;
  private static final int EVENT_BYTES = 1_000;

  @Test
  void givenALongAnswer_whenMostOfItIsInTheArchive_thenOnlyItsNewestEventsAreInMemory() {
    var world = World.seeded(11);
    var upstream = world.open("long");
    long most = 0;
    for (int i = 0; i < EVENTS; i++) {
      world.emit("long", "x".repeat(EVENT_BYTES));
      world.pass(Duration.ofMillis(50)); // 20 KB a second
      most = Math.max(most, world.server().memory().taken());
    }
    assertThat(most).as("bytes taken of %d", EVENTS * EVENT_BYTES).isBetween(32_000L, 350_000L);

    var late = world.subscriber("long");
    Answers.finish(upstream);
    Answers.done(upstream);
    world.sayOn("long");
    world.pass(Duration.ofSeconds(30)); // at rest, and in the archive

    assertThat(late.data()).hasSize(EVENTS + 2).endsWith("[DONE]");
    assertThat(IntStream.range(0, EVENTS).allMatch(i -> late.data().get(i).contains("xxx")))
        .isTrue();
    assertThat(world.server().memory().taken()).isLessThan(1_000);
  }

  @Test
  void givenAnswersInTheArchiveThatTheJournalStillTells_whenRestarted_thenNoMemoryIsHeldForThem() {
    var world = World.seeded(7);
    world.open("running"); // the journal is kept from here on
    world.open("done");
    world.emit("done", "Hello");
    world.finish("done");
    world.open("gone");
    world.emit("gone", "Hello");
    world.delete("gone");
    world.pass(Duration.ofSeconds(5));
    assertThat(world.archive().find(World.id("done")).orElseThrow().atRest()).isTrue();

    world.restart();
    world.pass(Duration.ofSeconds(5));

    assertThat(world.streams().unarchived()).isZero();
    assertThat(world.server().memory().taken()).isZero();
  }

  @Test
  void givenManyLongAnswers_whenTheyRestAtOnce_thenTheyAreStoredAFewAtATime() {
    var world = World.of(7, Setup.DEFAULT.memoryBytes(8 << 20).hooks(0));
    var names = IntStream.range(0, 10).mapToObj("long-%d"::formatted).toList();
    names.forEach(world::open);
    for (int i = 0; i < 64; i++) {
      names.forEach(name -> world.emit(name, "x".repeat(4_000)));
    }
    world.drain(Duration.ZERO);
    world.pass(Duration.ofSeconds(30));

    assertThat(names)
        .allSatisfy(name -> assertThat(world.archive().response(World.id(name))).isPresent());
    assertThat(world.archive().mostHeld())
        .as("characters of one batch, of %d a response and more", 64 * 4_000)
        .isBetween(64L * 4_000, 3L << 20);
  }

  @Test
  void givenAnAnswerThatIsTooLargeForItsHooks_whenItComes_thenItEndsThere_andTheyAreToldWhatCame() {
    var world = World.of(7, Setup.DEFAULT.memoryBytes(300_000));
    world.open("large");
    world.open("small");
    for (int i = 0; i < 50; i++) {
      world.emit("large", "x".repeat(EVENT_BYTES));
    }
    world.finish("large");
    world.pass(Duration.ofSeconds(5));

    var large = world.view("large");
    assertThat(large.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(large.reason()).isEqualTo("response_too_large");
    assertThat(world.hook().calls())
        .singleElement()
        .satisfies(
            told -> {
              assertThat(told.outcome()).isEqualTo(Outcome.FAILED);
              assertThat(told.response().text()).hasSizeGreaterThan(20 * EVENT_BYTES);
            });
    assertThat(world.server().memory().taken()).isLessThan(2 * 50 * EVENT_BYTES);
    world.emit("small", "Hello");
    world.finish("small");
    assertThat(world.view("small").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  @Test
  void givenAWholeAnswerThatWaitsForItsHook_whenTheHeapIsTooSmallAfterARestart_thenItIsRejected() {
    var world = World.of(7, Setup.DEFAULT);
    world.hook().next(ScriptedHook.Reply.HANG);
    world.open("large");
    for (int i = 0; i < 50; i++) {
      world.emit("large", "x".repeat(EVENT_BYTES));
    }
    world.finish("large");
    world.pass(Duration.ofSeconds(1));
    assertThat(world.view("large").outcome()).isNull();

    world.restart(Setup.DEFAULT.memoryBytes(300_000));
    world.pass(Duration.ofSeconds(5));

    assertThat(world.view("large").outcome()).isEqualTo(Outcome.FAILED);
    assertThat(world.view("large").reason()).isEqualTo("save_rejected");
  }
}
