package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.dialect.Dialects;
import dev.lastword.journal.ForwardingJournal;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SavePolicy;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.StreamOptions;
import dev.lastword.testing.ScriptedHook.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of an answer while its save hook does not take it. */
class SaveHookTest {
  private static final Setup FAIL_OPEN = Setup.DEFAULT.options(by(SavePolicy.PUBLISH));

  private static StreamOptions by(SavePolicy policy) {
    var d = StreamOptions.DEFAULT;
    var s = d.saving();
    return new StreamOptions(
        d.tail(),
        d.endingSilence(),
        d.idle(),
        d.duration(),
        d.responseBytesMax(),
        d.eventBytesMax(),
        d.pendingBytesMax(),
        d.residentBytesMax(),
        d.generationsMax(),
        d.retaining(),
        new StreamOptions.Saving(
            s.timeout(), s.retryFirst(), s.retryMax(), s.hold(), s.giveUp(), policy, s.patience()));
  }

  @Test
  void givenAHookThatAcknowledges_whenTheUpstreamFinishes_thenTheEndingIsSaid() {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");

    world.emit("chat-1", "Hello");
    world.finish("chat-1");

    assertThat(subscriber.where()).isEqualTo(ScriptedSubscriber.Where.AT_END);
    assertThat(subscriber.data()).hasSize(4).endsWith("[DONE]");
    assertThat(world.hook().stored(World.id("chat-1")).orElseThrow().response().text())
        .isEqualTo("Hello");
    assertThat(world.view("chat-1").saved()).isTrue();
  }

  @Test
  void givenAnAnswer_whenItIsSavedAndSaid_thenTheJournalHasTheStepsInThisOrder() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    world.finish("chat-1");

