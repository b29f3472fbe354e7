package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.Answer;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.Owner;
import dev.lastword.testing.ScriptedHook.Reply;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** Cancel is a command with one definite result. */
class CancelTest {
  @Test
  void givenARunningGeneration_whenItIsCancelledTwice_thenBothAreToldSoAndThePartialIsKept() {
    var world = World.seeded(7);
    var upstream = world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.emit("chat-1", "Hello");

    assertThat(world.cancel("chat-1").orElseThrow()).isInstanceOf(CancelResult.Cancelled.class);
    assertThat(world.cancel("chat-1").orElseThrow()).isInstanceOf(CancelResult.Cancelled.class);
    world.finish("chat-1");

    assertThat(upstream.isAborted()).isTrue();
    assertThat(subscriber.data()).hasSize(2).last().asString().contains("cancelled");
    assertThat(world.hook().calls()).singleElement().extracting("outcome").hasToString("CANCELLED");
    assertThat(world.hook().calls().get(0).response().text()).isEqualTo("Hello");
  }

  @Test
  void givenACompletedStream_whenItIsCancelled_thenTheRealOutcomeIsTold() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.finish("chat-1");

    assertThat(world.cancel("chat-1").orElseThrow())
        .isInstanceOfSatisfying(
            CancelResult.Ended.class,
            ended -> assertThat(ended.stream().outcome()).isEqualTo(Outcome.COMPLETED));
  }

  @Test
  void givenAnAnswerThatWaitsToBeSaved_whenItIsCancelled_thenTheCancelHasLostAtOnce() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.hook().always(Reply.HANG);
    world.finish("chat-1");

    assertThat(world.cancel("chat-1").orElseThrow())
        .isInstanceOfSatisfying(
            CancelResult.Ended.class,
            ended -> assertThat(ended.stream().state()).isEqualTo("complete"));
    world.hook().wakeUp();
    world.runUntilQuiet();
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  @Test
  void givenCancelAndEndingAtTheSameMoment_whenBothAreOnTheirWay_thenTheFirstOnTheHomeDecides() {
    for (int seed = 0; seed < 50; seed++) {
      var world = World.seeded(seed);
      var upstream = world.open("chat-1");
      world.emit("chat-1", "Hello");
      Answers.finish(upstream);
      Answers.done(upstream);
      var results = new ArrayList<CancelResult>();
      boolean endingFirst = seed % 2 == 0;
      if (endingFirst) {
        world.onHome(upstream, () -> upstream.say(Integer.MAX_VALUE));
      }
      world.cancelling(upstream, results::add);
      if (!endingFirst) {
        world.onHome(upstream, () -> upstream.say(Integer.MAX_VALUE));
      }
      world.runUntilQuiet();

      assertThat(results).hasSize(1);
      assertThat(world.view("chat-1").outcome())
          .isEqualTo(endingFirst ? Outcome.COMPLETED : Outcome.CANCELLED);
    }
  }

  @Test
  void givenAStreamThatRecoveryEnds_whenItIsCancelledMeanwhile_thenTheRealOutcomeIsTold() {
    var world = World.seeded(7);
    var upstream = world.open("chat-1");
    world.emit("chat-1", "Hello");
    world.kill();
    world.start();
    var results = new ArrayList<CancelResult>();
    world.cancelling(upstream, results::add);
    world.runUntilQuiet();

    assertThat(results)
        .singleElement()
        .isInstanceOfSatisfying(
            CancelResult.Ended.class,
            ended -> assertThat(ended.stream().outcome()).isEqualTo(Outcome.INTERRUPTED));
  }

  @Test
  void givenAJournalThatFails_whenAStreamIsCancelled_thenTheCancelIsAnsweredAllTheSame() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    world.disk().failForces(true);

    assertThat(world.cancel("chat-1")).isEmpty();
    assertThat(world.failedCancels()).isEqualTo(1);
  }

  @Test
  void givenWhoeverCancelsThrows_whenItIsTold_thenTheStreamEndsAndTheNextOneIsTold() {
    var world = World.seeded(7);
    var upstream = world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.emit("chat-1", "Hello");
    world.streams().cancel(Owner.ALL, upstream.id(), throwing());
    var results = new ArrayList<CancelResult>();
    world.cancelling(upstream, results::add);
    world.runUntilQuiet();
    world.streams().cancel(Owner.ALL, upstream.id(), throwing()); // of one that has ended
    world.pass(Duration.ofSeconds(5));
    world.streams().cancel(Owner.ALL, upstream.id(), throwing()); // of one in the archive
    world.runUntilQuiet();

    assertThat(results).singleElement().isInstanceOf(CancelResult.Cancelled.class);
    assertThat(upstream.isAborted()).isTrue();
    assertThat(subscriber.where()).isEqualTo(ScriptedSubscriber.Where.AT_END);
    assertThat(world.streams().generations()).isZero();
    assertThat(world.streams().unarchived()).isZero();
  }

  @Test
  void givenWhoeverDeletesThrows_whenARunningStreamIsGone_thenNothingOfItIsLeft() {
    var world = World.seeded(7);
    var upstream = world.open("chat-1");
    world.emit("chat-1", "Hello");
    upstream.askedToDelete();
    world.streams().delete(Owner.ALL, upstream.id(), throwing());
    world.pass(Duration.ofSeconds(5));
    world.streams().delete(Owner.ALL, upstream.id(), throwing()); // of one that is gone
    world.runUntilQuiet();

    assertThat(upstream.isAborted()).isTrue();
    assertThat(world.archive().contents(upstream.id())).isEmpty();
    assertThat(world.streams().generations()).isZero();
    assertThat(world.streams().unarchived()).isZero();
    assertThat(world.open("chat-2").stream()).isNotNull();
    world.finish("chat-2");
    assertThat(world.view("chat-2").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  private static <T> Answer<T> throwing() {
    return new Answer<>() {
      @Override
      public void succeeded(T value) {
        throw new IllegalStateException("scripted");
      }

      @Override
      public void failed(RuntimeException cause) {
        throw cause;
      }
    };
  }

  @Test
  void givenNoSuchStream_whenItIsCancelled_thenItIsUnknown() {
    var world = World.seeded(7);
    var results = new ArrayList<CancelResult>();
    world
        .streams()
        .cancel(
            Owner.ALL,
            World.id("nobody"),
            new Answer<>() {
              @Override
              public void succeeded(CancelResult value) {
                results.add(value);
              }

              @Override
              public void failed(RuntimeException cause) {
                throw cause;
              }
            });
    world.runUntilQuiet();

    assertThat(results).containsExactly(new CancelResult.Unknown());
  }
}
