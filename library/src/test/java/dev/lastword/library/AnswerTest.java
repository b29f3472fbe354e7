package dev.lastword.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.lastword.dialect.Dialects;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.StreamOptions;
import dev.lastword.stream.StreamView;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One answer, from its opening to each of its ends. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class AnswerTest {
  @TempDir Path dir;

  @Test
  void givenASourceGoesOnAfterItsTerminalEvent_thenThatIsShownWithTheEndingAndNotBefore() {
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open(openAi());
      answer.pass(SseEvent.of("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}"));
      answer.pass(SseEvent.of("[DONE]"));
      answer.pass(SseEvent.of("saved", "7"));
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> lastword.find(answer.id(), Rig.ANN).orElseThrow().events() == 1);

      assertThat(answer.seal().outcome()).isEqualTo(Outcome.COMPLETED);
      assertThat(Rig.data(read(lastword, answer.id(), Rig.ANN))).hasSize(3).endsWith("[DONE]", "7");
    }
  }

  @Test
  void givenASourceSaysItsFailure_thenThatIsItsLastEventAndASealIsNoSuccess() {
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open(openAi());
      answer.pass(SseEvent.of("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}"));
      answer.pass(SseEvent.of("{\"error\":{\"message\":\"overloaded\"}}"));
      answer.pass(SseEvent.of("[DONE]"));

      assertThatThrownBy(answer::seal).isInstanceOf(AnswerEndedException.class);
      var view = lastword.find(answer.id(), Rig.ANN).orElseThrow();
      assertThat(view.outcome()).isEqualTo(Outcome.FAILED);
      assertThat(view.reason()).isEqualTo("failure_said");
      assertThat(read(lastword, answer.id(), Rig.ANN))
          .contains("overloaded")
          .doesNotContain("[DONE]")
          .endsWith("broken: failed");
    }
  }

  private static AnswerRequest openAi() {
    return AnswerRequest.of(Rig.ANN).dialect(Dialects.named("openai-chat").orElseThrow());
  }

  @Test
  void givenAnAnswerIsSealed_thenItIsSavedBeforeAnyReaderIsToldItsEnd() throws Exception {
    var seenWhenSaved = new AtomicReference<StreamView>();
    var saved = new CopyOnWriteArrayList<SavedResponse>();
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      var reader = CompletableFuture.supplyAsync(() -> read(lastword, answer.id(), Rig.ANN));

      answer.send("Hel");
      answer.send("lo\r\n[DONE]");
      var view =
          answer.seal(
              response -> {
                seenWhenSaved.set(lastword.find(answer.id(), Rig.ANN).orElseThrow());
                saved.add(response);
              });

      assertThat(view.outcome()).isEqualTo(Outcome.COMPLETED);
      assertThat(view.saved()).isTrue();
      assertThat(saved).hasSize(1);
      assertThat(saved.getFirst().text()).isEqualTo("Hello\r\n[DONE]");
      assertThat(saved.getFirst().stream()).isEqualTo(answer.id());
      assertThat(seenWhenSaved.get().state()).isEqualTo("complete");
      assertThat(Rig.data(reader.get(60, TimeUnit.SECONDS)))
          .containsExactly("\"Hel\"", "\"lo\\r\\n[DONE]\"", "[DONE]");
      assertThat(lastword.conversation("chat-1", Rig.ANN, 10))
          .extracting("text")
          .containsExactly("Hello\r\n[DONE]");
    }
  }

  @Test
  void givenTheSaveHangs_thenReadersHaveAllButTheEnd() throws Exception {
    var release = new CountDownLatch(1);
    try (var lastword = Lastword.at(dir).heartbeat(Duration.ofMinutes(5)).open()) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("all of it");
      var sealing =
          answer.sealAsync(response -> assertThat(release.await(60, TimeUnit.SECONDS)).isTrue());
      await().atMost(Rig.PATIENCE).until(() -> state(lastword, answer.id()).equals("complete"));

      try (var reading = lastword.read(answer.id(), Rig.ANN, "").orElseThrow()) {
        assertThat(Rig.data(new String(reading.next().orElseThrow(), StandardCharsets.UTF_8)))
            .containsExactly("\"all of it\"");
        assertThat(lastword.find(answer.id(), Rig.ANN).orElseThrow().events()).isEqualTo(1);
        release.countDown();
        assertThat(Rig.data(new String(reading.next().orElseThrow(), StandardCharsets.UTF_8)))
            .containsExactly("[DONE]");
        assertThat(reading.next()).isEmpty();
      }
      assertThat(sealing.toCompletableFuture().get().outcome()).isEqualTo(Outcome.COMPLETED);
    }
  }

  @Test
  void givenNoSaver_thenTheDiskIsTheSave() {
    StreamId id;
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("kept");
      assertThat(answer.seal().saved()).isTrue();
      id = answer.id();
    }
    try (var again = Lastword.embedded(dir)) {
      assertThat(again.find(id, Rig.ANN).orElseThrow().outcome()).isEqualTo(Outcome.COMPLETED);
      assertThat(again.find(id, Rig.ANN).orElseThrow().saved()).isTrue();
      assertThat(again.response(id, Rig.ANN).orElseThrow()).contains("\"kept\"");
    }
  }

  @Test
  void givenARegisteredSaver_thenItHearsOfEveryOutcome() {
    var saved = new CopyOnWriteArrayList<String>();
    try (var lastword = Lastword.at(dir).saver(response -> saved.add(told(response))).open()) {
      try (var sealed = lastword.open("chat-1", Rig.ANN)) {
        sealed.send("whole");
        sealed.seal();
      }
      assertThat(saved).containsExactly("completed: whole");
      try (var left = lastword.open("chat-1", Rig.ANN)) {
        left.send("half");
      }
      await().atMost(Rig.PATIENCE).until(() -> saved.size() == 2);
      assertThat(saved).last().isEqualTo("failed: half");
      var stopped = lastword.open("chat-1", Rig.ANN);
      lastword.cancel(stopped.id(), Rig.ANN);
      await().atMost(Rig.PATIENCE).until(() -> saved.size() == 3);
      assertThat(saved).last().isEqualTo("cancelled: ");
    }
  }

  private static String told(SavedResponse response) {
    return response.outcome().word() + ": " + response.text();
  }

  @Test
  void givenAnExceptionLeavesTheBlock_thenTheAnswerHasFailedAndItsPartialIsKept() throws Exception {
    try (var lastword = Lastword.embedded(dir)) {
      var id = new AtomicReference<StreamId>();
      assertThatThrownBy(
              () -> {
                try (var answer = lastword.open("chat-1", Rig.ANN)) {
                  id.set(answer.id());
                  answer.send("half of");
                  throw new IllegalStateException("the model has gone");
                }
              })
          .hasMessage("the model has gone");

      var view = ended(lastword, id.get());
      assertThat(view.outcome()).isEqualTo(Outcome.FAILED);
      assertThat(view.reason()).isEqualTo("not_sealed");
      assertThat(read(lastword, id.get(), Rig.ANN))
          .contains("data: \"half of\"\n", "event: error\n", "not_sealed", "broken: failed")
          .doesNotContain("[DONE]");
    }
  }

  @Test
  void givenTheWritingThrows_thenNoFinallyOfItsOwnCanMakeASuccessOfIt() {
    var saved = new CopyOnWriteArrayList<SavedResponse>();
    try (var lastword = Lastword.embedded(dir)) {
      var request = AnswerRequest.of(Rig.ANN).id(new StreamId("an-answer-of-mine-1"));
      assertThatThrownBy(
              () ->
                  lastword.answer(
                      request,
                      sender -> {
                        sender.send("half");
                        throw new java.io.IOException("the model has gone");
                      },
                      saved::add))
          .isInstanceOf(java.io.IOException.class);

      assertThat(ended(lastword, request.id().orElseThrow()).outcome()).isEqualTo(Outcome.FAILED);
      assertThat(saved).isEmpty();

      var view =
          lastword.answer(AnswerRequest.of(Rig.ANN), sender -> sender.send("all"), saved::add);
      assertThat(view.outcome()).isEqualTo(Outcome.COMPLETED);
      assertThat(saved).extracting(SavedResponse::text).containsExactly("all");
    }
  }

  @Test
  void givenTheAnswerHasFailed_thenItCannotBeSealedAnyMore() {
    var saved = new CopyOnWriteArrayList<SavedResponse>();
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.fail("model_unreachable", "The model did not answer.");

      assertThatThrownBy(() -> answer.seal(saved::add)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> answer.send("more")).isInstanceOf(IllegalStateException.class);
      assertThat(ended(lastword, answer.id()).reason()).isEqualTo("model_unreachable");
      assertThat(saved).isEmpty();
      assertThatThrownBy(() -> answer.fail("No Code", "x"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("code");
    }
  }

  @Test
  void givenTheOwnerCancels_thenTheWriterIsToldAndCannotSeal() {
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("half");
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> lastword.find(answer.id(), Rig.ANN).orElseThrow().events() == 1);

      assertThat(lastword.cancel(answer.id(), Rig.BOB)).isInstanceOf(CancelResult.Unknown.class);
      assertThat(answer.isOver()).isFalse();
      assertThat(lastword.cancel(answer.id(), Rig.ANN)).isInstanceOf(CancelResult.Cancelled.class);

      assertThat(answer.isOver()).isTrue();
      assertThat(answer.ended().toCompletableFuture().join().outcome())
          .isEqualTo(Outcome.CANCELLED);
      var told = catchThrowableOfType(AnswerEndedException.class, () -> answer.send("more"));
      assertThat(told.outcome()).isEqualTo(Outcome.CANCELLED);
      assertThatThrownBy(answer::seal).isInstanceOf(AnswerEndedException.class);
      assertThat(read(lastword, answer.id(), Rig.ANN)).contains("half", "broken: cancelled");
    }
  }

  @Test
  void givenTheSaverThrows_thenItIsCalledAgainUntilItReturns() {
    var calls = new AtomicInteger();
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("x");
      var view =
          answer.seal(
              response -> {
                if (calls.incrementAndGet() < 3) {
                  throw new java.sql.SQLException("the pool is exhausted");
                }
              });
      assertThat(view.outcome()).isEqualTo(Outcome.COMPLETED);
      assertThat(calls).hasValue(3);
    }
  }

  @Test
  void givenTheSaverTakesLongerThanItsTime_thenItIsNotCalledTwiceAtOnce() throws Exception {
    var calls = new AtomicInteger();
    var release = new CountDownLatch(1);
    try (var lastword = Lastword.at(dir).bounds(quick()).open()) {
      var answer = lastword.open("chat-1", Rig.ANN);
      var sealing =
          answer.sealAsync(
              response -> {
                calls.incrementAndGet();
                assertThat(release.await(60, TimeUnit.SECONDS)).isTrue();
              });
      await().during(Duration.ofMillis(300)).atMost(Rig.PATIENCE).until(() -> calls.get() == 1);
      release.countDown();
      sealing.toCompletableFuture().get(60, TimeUnit.SECONDS);
      assertThat(calls).hasValue(1);
    }
  }

  /** A call has 50 ms, and the next comes soon. */
  private static StreamOptions quick() {
    var all = StreamOptions.DEFAULT;
    var saving = all.saving();
    return Rig.bounds(
        all.idle(),
        all.generationsMax(),
        new StreamOptions.Saving(
            Duration.ofMillis(50),
            Duration.ofMillis(10),
            Duration.ofMillis(20),
            saving.hold(),
            saving.giveUp(),
            saving.policy(),
            saving.patience()));
  }

  @Test
  void givenTheSaverRejects_thenTheAnswerHasFailedAndCanBeSavedLater() {
    var later = new CopyOnWriteArrayList<String>();
    try (var lastword = Lastword.at(dir).saver(response -> later.add(told(response))).open()) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("too much");
      var rejection = new SaveException(SaveException.Kind.REJECTED, "no room for it");
      var told =
          catchThrowableOfType(
              AnswerEndedException.class,
              () ->
                  answer.seal(
                      response -> {
                        throw rejection;
                      }));

      assertThat(told.outcome()).isEqualTo(Outcome.FAILED);
      assertThat(told.reason()).isEqualTo("save_rejected");
      assertThat(told).hasCause(rejection);
      assertThat(read(lastword, answer.id(), Rig.ANN))
          .contains("too much", "save_rejected")
          .doesNotContain("[DONE]");
      assertThat(later).isEmpty();
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> lastword.saveAgain(answer.id(), Rig.ANN) instanceof SaveResult.Saved);
      assertThat(later).containsExactly("completed: too much");
    }
  }

  @Test
  void givenTheSealingThreadIsInterrupted_thenTheSealGoesOn() throws Exception {
    var saving = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      var thrown = new CompletableFuture<Throwable>();
      var sealer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      answer.seal(
                          response -> {
                            saving.countDown();
                            assertThat(release.await(60, TimeUnit.SECONDS)).isTrue();
                          });
                      thrown.complete(null);
                    } catch (WaitInterruptedException e) {
                      thrown.complete(Thread.currentThread().isInterrupted() ? e : null);
                    }
                  });
      assertThat(saving.await(60, TimeUnit.SECONDS)).isTrue();
      sealer.interrupt();

      assertThat(thrown.get(60, TimeUnit.SECONDS)).isInstanceOf(WaitInterruptedException.class);
      release.countDown();
      assertThat(answer.ended().toCompletableFuture().get(60, TimeUnit.SECONDS).outcome())
          .isEqualTo(Outcome.COMPLETED);
    }
  }

  @Test
  void givenAnAnswerOfEvents_thenWhatSoundsLikeAnEndingIsKeptBackUntilItIsSealed() {
    var chat = Dialects.named("openai-chat").orElseThrow();
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open(AnswerRequest.of(Rig.ANN).dialect(chat));
      answer.send(chunk("\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null"));
      answer.send(chunk("\"delta\":{},\"finish_reason\":\"stop\""));
      assertThatThrownBy(() -> answer.send("token")).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> answer.send(chat.error("x", "y")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("failure");
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> lastword.find(answer.id(), Rig.ANN).orElseThrow().events() == 1);
      answer.seal(
          saved ->
              assertThat(saved.response().choices().getFirst().finishReason()).isEqualTo("stop"));
      assertThat(Rig.data(read(lastword, answer.id(), Rig.ANN)))
          .hasSize(3)
          .last()
          .isEqualTo("[DONE]");

      var left = lastword.open(AnswerRequest.of(Rig.ANN).dialect(chat));
      left.send(chunk("\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null"));
      left.send(chunk("\"delta\":{},\"finish_reason\":\"stop\""));
      left.send(SseEvent.of("[DONE]"));
      assertThatThrownBy(() -> left.send(SseEvent.of("more")))
          .isInstanceOf(IllegalStateException.class);
      left.close();
      assertThat(ended(lastword, left.id()).outcome()).isEqualTo(Outcome.FAILED);
      assertThat(read(lastword, left.id(), Rig.ANN)).doesNotContain("stop", "[DONE]");
    }
  }

  private static SseEvent chunk(String choice) {
    return SseEvent.of(
        "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,%s}]}"
            .formatted(choice));
  }

  @Test
  void givenAMarkerIsSentAsAnEvent_thenItIsNoEndUntilItIsSealed() {
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("x");
      answer.send(SseEvent.of("[DONE]"));
      answer.close();
      assertThat(ended(lastword, answer.id()).outcome()).isEqualTo(Outcome.FAILED);
      assertThat(read(lastword, answer.id(), Rig.ANN)).doesNotContain("[DONE]");
    }
  }

  private static StreamView ended(Lastword lastword, StreamId id) {
    await()
        .atMost(Rig.PATIENCE)
        .until(() -> lastword.find(id, Rig.ANN).orElseThrow().outcome() != null);
    return lastword.find(id, Rig.ANN).orElseThrow();
  }

  private static String state(Lastword lastword, StreamId id) {
    return lastword.find(id, Rig.ANN).orElseThrow().state();
  }

  private static String read(Lastword lastword, StreamId id, Owner owner) {
    return Rig.readAll(lastword.read(id, owner, "").orElseThrow());
  }
}