    assertThat(entries(world)).containsExactly("Opened", "Appended", "Ending", "Saved", "Sealed");
  }

  /** A small answer is put together before its ending is on disk, any other one behind it. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 300, 330, 1000})
  void givenAnAnswerOfAnyLength_whenItsHookIsCalledAgainAfterARestart_thenWithTheSame(int pieces) {
    var world = World.seeded(7);
    world.hook().always(Reply.HANG);
    world.open("chat-1");
    var text = new StringBuilder();
    for (int i = 0; i < pieces; i++) {
      var piece = "word-%04d ".formatted(i).repeat(4);
      text.append(piece);
      world.emit("chat-1", piece);
    }
    world.finish("chat-1");
    assertThat(world.hook().calls()).hasSize(1);

    world.restart(); // what is told now was read from the disk
    world.hook().always(Reply.ACKNOWLEDGE);
    world.pass(Duration.ofMinutes(1));

    assertThat(world.hook().calls()).hasSizeGreaterThan(1);
    assertThat(world.hook().calls().stream().distinct()).hasSize(1);
    var told = world.hook().calls().getFirst();
    assertThat(told.text()).isEqualTo(text.toString());
    assertThat(told.events()).isEqualTo(pieces + 3);
  }

  @Test
  void
      givenAnEndingThatTheFailedDiskRefuses_whenItIsLost_thenItsMemoryIsGivenBackAndNoHookCalled() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    long before = world.up().memory().taken();
    world.disk().failForces(true);
    world.finish("chat-1");

    assertThat(world.hook().calls()).isEmpty();
    assertThat(world.up().memory().taken()).isEqualTo(before);
  }

  /** On the wire it is not much longer than its text, of which a hook is told three times. */
  @Test
  void givenAnswersInFewLargeEvents_whenTheirHooksAreCalled_thenWhatThatTakesIsTaken() {
    var world = World.of(7, Setup.DEFAULT.hooks(2).memoryBytes(960L << 10));
    world.hooks().forEach(hook -> hook.always(Reply.HANG));
    for (var name : List.of("chat-1", "chat-2")) {
      world.open(name);
      world.emit(name, "x".repeat(16 << 10));
      world.finish(name);
    }
    world.pass(Duration.ofSeconds(5));

    assertThat(world.up().memory().taken()).isBetween(18L << 14, 960L << 10);
    assertThat(world.hook().calls()).hasSize(1);

    world.hooks().forEach(hook -> hook.always(Reply.ACKNOWLEDGE));
    world.hooks().forEach(ScriptedHook::wakeUp);
    world.pass(Duration.ofSeconds(30));

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.view("chat-2").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.up().memory().taken()).isLessThan(64L << 10);
  }

  @Test
  void givenAStoreThatIsDown_whenTheUpstreamFinishes_thenTheEndingIsWithheldUntilItIsUp() {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.hook().always(Reply.FAIL);

    world.emit("chat-1", "Hello");
    world.finish("chat-1");
    world.pass(Duration.ofSeconds(5));

    assertThat(subscriber.data()).singleElement().asString().contains("Hello");
    assertThat(world.view("chat-1").state()).isEqualTo("complete");

    world.hook().always(Reply.ACKNOWLEDGE);
    world.pass(Duration.ofSeconds(20));

    assertThat(subscriber.data()).hasSize(4).endsWith("[DONE]");
    assertThat(world.hook().calls()).hasSizeGreaterThan(3);
    assertThat(world.hook().calls().stream().distinct()).hasSize(1);
  }

  @Test
  void
      givenAnEndingThatTheArchiveGivesInParts_whenItIsReleasedAfterARestart_thenTheResponseHasAllOfIt() {
    var world = World.of(7, Setup.DEFAULT.archiveRunEvents(1));
    world.open("chat-1");
    world.hook().always(Reply.FAIL);
    world.emit("chat-1", "Hello");
    world.finish("chat-1");
    world.pass(Duration.ofMinutes(3)); // the journal has gone on: the ending moves to the archive
    assertThat(world.archive().find(World.id("chat-1")).orElseThrow().withheld()).isEqualTo(3);

    world.restart(); // and is in no memory any more
    world.hook().always(Reply.ACKNOWLEDGE);
    world.pass(Duration.ofMinutes(1));

    var kept = world.archive().response(World.id("chat-1")).orElseThrow();
    assertThat(kept).contains("\"events\":4").contains("total_tokens");
  }

  @Test
  void givenAHookThatHangs_whenTheTimeoutHasPassed_thenItIsCalledAgainWithTheSameResponse() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.hook().next(Reply.HANG);

    world.finish("chat-1");
    assertThat(world.hook().calls()).hasSize(1);
    world.pass(Duration.ofSeconds(11));

    assertThat(world.hook().calls()).hasSize(2);
    assertThat(world.hook().calls().get(0)).isEqualTo(world.hook().calls().get(1));
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  /** A hook that makes four calls at once, and has five hundred to make. */
  @Test
  void givenACallThatWaitsForItsTurn_whenThatTakesLongerThanACallMay_thenItIsNotMadeAnew() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.hook().next(Reply.QUEUE);

    world.finish("chat-1");
    world.pass(Duration.ofMinutes(10));
    assertThat(world.hook().waiting()).isOne();
    assertThat(world.hook().calls()).hasSize(1);

    world.hook().turn();
    world.pass(Duration.ofSeconds(9));
    world.hook().wakeUp();
    world.runUntilQuiet();

    assertThat(world.hook().calls()).hasSize(1);
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  @Test
  void givenACallWhoseTurnHasCome_whenItHangs_thenItIsMadeAnewAfterItsTime() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.hook().next(Reply.QUEUE);

    world.finish("chat-1");
    world.pass(Duration.ofMinutes(10));
    world.hook().turn();
    world.pass(Duration.ofSeconds(9));
    assertThat(world.hook().calls()).hasSize(1);
    world.pass(Duration.ofSeconds(2));

    assertThat(world.hook().calls()).hasSize(2);
    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
  }

  @Test
  void givenACallThatWaitsForItsTurn_whenItsStreamIsDeletedOrGivenUp_thenItHasNone() {
    var world = World.seeded(7);
    world.hook().always(Reply.QUEUE);
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    world.cancel("chat-1");
    world.open("chat-2");
    world.finish("chat-2");
    assertThat(world.hook().waiting()).isEqualTo(2);

    assertThat(world.delete("chat-1")).contains(DeleteResult.DELETED);
    world.runUntilQuiet();
    assertThat(world.hook().waiting()).isOne();
    world.pass(Duration.ofHours(25));

    assertThat(world.hook().waiting()).isZero();
    assertThat(world.view("chat-2").reason()).isEqualTo("save_rejected");
  }

  @Test
  void givenAnAcknowledgementThatIsLost_whenTheHookIsCalledAgain_thenItIsTheSameResponse() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.hook().next(Reply.LOST, Reply.THROW);

    world.finish("chat-1");
    world.pass(Duration.ofSeconds(12));

    assertThat(world.hook().calls()).hasSize(3);
    assertThat(world.hook().calls().stream().distinct()).hasSize(1);
  }

  @Test
  void givenAHookThatRejects_whenTheUpstreamFinishes_thenAFailureIsSaidAndTheAnswerKept() {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.hook().next(Reply.REJECT);

    world.emit("chat-1", "Hello");
    world.finish("chat-1");
    world.pass(Duration.ofSeconds(1));

    assertThat(world.view("chat-1").reason()).isEqualTo("save_rejected");
    assertThat(subscriber.data()).hasSize(2).last().asString().contains("save_rejected");
    assertThat(world.archive().response(World.id("chat-1")).orElseThrow())
        .contains("Hello")
        .contains("\"stop\"");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void givenARejectedAnswer_whenItIsSavedAgain_thenTheHookGetsTheSameAndTheFailureStays(
      boolean restart) {
    var world = World.seeded(7);
    world.open("chat-1");
    world.hook().next(Reply.REJECT);
    toolCall(world, "chat-1");
    world.emit("chat-1", "Hello € 😀");
    world.finish("chat-1");
    world.pass(Duration.ofSeconds(1));
    if (restart) {
      world.kill();
      world.restart();
    }

    assertThat(world.save("chat-1").orElseThrow()).isInstanceOf(SaveResult.Saved.class);

    assertThat(world.hook().calls()).hasSize(2);
    assertThat(world.hook().calls().get(1)).isEqualTo(world.hook().calls().get(0));
    assertThat(world.hook().calls().get(0).response().choices().get(0).toolCalls()).hasSize(1);
    assertThat(world.view("chat-1").saved()).isTrue();
    assertThat(world.view("chat-1").reason()).isEqualTo("save_rejected");
    assertThat(world.save("chat-1").orElseThrow()).isInstanceOf(SaveResult.Saved.class);
    assertThat(world.hook().calls()).hasSize(2);
  }

  private static void toolCall(World world, String name) {
    world.emit(
        name,
        SseEvent.of(
            """
            {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":\
            [{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","type":"function",\
            "function":{"name":"f","arguments":"{\\"a\\":1.50}"}}]},"finish_reason":null}]}"""));
  }

  @Test
  void givenARejectedAnswer_whenItIsRejectedAgain_thenTheCauseIsToldAndItIsKept() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.hook().always(Reply.REJECT);
    world.emit("chat-1", "Hello");
    world.finish("chat-1");

    assertThat(world.save("chat-1").orElseThrow())
        .isInstanceOfSatisfying(
            SaveResult.Unsaved.class,
            unsaved -> assertThat(unsaved.cause()).isInstanceOf(SaveException.class));
    world.hook().always(Reply.HANG);
    assertThat(world.save("chat-1")).isEmpty();
    world.pass(Duration.ofSeconds(11));

    assertThat(world.view("chat-1").saved()).isFalse();
    world.hook().always(Reply.ACKNOWLEDGE);
    assertThat(world.save("chat-1").orElseThrow()).isInstanceOf(SaveResult.Saved.class);
  }

  @Test
  void givenAStreamThatIsBeingSaved_whenItIsToBeSavedAgain_thenItIsPendingAndNotCalledTwice() {
    var world = World.seeded(7);
    world.open("chat-1");
    assertThat(world.save("chat-1").orElseThrow()).isInstanceOf(SaveResult.Pending.class);
    world.hook().next(Reply.HANG);
    world.finish("chat-1");

    assertThat(world.save("chat-1").orElseThrow()).isInstanceOf(SaveResult.Pending.class);
    assertThat(world.save("chat-2").orElseThrow()).isInstanceOf(SaveResult.Unknown.class);
    assertThat(world.hook().calls()).hasSize(1);
  }

  @Test
  void givenTwoHooks_whenOneOfThemHangs_thenTheEndingWaitsForBoth() {
    var world = World.of(7, Setup.DEFAULT.hooks(2));
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.hooks().get(1).next(Reply.HANG);

    world.finish("chat-1");
    assertThat(subscriber.data()).isEmpty();

    world.hooks().get(1).wakeUp();
    world.runUntilQuiet();
    assertThat(subscriber.data()).endsWith("[DONE]");
    assertThat(world.hook().calls()).hasSize(1);
  }

  @Test
  void givenASaveThatIsPending_whenTheHoldIsOver_thenSubscribersAreToldAndCanComeBack() {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.hook().always(Reply.HANG);

    world.emit("chat-1", "Hello");
    world.finish("chat-1");
    world.pass(Duration.ofSeconds(31));
    assertThat(subscriber.notices()).containsExactly("save_pending");
    assertThat(subscriber.where()).isEqualTo(ScriptedSubscriber.Where.AWAY);

    world.comeBack(subscriber);
    world.pass(Duration.ofSeconds(30));
    assertThat(subscriber.notices()).containsExactly("save_pending", "save_pending");

    world.comeBack(subscriber);
    world.hook().wakeUp();
    world.hook().always(Reply.ACKNOWLEDGE);
    world.pass(Duration.ofSeconds(30));
    assertThat(subscriber.data()).hasSize(4).endsWith("[DONE]");
  }

  @Test
  void givenAFailureThatWaitsToBeSaved_whenTheHoldIsOver_thenASlowReaderIsNotSentAway() {
    var world = World.seeded(7);
    world.open("chat-1");
    var slow = world.subscriber("chat-1");
    slow.pace(ScriptedSubscriber.Pace.SLOW);
    world.hook().always(Reply.HANG);

    world.emit("chat-1", "Hello");
    world.close("chat-1", false);
    world.pass(Duration.ofSeconds(100));

    assertThat(slow.notices()).isEmpty();
    world.read(slow);
    world.read(slow);
    assertThat(slow.data()).hasSize(2).last().asString().contains("upstream_reset");
  }

  @Test
  void givenNobodyTakesIt_whenADayHasPassed_thenItIsGivenUpAsRejected() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.hook().always(Reply.FAIL);

    world.finish("chat-1");
    world.pass(Duration.ofHours(23));
    assertThat(world.view("chat-1").outcome()).isNull();
    world.pass(Duration.ofHours(2));

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.FAILED);
    assertThat(world.view("chat-1").reason()).isEqualTo("save_rejected");
  }

  @Test
  void givenNobodyTakesIt_whenTheProcessIsStartedAgainInBetween_thenTheDayIsNotBegunAnew() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.hook().always(Reply.FAIL);

    world.finish("chat-1");
    world.pass(Duration.ofHours(12));
    world.restart();
    world.pass(Duration.ofHours(11));
    assertThat(world.view("chat-1").outcome()).isNull();
    world.pass(Duration.ofHours(2));

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.FAILED);
    assertThat(world.view("chat-1").reason()).isEqualTo("save_rejected");
  }

  @Test
  void givenFailOpen_whenPatienceIsOver_thenTheEndingIsSaidUnsavedAndSavedLater() {
    var world = World.of(7, FAIL_OPEN);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.hook().always(Reply.HANG);

    world.finish("chat-1");
    world.pass(Duration.ofSeconds(4));
    assertThat(subscriber.data()).isEmpty();
    world.pass(Duration.ofSeconds(2));
    assertThat(subscriber.data()).endsWith("[DONE]");
    assertThat(world.view("chat-1").saved()).isFalse();

    world.hook().always(Reply.ACKNOWLEDGE);
    world.pass(Duration.ofSeconds(30));
    assertThat(world.view("chat-1").saved()).isTrue();
    assertThat(world.streams().unarchived()).isZero();
    assertThat(world.hook().calls().stream().distinct()).hasSize(1);
  }

  @Test
  void givenFailOpenAndAPowerCutBeforeTheSave_whenItIsSavedAfterTheRestart_thenWithTheSameTimes() {
    var world = World.of(7, FAIL_OPEN);
    world.open("chat-1");
    world.hook().always(Reply.HANG);
    world.finish("chat-1");
    world.pass(Duration.ofSeconds(9));

    world.powerCut(FaultyDisk.Crash.DROP);
    world.hook().always(Reply.ACKNOWLEDGE);
    world.start();
    world.pass(Duration.ofSeconds(1));

    assertThat(world.hook().calls()).hasSize(2);
    assertThat(world.hook().calls().get(0)).isEqualTo(world.hook().calls().get(1));
    assertThat(world.view("chat-1").saved()).isTrue();
  }

  @Test
  void givenFailOpen_whenItIsRejectedWhileTheReleaseIsOnItsWay_thenItStaysCompleted() {
    var world = World.of(7, FAIL_OPEN);
    world.open("chat-1");
    world.hook().next(Reply.HANG);
    world.hook().always(Reply.REJECT);
    world.finish("chat-1");
    world.pass(Duration.ofSeconds(30));

    assertThat(world.view("chat-1").outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.view("chat-1").saved()).isFalse();
    assertThat(world.streams().unarchived()).isZero();
  }

  @Test
  void givenNoHook_whenTheUpstreamFinishes_thenTheJournalIsTheSave() {
    var world = World.of(7, Setup.DEFAULT.hooks(0));
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");

    world.emit("chat-1", "Hello");
    world.finish("chat-1");

    assertThat(subscriber.data()).hasSize(4).endsWith("[DONE]");
    assertThat(world.view("chat-1").saved()).isTrue();
  }

  @Test
  void givenAStreamThatEnded_whenAMinuteHasPassed_thenNoTimerIsLeftOver() {
    var world = World.seeded(7);
    int before = world.timers();
    world.open("chat-1");
    world.hook().next(Reply.FAIL, Reply.HANG, Reply.LATE);
    world.emit("chat-1", "Hello");
    world.finish("chat-1");

    world.pass(Duration.ofSeconds(60));

    assertThat(world.timers()).isEqualTo(before);
    assertThat(world.streams().generations()).isZero();
    assertThat(world.streams().unarchived()).isZero();
  }

  @Test
  void givenACancelledAnswerThatNoHookTakes_whenItIsDeleted_thenNobodyGoesOnSavingIt() {
    var world = World.seeded(7);
    world.hook().always(Reply.FAIL);
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    world.cancel("chat-1");
    world.pass(Duration.ofSeconds(5));
    assertThat(world.delete("chat-1")).contains(DeleteResult.DELETED);
    world.pass(Duration.ofSeconds(60));
    int calls = world.hook().calls().size();
    world.pass(Duration.ofMinutes(10));

    assertThat(world.hook().calls()).hasSize(calls);
    assertThat(world.timers()).as("the archiver's and retention's").isEqualTo(2);
  }

  @Test
  void givenARejectedAnswerThatTheArchiveRefuses_whenSavedOnceMore_thenItIsNotSaidToBeNowhere() {
    var world = World.seeded(7);
    world.hook().next(Reply.REJECT);
    world.archive().failStores(true);
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    world.finish("chat-1");
    world.pass(Duration.ofSeconds(1));

    assertThat(world.save("chat-1")).as("an answer that is no failure").isEmpty();

    world.archive().failStores(false);
    assertThat(world.save("chat-1")).containsInstanceOf(SaveResult.Saved.class);
  }

  /** Whenever the archive has stored some there are others that have ended meanwhile. */
  @Test
  void givenAnswersThatEndAllTheTime_whenARejectedOneIsSavedOnceMore_thenItWaitsForNoneOfThem() {
    var world = World.seeded(7);
    world.hook().next(Reply.REJECT);
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    int others = 40;
    for (int i = 0; i < others; i++) {
      world.open("other-" + i);
    }
    var ended = new AtomicInteger();
    world
        .archive()
        .aroundStore(
            () -> {
              if (ended.get() < others) {
                end(world, "other-" + ended.getAndIncrement());
              }
            },
            () -> {});
    world.finish("chat-1");
    var endedUntilThen = new ArrayList<Integer>();
    world.saving(World.id("chat-1"), result -> endedUntilThen.add(ended.get()));
    world.runUntilQuiet();

    assertThat(ended).hasValue(others);
    assertThat(endedUntilThen).singleElement().satisfies(it -> assertThat(it).isLessThan(20));
  }

  /** In the middle of another's step. */
  private static void end(World world, String name) {
    var upstream = world.upstream(name);
    Answers.finish(upstream);
    Answers.done(upstream);
    upstream.scriptClose(ScriptedUpstream.Close.CLEAN);
    world.onHome(
        upstream,
        () -> {
          upstream.say(Integer.MAX_VALUE);
          upstream.end();
        });
    var random = new SplittableRandom(7);
    while (world.scheduler().runOneBeside(world.up().lanes(), random) != null) {
      // until there is nothing that could run
    }
  }

  /** A restart would take the next answer for saved, and say its ending. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void givenAnAnswerSavedOnceMore_whenItsIdIsAnothersBeforeItsHookAnswers_thenThatOneIsNotSaved(
      boolean rests) {
    var world = World.seeded(7);
    world.hook().next(Reply.REJECT, Reply.HANG);
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    world.finish("chat-1");
    world.pass(Duration.ofSeconds(1));
    var results = new ArrayList<SaveResult>();
    world.saving(World.id("chat-1"), results::add);
    world.runUntilQuiet();
    assertThat(world.delete("chat-1")).contains(DeleteResult.DELETED);
    var next = NextLife.of(world, "chat-1");
    if (rests) {
      world.hook().next(Reply.REJECT);
      next.cancel();
      world.pass(Duration.ofSeconds(2));
      assertThat(world.streams().unarchived()).isZero();
    }

    world.hook().wakeUp();
    world.pass(Duration.ofSeconds(1));

    assertThat(results).containsExactly(new SaveResult.Unknown());
    assertThat(entries(world).lastIndexOf("Saved"))
        .isLessThan(entries(world).lastIndexOf("Opened"));
    assertThat(world.view("chat-1").saved()).isFalse();
  }

  /** What the journal has, in its order. */
  private static List<String> entries(World world) {
    var entries = new ArrayList<String>();
    world
        .up()
        .journal()
        .replay(
            0, (entry, position, epoch, timeMs) -> entries.add(entry.getClass().getSimpleName()));
    return entries;
  }

  /** What a model has nested as deep as is read. */
  @Test
  void givenARejectedAnswerThatIsNestedDeep_whenSavedOnceMore_thenItIs() {
    var world = World.seeded(7);
    world.hook().next(Reply.REJECT);
    world.open("chat-1", Dialects.named("ai-sdk-ui").orElseThrow(), 1);
    var deep = "[".repeat(999) + "]".repeat(999);
    world.emit("chat-1", SseEvent.of("{\"type\":\"data-x\",\"data\":" + deep + "}"));
    world.emit("chat-1", SseEvent.of("{\"type\":\"finish\"}"));
    world.finish("chat-1");
    world.pass(Duration.ofSeconds(5));
    assertThat(world.view("chat-1").reason()).isEqualTo("save_rejected");

    assertThat(world.save("chat-1")).containsInstanceOf(SaveResult.Saved.class);
    assertThat(world.hook().stored(World.id("chat-1")).orElseThrow().response().json())
        .contains(deep);
  }

  /** Another may have the journal by then, and more in the archive than this process knows of. */
  @Test
  void givenAJournalThatTakesNothing_whenAResponseWasReadForItsHooks_thenTheyAreToldByTheNext() {
    var over = new AtomicBoolean();
    var world =
        World.of(
            7,
            Setup.DEFAULT.journal(
                journal ->
                    new ForwardingJournal(journal) {
                      @Override
                      public Health health() {
                        return over.get() ? Health.CLOSED : super.health();
                      }
                    }));
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    world.hook().always(Reply.FAIL);
    world.cancel("chat-1");
    world.hook().always(Reply.ACKNOWLEDGE);
    int calls = world.hook().calls().size();

    over.set(true); // as a lease is
    world.restart();
    world.pass(Duration.ofMinutes(5));
    assertThat(world.hook().calls()).hasSize(calls);

    over.set(false);
    world.restart();
    assertThat(world.hook().calls()).hasSize(calls + 1);
  }
}
