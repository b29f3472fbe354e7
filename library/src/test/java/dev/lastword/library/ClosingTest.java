package dev.lastword.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.MemoryBudget;
import dev.lastword.stream.StreamOptions;
import dev.lastword.testing.FaultyDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The end of a Lastword, and what the next one makes of it. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class ClosingTest {
  @TempDir Path dir;

  @Test
  void whatIsOpenWhenItClosesIsInterruptedAndItsPartialIsKept() {
    var lastword = Lastword.embedded(dir);
    var answer = lastword.open("chat-1", Rig.ANN);
    answer.send("half");
    var id = answer.id();
    await()
        .atMost(Rig.PATIENCE)
        .until(() -> lastword.find(id, Rig.ANN).orElseThrow().events() == 1);
    lastword.close();

    assertThatThrownBy(() -> answer.send("more")).isInstanceOf(AnswerEndedException.class);
    assertThatThrownBy(() -> lastword.open("chat-1", Rig.ANN))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> lastword.find(id, Rig.ANN)).isInstanceOf(IllegalStateException.class);
    try (var again = Lastword.embedded(dir)) {
      var view = again.find(id, Rig.ANN).orElseThrow();
      assertThat(view.outcome()).isEqualTo(Outcome.INTERRUPTED);
      assertThat(again.response(id, Rig.ANN).orElseThrow()).contains("half");
    }
  }

  @Test
  void aReaderIsToldThatTheProcessGoesAway() throws Exception {
    CompletableFuture<String> read;
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      var reading = lastword.read(answer.id(), Rig.ANN, "").orElseThrow();
      read = CompletableFuture.supplyAsync(() -> Rig.readAll(reading));
    }
    assertThat(read.get(60, TimeUnit.SECONDS)).contains("broken: ");
  }

  @Test
  void anAnswerThatIsWrittenGetsItsGrace() {
    var done = new CompletableFuture<Outcome>();
    try (var lastword = Lastword.at(dir).grace(Duration.ofSeconds(60)).open()) {
      var answer = lastword.open("chat-1", Rig.ANN);
      var closing = CompletableFuture.runAsync(lastword::close);
      assertThat(closing).isNotDone();
      Thread.ofVirtual().start(() -> done.complete(answer.seal().outcome()));
      assertThat(done.join()).isEqualTo(Outcome.COMPLETED);
      closing.join();
    }
  }

  /** The first process is closed while it saves; the second knows how to save. */
  @Test
  void whatWasWholeAndNotSavedIsSavedByTheNextOne() throws Exception {
    var saved = new CopyOnWriteArrayList<String>();
    var id = closedWhileSaving();

    try (var again =
        Lastword.at(dir).saver(response -> saved.add(response.stream() + response.text())).open()) {
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> again.find(id, Rig.ANN).orElseThrow().outcome() != null);
      assertThat(again.find(id, Rig.ANN).orElseThrow().outcome()).isEqualTo(Outcome.COMPLETED);
      assertThat(saved).containsExactly(id + "all of it");
      assertThat(Rig.data(Rig.readAll(again.read(id, Rig.ANN, "").orElseThrow())))
          .containsExactly("\"all of it\"", "[DONE]");
    }
  }

  /** Nobody knows whether it was saved, so that nobody is told that it was. */
  @Test
  void whatNobodyCanSaveAnyMoreHasFailedAndIsKept() throws Exception {
    var id = closedWhileSaving();

    try (var again = Lastword.embedded(dir)) {
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> again.find(id, Rig.ANN).orElseThrow().outcome() != null);
      var view = again.find(id, Rig.ANN).orElseThrow();
      assertThat(view.outcome()).isEqualTo(Outcome.FAILED);
      assertThat(view.reason()).isEqualTo("save_rejected");
      assertThat(again.response(id, Rig.ANN).orElseThrow()).contains("all of it");
      assertThat(Rig.readAll(again.read(id, Rig.ANN, "").orElseThrow())).doesNotContain("[DONE]");
    }
  }

  private StreamId closedWhileSaving() throws Exception {
    var saving = new CountDownLatch(1);
    var forever = new CountDownLatch(1);
    var lastword = Lastword.embedded(dir);
    var answer = lastword.open("chat-1", Rig.ANN);
    answer.send("all of it");
    var sealing =
        answer.sealAsync(
            response -> {
              saving.countDown();
              forever.await();
            });
    assertThat(saving.await(60, TimeUnit.SECONDS)).isTrue();
    lastword.close();
    assertThatThrownBy(() -> sealing.toCompletableFuture().get(60, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(UndecidedException.class);
    return answer.id();
  }

  /** As where the application is deployed anew under a process that goes. */
  @Test
  void aClassThatIsMissingForOnePartKeepsNoOtherFromBeingClosed() throws Exception {
    var disk = new FaultyDisk();
    var engine =
        Engine.start(
            new DirectoryStorage(dir, () -> disk),
            StreamOptions.DEFAULT,
            new MemoryBudget(64 << 20),
            Optional.empty());
    disk.beforeForce(
        () -> {
          throw new NoClassDefFoundError("scripted");
        });
    engine.close(Duration.ZERO);

    assertThat(dir.resolve("archive.db-wal")).doesNotExist();
    disk.beforeForce(() -> {});
    disk.lock().close();
  }

  @Test
  void oneProcessHasADirectory() {
    try (var lastword = Lastword.embedded(dir)) {
      assertThatThrownBy(() -> Lastword.embedded(dir)).isInstanceOf(JournalFailedException.class);
      lastword.open("chat-1", Rig.ANN).seal();
    }
  }
}
