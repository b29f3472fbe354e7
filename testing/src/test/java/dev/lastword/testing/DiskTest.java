package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.stream.Admission;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** A disk that fails, fills up, and is slow. */
@NullUnmarked // what a test expects to be there fails the test if it is not
class DiskTest {
  @Test
  void givenAFlushThatFails_whenEventsArrive_thenReadersAreToldAndNothingMoreIsAcknowledged() {
    var world = World.seeded(7);
    var upstream = world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.emit("chat-1", "Hello");
    world.disk().failForces(true);
    world.emit("chat-1", "lost");
    world.disk().failForces(false);
    world.finish("chat-1");

    assertThat(world.streams().health()).isEqualTo(Journal.Health.CLOSED);
    assertThat(upstream.isAborted()).isTrue();
    assertThat(subscriber.data()).hasSize(1);
    assertThat(subscriber.notices()).containsExactly("journal_closed");
    assertThat(world.open("chat-2").refusal()).isInstanceOf(OpenRefusal.JournalClosed.class);
    assertThat(world.streams().generations()).isZero();

    world.powerCut(FaultyDisk.Crash.DROP);
    world.start();
    world.runUntilQuiet();
    world.comeBack(subscriber);
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.INTERRUPTED);
    assertThat(subscriber.data()).hasSize(2);
  }

  @Test
  void givenAFlushThatFails_whenTheAnswerWasComplete_thenItsEndingIsNotSaid() {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.emit("chat-1", "Hello");
    world.disk().failForces(true);
    world.finish("chat-1");

    assertThat(subscriber.data()).hasSize(1);
    assertThat(world.hook().calls()).isEmpty();
    assertThat(world.view("chat-1").outcome()).isNull();
  }

  @Test
  void givenAFullDisk_whenALargeEndingIsRefused_thenItIsWrittenOnceThereIsRoom() {
    var world = World.seeded(7);
    var upstream = world.open("chat-1");
    world.open("chat-2");
    world.disk().capacity(world.disk().usedBytes());
    while (world.view("chat-2").outcome() == null) {
      world.emit("chat-2", "x".repeat(2_000)); // up to the room that is kept for ends
    }
    Answers.textAndFinish(upstream, "y".repeat(14_500));
    Answers.done(upstream);
    world.sayOn("chat-1");
    world.pass(Duration.ofSeconds(5));
    assertThat(world.view("chat-1").state()).isEqualTo("open");

    world.disk().capacity(Long.MAX_VALUE);
    world.pass(Duration.ofSeconds(5));

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.hook().stored(upstream.id()).orElseThrow().response().text()).hasSize(14_500);
  }

  @Test
  void givenAFullDisk_whenAStreamIsOpened_thenItIsRefusedAndThereIsNoTraceOfIt() {
    var world = World.seeded(7);
    fill(world);

    var refused = world.opening("chat-1", Answers.chat(), 1, Map.of());
    Answers.text(refused, 0, "early");
    Answers.finish(refused);
    Answers.done(refused);
    world.onHome(refused, () -> refused.say(Integer.MAX_VALUE));
    world.runUntilQuiet();
    world.pass(Duration.ofSeconds(30));

    assertThat(refused.refusal()).isInstanceOf(OpenRefusal.DiskFull.class);
    assertThat(world.hook().calls()).extracting("stream").doesNotContain(refused.id());
    assertThat(world.streams().generations()).isZero();
    assertThat(world.archive().contents(refused.id())).isEmpty();
  }

  @Test
  void
      givenAnOpeningRefusedBehindEventsThatWereFed_whenTimePasses_thenItIsNeitherSavedNorCounted() {
    var world = World.seeded(7);
    var upstream =
        world.opening("chat-1", Answers.chat(), 1, Map.of(Attributes.INPUT, "x".repeat(2 << 20)));
    Answers.text(upstream, 0, "early");
    Answers.finish(upstream);
    Answers.done(upstream);
    world.onHome(upstream, () -> upstream.say(Integer.MAX_VALUE));
    world.runUntilQuiet();
    world.pass(Duration.ofSeconds(60));

    assertThat(upstream.refusal()).isInstanceOf(OpenRefusal.TooLarge.class);
    assertThat(world.hook().calls()).isEmpty();
    assertThat(world.streams().generations()).isZero();
    assertThat(world.streams().unarchived()).isZero();
    assertThat(world.archive().contents(upstream.id())).isEmpty();
    assertThat(world.timers()).isEqualTo(2);
  }

  @Test
  void givenAnIdThatIsTaken_whenTheRefusedGenerationIsFed_thenTheOtherStreamIsUntouched() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    var first = world.upstream("chat-1");

    var second = world.open("chat-1");
    Answers.text(second, 0, "intruder");
    world.onHome(second, () -> second.say(Integer.MAX_VALUE));
    world.runUntilQuiet();

    assertThat(second.refusal()).isInstanceOf(OpenRefusal.IdTaken.class);
    assertThat(first.stream().view().events()).isEqualTo(1);
    assertThat(first.stream().view().late()).isZero();
  }

  @Test
  void givenAFullDisk_whenARunningStreamGoesOn_thenItFailsAndHealsWithTheDisk() {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    fill(world);
    for (int i = 0; i < 40 && world.view("chat-1").outcome() == null; i++) {
      world.emit("chat-1", "x".repeat(2_000));
    }

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.FAILED);
    assertThat(world.view("chat-1").reason()).isEqualTo("disk_full");
    assertThat(subscriber.data()).last().asString().contains("disk_full");

    world.disk().capacity(Long.MAX_VALUE);
    world.pass(Duration.ofSeconds(5));
    assertThat(world.streams().health()).isEqualTo(Journal.Health.FULL);
    world.runUntilQuiet(); // who asks has the disk looked at again
    assertThat(world.streams().health()).isEqualTo(Journal.Health.OPEN);
    assertThat(world.open("chat-2").stream()).isNotNull();
  }

  /** Who looks for room would find it. */
  @Test
  void givenNoDescriptorForANextSegment_whenAnswersRunIntoIt_thenTheyAreBlockedAndNoDiskIsFull() {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    var ending = world.open("chat-2");
    var waiting = world.subscriber("chat-2");
    var admitted = new ArrayList<Admission>();
    world.streams().admit(null, admitted::add);
    world.archive().fail(true);
    world.disk().filesOpenMax(0);
    fillSegments(world);
    for (int i = 0; i < 40 && world.view("chat-1").outcome() == null; i++) {
      world.emit("chat-1", "x".repeat(2_000));
    }
    Answers.textAndFinish(ending, "y".repeat(14_500));
    Answers.done(ending);
    world.sayOn("chat-2");

    assertThat(world.view("chat-1").reason()).isEqualTo("journal_blocked");
    assertThat(subscriber.data()).last().asString().contains("journal_blocked");
    assertThat(waiting.notices()).containsOnly("journal_blocked");
    var place = ((Admission.Admitted) admitted.getFirst()).place();
    var refused = new ArrayList<Optional<OpenRefusal>>();
    world.streams().claim(place, Owner.ANONYMOUS, Map.of(), refused::add);
    world.runUntilQuiet();
    assertThat(refused).containsExactly(Optional.of(new OpenRefusal.JournalBlocked()));
  }

  /** Other streams take all segments that the disk has room for. */
  private static void fill(World world) {
    world.archive().fail(true);
    world.disk().capacity(world.disk().usedBytes());
    fillSegments(world);
  }

  private static void fillSegments(World world) {
    for (int i = 0; world.streams().health() == Journal.Health.OPEN; i++) {
      var name = "filler-" + i;
      world.open(name);
      world.emit(name, "x".repeat(20_000));
      world.finish(name);
    }
  }

  @Test
  void givenASlowDisk_whenTheUpstreamIsFaster_thenItIsPausedAndLosesNothing() {
    var d = StreamOptions.DEFAULT;
    var world =
        World.of(
            7,
            Setup.DEFAULT.options(
                new StreamOptions(
                    d.tail(),
                    d.endingSilence(),
                    d.idle(),
                    d.duration(),
                    d.responseBytesMax(),
                    d.eventBytesMax(),
                    1_000,
                    d.residentBytesMax(),
                    d.generationsMax(),
                    d.retaining(),
                    d.saving())));
    var upstream = world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    Answers.text(upstream, 0, "x".repeat(2_000));
    world.onHome(upstream, () -> upstream.say(Integer.MAX_VALUE));
    world.onHome(upstream, () -> assertThat(upstream.isPaused()).isTrue());
    world.runUntilQuiet();

    assertThat(upstream.isPaused()).isFalse();
    world.finish("chat-1");
    assertThat(subscriber.data()).hasSize(4);
  }

  @Test
  void givenADiskThatHangsLongerThanTheIdleTime_whenItGoesOn_thenTheUpstreamWasNotSilent() {
    var d = StreamOptions.DEFAULT;
    var world =
        World.of(
            7,
            Setup.DEFAULT.options(
                new StreamOptions(
                    d.tail(),
                    d.endingSilence(),
                    d.idle(),
                    d.duration(),
                    d.responseBytesMax(),
                    d.eventBytesMax(),
                    10,
                    d.residentBytesMax(),
                    d.generationsMax(),
                    d.retaining(),
                    d.saving())));
    world.open("chat-1");
    world.disk().beforeForce(() -> world.scheduler().pass(200_000));
    world.emit("chat-1", "Hello");
    world.disk().beforeForce(() -> {});
    world.pass(Duration.ofSeconds(100));

    assertThat(world.view("chat-1").outcome()).isNull();
  }

  @Test
  void givenAnArchiveThatIsDown_whenStreamsEnd_thenTheyAreServedFromTheJournalUntilItIsUp() {
    var world = World.seeded(7);
    world.archive().fail(true);
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    world.finish("chat-1");
    world.pass(Duration.ofSeconds(20));

    assertThat(world.streams().unarchived()).isEqualTo(1);
    assertThat(world.subscriber("chat-1").data()).hasSize(4);

    world.archive().fail(false);
    world.pass(Duration.ofSeconds(6));
    assertThat(world.streams().unarchived()).isZero();
    assertThat(world.subscriber("chat-1").data()).hasSize(4);
  }
}
