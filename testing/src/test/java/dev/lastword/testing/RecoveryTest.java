package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.PlainDialect;
import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.ForwardingJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Attributes;
import dev.lastword.testing.FaultyDisk.Crash;
import dev.lastword.testing.ScriptedHook.Reply;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A process dies in each of the four durable states, and the next one goes on from there. */
class RecoveryTest {
  @ParameterizedTest
  @EnumSource(Crash.class)
  void givenAnOpenStream_whenThePowerGoesOut_thenItIsInterruptedWithItsPartial(Crash mode) {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.emit("chat-1", "Hello");

    world.powerCut(mode);
    world.start();
    world.runUntilQuiet();
    world.comeBack(subscriber);

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.INTERRUPTED);
    assertThat(subscriber.data()).hasSize(2).last().asString().contains("interrupted");
    assertThat(world.hook().stored(World.id("chat-1")).orElseThrow().response().text())
        .isEqualTo("Hello");
  }

  @Test
  void givenADialectThatTheEventsTold_whenTheProcessDies_thenTheNextOneIsToldAlike() {
    var world = World.seeded(7);
    var undecided = Dialects.undecided(new PlainDialect());
    world.open("app-1", undecided, 1);
    var subscriber = world.subscriber("app-1");
    world.emit("app-1", SseEvent.of("meta", "{\"conversation\":7}"));
    assertThat(world.view("app-1").attributes()).containsEntry(Attributes.DIALECT, "plain");
    world.emit(
        "app-1", SseEvent.of("{\"choices\":[{\"delta\":{\"content\":\"Hello\"},\"index\":0}]}"));
    assertThat(world.view("app-1").attributes()).containsEntry(Attributes.DIALECT, "openai-chat");

    world.powerCut(Crash.DROP);
    world.start();
    world.runUntilQuiet();
    world.comeBack(subscriber);

    assertThat(world.view("app-1").attributes()).containsEntry(Attributes.DIALECT, "openai-chat");
    assertThat(subscriber.data()).hasSize(3).last().asString().contains("lastword_error");
    assertThat(world.hook().stored(World.id("app-1")).orElseThrow().response().text())
        .isEqualTo("Hello");
  }

  @ParameterizedTest
  @EnumSource(Crash.class)
  void givenACompleteAnswer_whenThePowerGoesOut_thenItIsSavedAgainAndReleased(Crash mode) {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.hook().next(Reply.LOST);
    world.emit("chat-1", "Hello");
    world.finish("chat-1");
    assertThat(world.view("chat-1").state()).isEqualTo("complete");

    world.powerCut(mode);
    world.start();
    world.runUntilQuiet();
    world.comeBack(subscriber);

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(subscriber.data()).hasSize(4).endsWith("[DONE]");
    assertThat(world.hook().calls()).hasSize(2);
    assertThat(world.hook().calls().get(0)).isEqualTo(world.hook().calls().get(1));
    assertThat(world.view("chat-1").eventId(4)).isEqualTo("1-4");
  }

  @Test
  void givenASavedAnswer_whenTheProcessDiesBeforeTheRelease_thenItIsReleasedWithoutAnotherSave() {
    var world = World.of(7, Setup.DEFAULT.journal(inner -> new Losing(inner, Entry.Sealed.class)));
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.emit("chat-1", "Hello");
    world.finish("chat-1");
    assertThat(world.view("chat-1").state()).isEqualTo("saved");
    assertThat(subscriber.data()).hasSize(1);

    Losing.losing = entry -> false;
    world.powerCut(Crash.DROP);
    world.start();
    world.runUntilQuiet();
    world.comeBack(subscriber);

    assertThat(subscriber.data()).hasSize(4).endsWith("[DONE]");
    assertThat(world.hook().calls()).hasSize(1);
  }

  @Test
  void givenAReleasedAnswer_whenTheProcessDiesBeforeTheArchive_thenNothingChanges() {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.archive().fail(true);
    world.finish("chat-1");
    world.archive().fail(false);

    world.restart();
    world.comeBack(subscriber);
    assertThat(subscriber.where()).isEqualTo(ScriptedSubscriber.Where.AT_END);
    assertThat(world.hook().calls()).hasSize(1);

    world.pass(Duration.ofSeconds(1));
    assertThat(world.streams().unarchived()).isZero();
    world.restart();
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  @Test
  void givenAStreamThatTheArchiveRefuses_thenTheOthersAreStoredAndItStaysInTheJournal() {
    var world = World.seeded(7);
    world.archive().refuse(World.id("chat-2"));
    for (var name : List.of("chat-1", "chat-2", "chat-3")) {
      world.open(name);
      world.emit(name, "Hello from " + name);
      world.finish(name);
    }
    world.pass(Duration.ofSeconds(1));
    assertThat(world.streams().unarchived()).isEqualTo(1);

    world.restart();
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.view("chat-2").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.view("chat-3").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  @Test
  void givenACancelledStreamNobodyHasSaved_whenTheProcessDies_thenTheNextOneSavesIt() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    world.hook().next(Reply.HANG);
    world.cancel("chat-1");
    world.restart();

    assertThat(world.hook().calls()).hasSize(2);
    assertThat(world.hook().calls().get(0)).isEqualTo(world.hook().calls().get(1));
    assertThat(world.hook().acknowledged(World.id("chat-1"), Outcome.CANCELLED)).isTrue();
  }

  @Test
  void givenHooksWereTakenOut_whenACompleteAnswerIsFound_thenItIsReleased() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.hook().always(Reply.HANG);
    world.emit("chat-1", "Hello");
    world.finish("chat-1");
    assertThat(world.view("chat-1").outcome()).isNull();

    world.removeHooks();
    world.restart();

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.hook().calls()).hasSize(1);
  }

  @Test
  void givenProcessesThatKeepDying_whenOneLives_thenEveryStreamHasItsOneOutcome() {
    var world = World.seeded(7);
    for (int i = 0; i < 6; i++) {
      var name = "chat-" + i;
      world.open(name);
      world.subscriber(name);
      world.emit(name, "Hello");
      if (i % 2 == 0) {
        world.hook().next(Reply.LOST);
        world.finish(name);
      }
      world.kill();
      world.start();
    }
    world.runUntilQuiet();
    world.pass(Duration.ofSeconds(30));

    for (int i = 0; i < 6; i++) {
      assertThat(world.view("chat-" + i).outcome())
          .isEqualTo(i % 2 == 0 ? Outcome.COMPLETED : Outcome.INTERRUPTED);
    }
  }

  /** A journal that never writes entries of some kind, as if the process died before them. */
  @SuppressWarnings(
      "StaticAssignmentInConstructor") // later openings lose what the first was told to
  private static final class Losing extends ForwardingJournal {
    static Predicate<Entry> losing = entry -> false;

    Losing(Journal inner, Class<? extends Entry> kind) {
      super(inner);
      if (inner.epoch() == 1) {
        losing = kind::isInstance;
      }
    }

    @Override
    public void append(Entry entry, FencingToken fence, Ack ack) {
      if (!losing.test(entry)) {
        inner.append(entry, fence, ack);
      }
    }
  }
}
