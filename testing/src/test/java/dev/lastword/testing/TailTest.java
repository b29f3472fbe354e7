package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.dialect.Dialects;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.StreamOptions;
import dev.lastword.testing.ScriptedUpstream.Meaning;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What may follow the first event that sounds final, and what becomes of it. */
@NullUnmarked // what a test expects to be there fails the test if it is not
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
  void givenTheFinishReason_whenTheUpstreamStalls_thenTheAnswerIsCompleteAfterItsSilence() {
    finishReason();
    world.pass(Duration.ofMillis(29_900));
    assertThat(subscriber.data()).hasSize(1);

    world.pass(Duration.ofMillis(200));
    assertThat(subscriber.data()).hasSize(3).endsWith("[DONE]");
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.view("chat-1").terminalMissing()).isTrue();
    assertThat(upstream.isAborted()).isTrue();
  }

  @Test
  void givenAnEndingInEveryEvent_whenTheNextOneComes_thenTheOneBeforeIsContent() {
    var gemini = world.open("gemini", Dialects.named("gemini").orElseThrow(), 1);
    var reader = world.subscriber("gemini");
    for (int i = 0; i < 4; i++) {
      gemini.scriptText(String.valueOf(i));
      gemini.script(ending(i), Meaning.ENDING);
      world.sayOn("gemini");
      assertThat(reader.data()).hasSize(i);
      world.pass(Duration.ofSeconds(20));
    }
    world.close("gemini", true);

    assertThat(reader.data()).hasSize(4);
    assertThat(world.view("gemini").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.hook().stored(World.id("gemini")).orElseThrow().response().text())
        .isEqualTo("0123");
  }

  @ParameterizedTest
  @CsvSource({
    "true, completed, ''",
    "false, failed, upstream_reset",
  })
  void givenAFinishInEveryChunk_whenTheBodyEnds_thenOnlyACleanEndIsASuccess(
      boolean clean, String outcome, String reason) {
    for (var word : List.of("two ", "three ", "four")) {
      Answers.textAndFinish(upstream, word);
      world.sayOn("chat-1");
      world.pass(Duration.ofSeconds(4));
    }
    world.close("chat-1", clean);

    assertThat(world.view("chat-1").outcome().word()).isEqualTo(outcome);
    assertThat(world.view("chat-1").reason()).isEqualTo(reason);
    assertThat(world.hook().calls().get(0).response().text()).isEqualTo("Hellotwo three four");
  }

  @Test
  void givenAFinishInEveryChunk_whenTheUpstreamStalls_thenThatIsNoEnd() {
    Answers.textAndFinish(upstream, "two ");
    Answers.textAndFinish(upstream, "three ");
    world.sayOn("chat-1");
    world.pass(Duration.ofSeconds(100));
    assertThat(upstream.isAborted()).isFalse();
    world.pass(Duration.ofSeconds(21));

    assertThat(world.view("chat-1").reason()).isEqualTo("upstream_idle");
    assertThat(world.hook().calls().get(0).response().text()).isEqualTo("Hellotwo three ");
  }

  @Test
  void givenAToolTurnOfTheProxys_whenTheAnswerFollowsMuchLater_thenItIsSentAndSaved() {
    finishReason();
    Answers.usage(upstream);
    world.sayOn("chat-1");
    world.pass(Duration.ofSeconds(25));
    upstream.scriptNoise(": still working\n\n");
    world.sayOn("chat-1");
    world.pass(Duration.ofSeconds(25));
    assertThat(subscriber.data()).hasSize(1);

    world.emit("chat-1", " again");
    assertThat(subscriber.data()).hasSize(4);
    world.finish("chat-1");

    assertThat(subscriber.data()).hasSize(7).endsWith("[DONE]");
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.hook().calls()).hasSize(1);
    assertThat(world.hook().calls().get(0).response().text()).isEqualTo("Hello again");
  }

  @Test
  void givenAnAnswerThatGoesOnAfterItsFinish_whenItBreaksOff_thenItIsTruncated() {
    finishReason();
    world.emit("chat-1", " again");
    world.close("chat-1", true);

    assertThat(world.view("chat-1").reason()).isEqualTo("upstream_truncated");
    assertThat(world.hook().calls().get(0).response().text()).isEqualTo("Hello again");
  }

  @Test
  void givenAChoiceThatNobodyKnewOf_whenItSpeaksAfterTheFinish_thenTheAnswerGoesOn() {
    finishReason();
    var second = "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"B\"},\"finish_reason\":%s}]}";
    world.emit("chat-1", SseEvent.of(second.formatted("null")));
    world.pass(Duration.ofSeconds(40));
    assertThat(subscriber.data()).hasSize(3);
    world.emit("chat-1", SseEvent.of(second.formatted("\"stop\"")));
    Answers.done(upstream);
    world.sayOn("chat-1");

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.hook().calls().get(0).response().choices().get(1).text()).isEqualTo("BB");
  }

  @Test
  void givenADiskThatHangs_whenTheFinishWasSeen_thenTheUpstreamsSilenceIsOurs() {
    var world = World.of(7, Setup.DEFAULT.options(pendingBytes(10)));
    var upstream = world.open("chat-1");
    world.disk().beforeForce(() -> world.scheduler().pass(50_000));
    Answers.text(upstream, 0, "one ");
    Answers.finish(upstream);
    int finish = upstream.script().get(1).end();
    Answers.text(upstream, 0, "two");
    world.sayPart("chat-1", finish);
    world.finish("chat-1");

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.hook().calls().get(0).response().text()).isEqualTo("one two");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void givenAMessageBehindTheLastOne_whenTheVendorsSdksReadOn_thenItBelongsToTheAnswer(
      boolean goesOn) {
    var message = world.open("claude", Dialects.named("anthropic").orElseThrow(), 1);
    var reader = world.subscriber("claude");
    message.script(SseEvent.of("message_delta", STOP.formatted("tool_use")), Meaning.ENDING);
    message.script(kind("message_stop"), Meaning.TAIL);
    message.script(kind("ping"), Meaning.TAIL);
    world.sayOn("claude");
    world.pass(Duration.ofSeconds(20));
    assertThat(reader.data()).isEmpty();
    if (goesOn) {
      message.script(kind("message_start"), Meaning.CONTENT);
      world.sayOn("claude");
      assertThat(reader.data()).hasSize(4);
      message.script(SseEvent.of("message_delta", STOP.formatted("end_turn")), Meaning.ENDING);
      message.script(kind("message_stop"), Meaning.TAIL);
    }
    world.close("claude", true);

    assertThat(message.isAborted()).isFalse();
    assertThat(reader.data()).hasSize(goesOn ? 6 : 2).last().asString().contains("message_stop");
    assertThat(world.view("claude").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.view("claude").terminalMissing()).isFalse();
    assertThat(world.view("claude").late()).isEqualTo(goesOn ? 0 : 1);
  }

  private static SseEvent kind(String kind) {
    return SseEvent.of(kind, "{\"type\":\"" + kind + "\"}");
  }

  private static final String STOP =
      "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"%s\"},\"usage\":{}}";

  @Test
  void givenAMarker_whenEventsOfTheAnswersTypeFollow_thenTheAnswerGoesOn() {
    var plain = world.open("plain", Answers.plain(), 1);
    var reader = world.subscriber("plain");
    Answers.text(plain, 0, "one");
    Answers.done(plain);
    world.sayOn("plain");
    assertThat(reader.data()).hasSize(1);
    Answers.text(plain, 0, "two");
    world.sayOn("plain");
    world.pass(Duration.ofSeconds(40));

    assertThat(reader.data()).containsExactly("one", "[DONE]", "two");
    assertThat(plain.isAborted()).isFalse();
    world.close("plain", true);
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
                    small.endingSilence(),
                    small.idle(),
                    small.duration(),
                    small.responseBytesMax(),
                    1_000,
                    small.pendingBytesMax(),
                    small.residentBytesMax(),
                    small.generationsMax(),
                    small.retaining(),
                    small.saving())));
    bounded.open("chat-1");
    bounded.emit("chat-1", "Hello");
    bounded.emit("chat-1", "x".repeat(2_000));
    bounded.emit("chat-1", "more");

    assertThat(bounded.view("chat-1").reason()).isEqualTo("event_too_large");
    assertThat(bounded.view("chat-1").events()).isEqualTo(2);
  }

  /** How what waits behind an ending in doubt goes on. */
  enum Going {
    ENDS,
    GOES_ON,
    BREAKS
  }

  /** More of it than one entry of the journal may be long. */
  @ParameterizedTest
  @EnumSource(Going.class)
  void givenMuchBehindAnEndingInDoubt_whenItIsDecided_thenItIsCountedUntilThenAndNothingIsLost(
      Going going) {
    var journal = new FileJournal.Options(4 << 20, 1 << 20);
    var world = World.of(7, Setup.DEFAULT.journalOptions(journal));
    var upstream = world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    long before = world.up().memory().taken();
    Answers.textAndFinish(upstream, "one ");
    Answers.textAndFinish(upstream, "two");
    world.sayOn("chat-1");
    for (int i = 0; i < 6; i++) {
      upstream.script(large(), Meaning.TAIL);
      world.sayOn("chat-1");
    }
    assertThat(subscriber.data()).hasSize(1);
    assertThat(world.up().memory().taken() - before).isGreaterThan(6L * LARGE);

    switch (going) {
      case ENDS -> world.close("chat-1", true);
      case GOES_ON -> {
        world.emit("chat-1", " three");
        assertThat(subscriber.data()).hasSize(9);
        world.finish("chat-1");
      }
      case BREAKS -> world.close("chat-1", false);
    }
    world.pass(Duration.ofSeconds(10));

    assertThat(world.view("chat-1").outcome())
        .isEqualTo(going == Going.BREAKS ? Outcome.FAILED : Outcome.COMPLETED);
    assertThat(world.view("chat-1").reason())
        .isEqualTo(going == Going.BREAKS ? "upstream_reset" : "");
    assertThat(subscriber.data()).hasSize(going == Going.GOES_ON ? 12 : 9);
    assertThat(world.hook().calls().getFirst().response().text())
        .isEqualTo(going == Going.GOES_ON ? "one two three" : "one two");
    assertThat(world.streams().unarchived()).isZero();
    assertThat(world.up().memory().taken()).isLessThanOrEqualTo(before);
  }

  @Test
  void givenMuchBehindAMessageWhoseClientsReadOn_whenTheBodyEnds_thenItWasCountedAndIsLate() {
    var world =
        World.of(7, Setup.DEFAULT.journalOptions(new FileJournal.Options(4 << 20, 1 << 20)));
    var message = world.open("claude", Dialects.named("anthropic").orElseThrow(), 1);
    long before = world.up().memory().taken();
    message.script(SseEvent.of("message_delta", STOP.formatted("end_turn")), Meaning.ENDING);
    message.script(kind("message_stop"), Meaning.TAIL);
    for (int i = 0; i < 6; i++) {
      message.script(
          SseEvent.of(
              "ping", "{\"type\":\"ping\",\"padding\":\"%s\"}".formatted("x".repeat(LARGE))),
          Meaning.TAIL);
      world.sayOn("claude");
    }
    assertThat(world.up().memory().taken() - before).isGreaterThan(6L * LARGE);

    world.close("claude", true);
    world.pass(Duration.ofSeconds(10));

    assertThat(world.view("claude").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.view("claude").late()).isEqualTo(6);
    assertThat(world.up().memory().taken()).isLessThanOrEqualTo(before);
  }

  private static final int LARGE = 900_000;

  private static SseEvent large() {
    return SseEvent.of(
        "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[],"
            + "\"usage\":{\"total_tokens\":7},\"padding\":\"%s\"}".formatted("x".repeat(LARGE)));
  }

  /** A part of the answer of more events than one entry may hold, which came in one read. */
  @Test
  void givenManyEventsInOneRead_whenTogetherTheyAreLongerThanAnEntry_thenTheyAreSeveral() {
    var journal = new FileJournal.Options(4 << 20, 1 << 20);
    var world = World.of(7, Setup.DEFAULT.journalOptions(journal));
    var upstream = world.open("chat-1");
    for (int i = 0; i < 6; i++) {
      Answers.text(upstream, 0, i + "x".repeat(LARGE));
    }
    world.finish("chat-1");

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.view("chat-1").events()).isEqualTo(9);
  }

  private static StreamOptions pendingBytes(int max) {
    var d = StreamOptions.DEFAULT;
    return new StreamOptions(
        d.tail(),
        d.endingSilence(),
        d.idle(),
        d.duration(),
        d.responseBytesMax(),
        d.eventBytesMax(),
        max,
        d.residentBytesMax(),
        d.generationsMax(),
        d.retaining(),
        d.saving());
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
