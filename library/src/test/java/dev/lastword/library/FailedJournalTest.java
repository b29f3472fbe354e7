package dev.lastword.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.MemoryBudget;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.StreamOptions;
import dev.lastword.testing.FaultyDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an application and its readers see when the disk takes nothing, or takes its time. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class FailedJournalTest {
  private static final String BIG = "x".repeat(64 << 10);

  @TempDir Path dir;
  private final List<SavedResponse> saved = new CopyOnWriteArrayList<>();

  private Lastword open(FaultyDisk disk) {
    var options = StreamOptions.DEFAULT;
    return new Lastword(
        new EngineBackend(
            Engine.start(
                new DirectoryStorage(dir, () -> disk),
                options,
                new MemoryBudget(64 << 20),
                Optional.of(saved::add)),
            options.eventBytesMax(),
            Duration.ofSeconds(15),
            Duration.ZERO));
  }

  private static Outcome outcome(Lastword lastword, StreamId id) {
    await()
        .atMost(Rig.PATIENCE)
        .until(() -> lastword.find(id, Rig.ANN).orElseThrow().outcome() != null);
    return Objects.requireNonNull(lastword.find(id, Rig.ANN).orElseThrow().outcome());
  }

  private static CompletableFuture<String> reading(Lastword lastword, StreamId id) {
    var reading = lastword.read(id, Rig.ANN, "").orElseThrow();
    return CompletableFuture.supplyAsync(() -> Rig.readAll(reading));
  }

  @Test
  void whenTheDiskFailsInMidAnswer_thenWhoeverWritesOrReadsItIsToldAndTheNextStartDecides()
      throws Exception {
    var disk = new FaultyDisk();
    StreamId id;
    try (var lastword = open(disk)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      id = answer.id();
      answer.send("half");
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> lastword.find(answer.id(), Rig.ANN).orElseThrow().events() == 1);
      var read = reading(lastword, answer.id());
      disk.failForces(true);

      assertThat(sendUntilRefused(answer))
          .isInstanceOfAny(AnswerEndedException.class, UndecidedException.class);
      assertThatThrownBy(() -> answer.ended().toCompletableFuture().get(60, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(UndecidedException.class);
      assertThatThrownBy(() -> answer.send("more")).isInstanceOf(UndecidedException.class);
      assertThatThrownBy(answer::seal).isInstanceOf(UndecidedException.class);
      assertThat(read.get(60, TimeUnit.SECONDS))
          .contains("data: \"half\"")
          .doesNotContain("[DONE]")
          .endsWith("broken: journal_closed");
      assertThat(reading(lastword, answer.id()).get(60, TimeUnit.SECONDS))
          .as("of one who comes back after that")
          .contains("data: \"half\"")
          .doesNotContain("[DONE]")
          .endsWith("broken: journal_closed");
      var refused =
          catchThrowableOfType(NotOpenedException.class, () -> lastword.open("c", Rig.ANN));
      assertThat(refused.why()).isInstanceOf(OpenRefusal.JournalClosed.class);
      assertThat(lastword.health()).isEqualTo(Journal.Health.CLOSED);
    }
    assertThat(saved).isEmpty();
    try (var again = open(disk.kill())) {
      assertThat(outcome(again, id)).isEqualTo(Outcome.INTERRUPTED);
      assertThat(reading(again, id).get(60, TimeUnit.SECONDS))
          .contains("data: \"half\"")
          .doesNotContain("[DONE]");
    }
  }

  private static Throwable sendUntilRefused(Answer answer) throws InterruptedException {
    for (int i = 0; i < 60_000; i++) {
      var thrown = catchThrowable(() -> answer.send("more"));
      if (thrown != null) {
        return thrown;
      }
      Thread.sleep(1);
    }
    throw new IllegalStateException("a disk that takes nothing has taken all");
  }

  /** Saved, and not written down: nobody is told, and the next start saves it again and tells. */
  @Test
  void whenTheDiskFailsBetweenTheSaveAndTheRelease_thenNobodyIsToldTheEnding() throws Exception {
    var disk = new FaultyDisk();
    StreamId id;
    try (var lastword = open(disk)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      id = answer.id();
      answer.send("all of it");
      var read = reading(lastword, id);
      assertThatThrownBy(
              () ->
                  answer.seal(
                      response -> {
                        saved.add(response);
                        disk.failForces(true);
                      }))
          .isInstanceOf(UndecidedException.class);
      assertThat(read.get(60, TimeUnit.SECONDS))
          .doesNotContain("[DONE]")
          .endsWith("broken: journal_closed");
      assertThat(saved).hasSize(1);
    }
    try (var again = open(disk.crash(FaultyDisk.Crash.DROP, new Random(1)))) {
      assertThat(outcome(again, id)).isEqualTo(Outcome.COMPLETED);
      assertThat(reading(again, id).get(60, TimeUnit.SECONDS)).contains("data: [DONE]");
      assertThat(saved).hasSize(2).allMatch(response -> response.text().equals("all of it"));
      assertThat(saved).extracting(SavedResponse::sha256).containsOnly(saved.getFirst().sha256());
    }
  }

  /** The disk is behind: whoever sends waits, and is let go by an interrupt; nothing is lost. */
  @Test
  void whenTheThreadIsInterruptedInSend_thenNothingWasAddedAndTheAnswerGoesOn() throws Exception {
    var disk = new FaultyDisk();
    var stuck = new CountDownLatch(1);
    try (var lastword = open(disk)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      disk.beforeForce(() -> hold(stuck));
      var sent = new CopyOnWriteArrayList<String>();
      var interrupted = new CompletableFuture<Boolean>();
      var sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      for (int i = 0; ; i++) {
                        answer.send(i + BIG);
                        sent.add(i + BIG);
                      }
                    } catch (WaitInterruptedException e) {
                      interrupted.complete(Thread.currentThread().isInterrupted());
                    } catch (RuntimeException e) {
                      interrupted.completeExceptionally(e);
                    }
                  });
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> !sent.isEmpty() && sender.getState() == Thread.State.WAITING);
      assertThat(interrupted).isNotDone();
      sender.interrupt();
      assertThat(interrupted.get(60, TimeUnit.SECONDS)).as("the flag is set again").isTrue();

      stuck.countDown();
      answer.send("the end");
      sent.add("the end");
      answer.seal();
      assertThat(saved).hasSize(1);
      assertThat(saved.getFirst().text()).isEqualTo(String.join("", sent));
      assertThat(reading(lastword, answer.id()).get(60, TimeUnit.SECONDS))
          .endsWith("data: [DONE]\n\n");
    } finally {
      stuck.countDown();
    }
  }

  @Test
  void whenItIsClosedWhileASenderWaitsForTheDisk_thenTheSenderIsLetGo() throws Exception {
    var disk = new FaultyDisk();
    var stuck = new CountDownLatch(1);
    StreamId id;
    try (var lastword = open(disk)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      id = answer.id();
      disk.beforeForce(() -> hold(stuck));
      var thrown = new CompletableFuture<Throwable>();
      var sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (!thrown.isDone()) {
                      var failure = catchThrowable(() -> answer.send(BIG));
                      if (failure != null) {
                        thrown.complete(failure);
                      }
                    }
                  });
      await().atMost(Rig.PATIENCE).until(() -> sender.getState() == Thread.State.WAITING);
      var closing = CompletableFuture.runAsync(lastword::close);
      assertThat(thrown.get(60, TimeUnit.SECONDS))
          .isInstanceOfAny(AnswerEndedException.class, UndecidedException.class);
      stuck.countDown();
      closing.get(60, TimeUnit.SECONDS);
      assertThatThrownBy(() -> answer.send("late"))
          .isInstanceOfAny(AnswerEndedException.class, UndecidedException.class);
      assertThatThrownBy(() -> lastword.open("chat-1", Rig.ANN))
          .isInstanceOf(LastwordClosedException.class);
    } finally {
      stuck.countDown();
    }
    assertThat(saved).extracting(SavedResponse::outcome).isSubsetOf(Outcome.INTERRUPTED);
    try (var again = open(disk.kill())) {
      assertThat(outcome(again, id)).isEqualTo(Outcome.INTERRUPTED);
    }
  }

  /** Whoever asks is told while it closes and afterwards, and does not wait for ever. */
  @Test
  void whatIsAskedOfOneThatIsClosedIsRefusedAtOnce() {
    var lastword = open(new FaultyDisk());
    var answer = lastword.open("chat-1", Rig.ANN);
    lastword.close();
    lastword.close();
    for (var question :
        List.<Runnable>of(
            () -> lastword.open("chat-1", Rig.ANN),
            () -> lastword.find(answer.id(), Rig.ANN),
            () -> lastword.read(answer.id(), Rig.ANN, ""),
            () -> lastword.cancel(answer.id(), Rig.ANN),
            () -> lastword.delete(answer.id(), Rig.ANN),
            () -> lastword.response(answer.id(), Rig.ANN),
            () -> lastword.conversation("chat-1", Rig.ANN, 10),
            () -> lastword.saveAgain(answer.id(), Rig.ANN))) {
      assertThatThrownBy(question::run).isInstanceOf(LastwordClosedException.class);
    }
    assertThatThrownBy(() -> answer.send("late"))
        .isInstanceOfAny(AnswerEndedException.class, UndecidedException.class);
    assertThatThrownBy(answer::seal)
        .isInstanceOfAny(AnswerEndedException.class, UndecidedException.class);
    answer.close();
  }

  private static void hold(CountDownLatch latch) {
    try {
      if (!latch.await(2, TimeUnit.MINUTES)) {
        throw new IllegalStateException("nobody has opened it");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
