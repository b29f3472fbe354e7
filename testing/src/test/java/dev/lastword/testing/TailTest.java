package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.dialect.Dialects;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.StreamOptions;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What may follow the first event that sounds final, and what becomes of it. */
class TailTest {
  private final World world = World.seeded(7);
  private ScriptedUpstream upstream;
  private ScriptedSubscriber subscriber;

  @BeforeEach
  void open() {
    upstream = world.open("chat-1");
    subscriber = world.subscriber("chat-1");
    world.emit("chat-1", "Hello");
  }

  private void finishReason() {
    Answers.finish(upstream);
    world.sayOn("chat-1");
  }

  @Test
  void givenTheFinishReason_whenUsageAndDoneFollow_thenAllAreHeldAndSavedTogether() {
    finishReason();
    assertThat(subscriber.data()).hasSize(1);
    assertThat(world.hook().calls()).isEmpty();

    Answers.usage(upstream);
    Answers.done(upstream);
    world.sayOn("chat-1");

    assertThat(subscriber.data()).hasSize(4).endsWith("[DONE]");
    assertThat(world.hook().calls().get(0).response().usage()).contains("total_tokens");
    assertThat(world.view("chat-1").terminalMissing()).isFalse();
  }

  @Test
  void givenTheFinishReason_whenTheUpstreamStalls_thenTheAnswerIsCompleteAfterTheTail() {
    finishReason();
    world.pass(Duration.ofMillis(4_900));
    assertThat(subscriber.data()).hasSize(1);

    world.pass(Duration.ofMillis(200));
    assertThat(subscriber.data()).hasSize(3).endsWith("[DONE]");
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.view("chat-1").terminalMissing()).isTrue();
    assertThat(upstream.isAborted()).isTrue();
  }

  @Test
  void givenAnEndingThatIsRepeated_whenNoEventIsTheLastOne_thenTheTailBeginsAnewWithEach() {
    var gemini = world.open("gemini", Dialects.named("gemini").orElseThrow(), 1);
    var reader = world.subscriber("gemini");
    for (int i = 0; i < 4; i++) {
      gemini.scriptText(String.valueOf(i));
      world.emit("gemini", ending(i));
      world.pass(Duration.ofSeconds(4));
    }
    assertThat(reader.data()).isEmpty();
    world.close("gemini", true);

    assertThat(reader.data()).hasSize(4);
    assertThat(world.view("gemini").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.hook().stored(World.id("gemini")).orElseThrow().response().text())
        .isEqualTo("0123");
  }

  @Test
  void givenAMarker_whenEventsGoOnWithoutEnd_thenTheAnswerIsCompleteAfterTheTailAllTheSame() {
    var plain = world.open("plain", Answers.plain(), 1);
    var reader = world.subscriber("plain");
    Answers.done(plain);
    world.sayOn("plain");
    for (int i = 0; i < 2; i++) {
      world.pass(Duration.ofSeconds(2));
      world.emit("plain", SseEvent.of("ping"));
    }
    assertThat(reader.data()).isEmpty();
    world.pass(Duration.ofSeconds(2));

    assertThat(reader.data()).startsWith("[DONE]");
    assertThat(world.view("plain").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  private static SseEvent ending(int text) {
    return SseEvent.of(
        """
        {"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"%d"}]},\
        "finishReason":"STOP"}]}"""
            .formatted(text));
  }

  @Test
  void givenTheFinishReason_whenTheBodyEnds_thenDoneIsSaidInTheUpstreamsPlace() {
    finishReason();
    world.close("chat-1", true);

    assertThat(subscriber.data()).hasSize(3).endsWith("[DONE]");
    assertThat(world.view("chat-1").terminalMissing()).isTrue();
  }

  @Test
  void givenTheFinishReason_whenTheConnectionBreaks_thenTheAnswerIsCompleteAllTheSame() {
    finishReason();
    world.close("chat-1", false);

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  @Test
  void givenTheFinishReason_whenTheUpstreamSaysAnError_thenTheFinishIsNotThrownAway() {
    finishReason();
    Answers.error(upstream);
    world.sayOn("chat-1");

    assertThat(subscriber.data()).hasSize(3).endsWith("[DONE]");
    assertThat(subscriber.data().get(1)).contains("\"stop\"");
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.view("chat-1").late()).isEqualTo(1);
  }

  @Test
  void givenDone_whenDataAndASecondDoneFollow_thenTheyAreRecordedAsLateAndNeverSent() {
    Answers.finish(upstream);
    Answers.done(upstream);
    world.emit("chat-1", "too late");
    Answers.done(upstream);
    world.sayOn("chat-1");

    assertThat(subscriber.data()).hasSize(3).endsWith("[DONE]");
    assertThat(world.view("chat-1").late()).isEqualTo(2);
    assertThat(world.hook().calls().get(0).response().text()).isEqualTo("Hello");
  }

  @Test
  void givenDone_whenTheUpstreamTalksOnForEver_thenItIsLetGo() {
    Answers.finish(upstream);
    Answers.done(upstream);
    world.sayOn("chat-1");
    for (int i = 0; i < 5; i++) {
      world.emit("chat-1", "and on");
      world.pass(Duration.ofSeconds(1));
    }
    world.pass(Duration.ofSeconds(1));
    assertThat(upstream.isAborted()).isTrue();

    world.emit("chat-1", "and on");
    assertThat(world.view("chat-1").late()).isEqualTo(5);
  }

  @Test
  void givenNoFinishReason_whenTheBodyEndsCleanly_thenItIsTruncatedAndNoSuccess() {
    world.close("chat-1", true);

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.FAILED);
    assertThat(world.view("chat-1").reason()).isEqualTo("upstream_truncated");
    assertThat(subscriber.data()).hasSize(2).last().asString().contains("upstream_truncated");
    assertThat(world.hook().calls()).singleElement().extracting("outcome").hasToString("FAILED");
  }

  @Test
  void givenNoFinishReason_whenTheConnectionBreaks_thenItIsFailedWithItsPartialSaved() {
    world.close("chat-1", false);

    assertThat(world.view("chat-1").reason()).isEqualTo("upstream_reset");
    assertThat(world.hook().calls().get(0).response().text()).isEqualTo("Hello");
  }

  @Test
  void givenNoFinishReason_whenTheUpstreamSaysAnError_thenItsOwnErrorIsTheTerminalEvent() {
    Answers.error(upstream);
    world.sayOn("chat-1");

    assertThat(world.view("chat-1").reason()).isEqualTo("upstream_error");
    assertThat(subscriber.data()).hasSize(2).last().asString().contains("overloaded");
  }

  @Test
  void givenSilence_whenTheIdleTimeHasPassed_thenItIsFailed() {
    world.pass(Duration.ofSeconds(119));
    assertThat(world.view("chat-1").outcome()).isNull();
    world.pass(Duration.ofSeconds(2));

    assertThat(world.view("chat-1").reason()).isEqualTo("upstream_idle");
    assertThat(upstream.isAborted()).isTrue();
  }

  @Test
  void givenADrip_whenAnHourHasPassed_thenItIsFailed() {
    for (int minute = 0; minute < 60; minute++) {
      assertThat(world.view("chat-1").outcome()).isNull();
      world.emit("chat-1", "drip ");
      world.pass(Duration.ofMinutes(1));
    }

    assertThat(world.view("chat-1").reason()).isEqualTo("duration_exceeded");
  }

  @Test
  void givenAnEventThatIsTooLarge_whenTheReadGoesOn_thenTheRestCountsForNothing() {
    var small = StreamOptions.DEFAULT;
    var bounded =
        World.of(
            7,
            Setup.DEFAULT.options(
                new StreamOptions(
                    small.tail(),
                    small.idle(),
                    small.duration(),
                    small.responseBytesMax(),
                    1_000,
                    small.pendingBytesMax(),
                    small.residentBytesMax(),
                    small.generationsMax(),
                    small.retentionAge(),
                    small.retentionBytesMax(),
                    small.saving())));
    bounded.open("chat-1");
    bounded.emit("chat-1", "Hello");
    bounded.emit("chat-1", "x".repeat(2_000));
    bounded.emit("chat-1", "more");

    assertThat(bounded.view("chat-1").reason()).isEqualTo("event_too_large");
    assertThat(bounded.view("chat-1").events()).isEqualTo(2);
  }

  @Test
  void givenThreeChoices_whenTwoHaveFinished_thenTheThirdDecides() {
    var three = world.open("chat-3", Dialects.ofPath("/v1/chat/completions"), 3);
    var reader = world.subscriber("chat-3");
    Answers.finish(three);
    world.sayPart("chat-3", three.script().get(1).end());
    assertThat(reader.data()).hasSize(2);

    world.close("chat-3", true);
    assertThat(reader.data()).hasSize(4).endsWith("[DONE]");
  }

  @Test
  void givenPlainEvents_whenTheBodyEnds_thenThatIsTheEndingAndWaitsForTheSave() {
    world.open("plain-1", Dialects.ofPath("/events"), 1);
    var reader = world.subscriber("plain-1");
    world.hook().next(ScriptedHook.Reply.HANG);
    world.emit("plain-1", SseEvent.of("tick", "1"));
    world.close("plain-1", true);
    assertThat(reader.where()).isEqualTo(ScriptedSubscriber.Where.CONNECTED);

    world.hook().wakeUp();
    world.runUntilQuiet();
    assertThat(reader.where()).isEqualTo(ScriptedSubscriber.Where.AT_END);
    assertThat(reader.data()).containsExactly("1");
    assertThat(world.view("plain-1").terminalMissing()).isFalse();
  }

  @Test
  void givenABodyWithoutAnyEvent_whenItEnds_thenTheStreamIsCompleteAndEmpty() {
    world.open("plain-2", Dialects.ofPath("/events"), 1);
    var reader = world.subscriber("plain-2");
    world.close("plain-2", true);

    assertThat(reader.where()).isEqualTo(ScriptedSubscriber.Where.AT_END);
    assertThat(world.view("plain-2").events()).isZero();
  }
}
