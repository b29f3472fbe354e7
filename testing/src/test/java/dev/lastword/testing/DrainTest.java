package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.testing.ScriptedHook.Reply;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The process is asked to go. */
class DrainTest {
  private final World world = World.seeded(7);

  @Test
  void givenADrain_whenAStreamIsOpened_thenItIsRefused() {
    world.drain(Duration.ofSeconds(10));

    assertThat(world.open("chat-1").refusal()).isInstanceOf(OpenRefusal.Draining.class);
  }

  @Test
  void givenARunningGeneration_whenItEndsWithinTheGrace_thenItIsCompleted() {
    world.open("chat-1");
    world.drain(Duration.ofSeconds(10));
    world.pass(Duration.ofSeconds(5));
    world.emit("chat-1", "Hello");
    world.finish("chat-1");
    world.pass(Duration.ofSeconds(1));
    assertThat(world.drained()).isTrue();

    world.restart();
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  @Test
  void givenARunningGeneration_whenTheGraceIsOver_thenItIsInterruptedOnDisk() {
    var upstream = world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.emit("chat-1", "Hello");
    world.drain(Duration.ofSeconds(10));
    world.pass(Duration.ofSeconds(11));

    assertThat(world.drained()).isTrue();
    assertThat(upstream.isAborted()).isTrue();
    assertThat(subscriber.data()).hasSize(2).last().asString().contains("interrupted");
    world.restart();
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.INTERRUPTED);
  }

  @Test
  void givenAnAnswerInItsTail_whenTheGraceIsOver_thenItIsCompleteAndNotInterrupted() {
    var upstream = world.open("chat-1");
    world.emit("chat-1", "Hello");
    Answers.finish(upstream);
    world.sayOn("chat-1");
    world.drain(Duration.ofSeconds(1));
    world.pass(Duration.ofSeconds(2));

    assertThat(world.drained()).isTrue();
    world.restart();
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  @Test
  void givenAHookThatHangs_whenTheGraceIsOver_thenTheDrainEndsAndTheNextProcessSaves() {
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.hook().next(Reply.HANG);
    world.finish("chat-1");
    world.drain(Duration.ofSeconds(1));
    world.pass(Duration.ofSeconds(7));

    assertThat(world.drained()).isTrue();
    assertThat(subscriber.notices()).containsExactly("draining");
    assertThat(subscriber.data()).isEmpty();

    world.restart();
    world.comeBack(subscriber);
    assertThat(subscriber.data()).endsWith("[DONE]");
  }

  @Test
  void givenAJournalThatFailed_whenItDrains_thenItDoesNotWait() {
    world.open("chat-1");
    world.disk().failForces(true);
    world.emit("chat-1", "lost");
    world.drain(Duration.ofSeconds(30));

    assertThat(world.drained()).isTrue();
  }
}
