package dev.lastword.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.lastword.archive.ArchiveUnavailableException;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.SavedResponse;
import dev.lastword.testing.FaultyDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an application sees whose storage goes, and comes back while the application lives. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class RestartingBackendTest {
  @TempDir Path dir;
  private final Coming storage = new Coming();
  private final List<SavedResponse> saved = new CopyOnWriteArrayList<>();

  /** Files that come back, as a database does, with what was flushed. */
  private final class Coming implements Storage {
    private volatile FaultyDisk disk = new FaultyDisk();
    private volatile boolean away;
    private volatile boolean opened;

    @Override
    public Opened open() {
      if (away) {
        throw new JournalFailedException("the server does not answer");
      }
      if (opened) {
        disk = disk.crash(FaultyDisk.Crash.DROP, new Random(1));
      }
      opened = true;
      return new DirectoryStorage(dir, () -> disk).open();
    }

    @Override
    public boolean comesBack() {
      return true;
    }

    void leave() {
      away = true;
      disk.failForces(true);
    }

    void comeBack() {
      away = false;
      disk.failForces(false); // nothing was asked of it meanwhile, perhaps
    }
  }

  private Lastword open() {
    return Lastword.at(storage).saver(saved::add).open();
  }

  private static void isBack(Lastword lastword) {
    await().atMost(Rig.PATIENCE).until(() -> lastword.health() == Journal.Health.OPEN);
  }

  private static Outcome outcome(Lastword lastword, StreamId id) {
    await()
        .atMost(Rig.PATIENCE)
        .until(() -> lastword.find(id, Rig.ANN).orElseThrow().outcome() != null);
    return Objects.requireNonNull(lastword.find(id, Rig.ANN).orElseThrow().outcome());
  }

  private static String read(Lastword lastword, StreamId id) {
    return Rig.readAll(lastword.read(id, Rig.ANN, "").orElseThrow());
  }

  @Test
  void whenItGoesInMidAnswer_thenWhoeverAsksIsToldSo_andOnceItIsBackTheAnswerHasItsOutcome()
      throws Exception {
    try (var lastword = open()) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("half");
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> lastword.find(answer.id(), Rig.ANN).orElseThrow().events() == 1);
      var reading = lastword.read(answer.id(), Rig.ANN, "").orElseThrow();
      var read = CompletableFuture.supplyAsync(() -> Rig.readAll(reading));
      storage.leave();

      await().atMost(Rig.PATIENCE).until(() -> catchThrowable(() -> answer.send("more")) != null);
      assertThatThrownBy(answer::seal).isInstanceOf(UndecidedException.class);
      assertThat(read.get(60, TimeUnit.SECONDS))
          .contains("data: \"half\"")
          .doesNotContain("[DONE]")
          .contains("broken: ");
      await()
          .atMost(Rig.PATIENCE)
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> lastword.find(answer.id(), Rig.ANN))
                      .isInstanceOf(ArchiveUnavailableException.class));
      assertThat(lastword.health()).isEqualTo(Journal.Health.CLOSED);
      var refused =
          catchThrowableOfType(NotOpenedException.class, () -> lastword.open("c", Rig.ANN));
      assertThat(refused.why()).isInstanceOf(OpenRefusal.JournalClosed.class);

      storage.comeBack();
      isBack(lastword);

      assertThat(outcome(lastword, answer.id())).isEqualTo(Outcome.INTERRUPTED);
      assertThat(read(lastword, answer.id())).contains("data: \"half\"").doesNotContain("[DONE]");
      assertThatThrownBy(() -> answer.send("late")).isInstanceOf(UndecidedException.class);
      var next = lastword.open("chat-1", Rig.ANN);
      next.send("whole");
      assertThat(next.seal().outcome()).isEqualTo(Outcome.COMPLETED);
      assertThat(read(lastword, next.id())).endsWith("data: [DONE]\n\n");
    }
  }

  /**
   * Saved, and not written down: nobody was told, and once it is back it is saved again, and told.
   */
  @Test
  void whenItGoesBetweenTheSaveAndTheRelease_thenTheEndingIsSaidOnceItIsBack() {
    try (var lastword = open()) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("all of it");

      assertThatThrownBy(
              () ->
                  answer.seal(
                      response -> {
                        saved.add(response);
                        storage.leave();
                      }))
          .isInstanceOf(UndecidedException.class);
      storage.comeBack();
      isBack(lastword);

      assertThat(outcome(lastword, answer.id())).isEqualTo(Outcome.COMPLETED);
      assertThat(read(lastword, answer.id())).endsWith("data: [DONE]\n\n");
      assertThat(saved).hasSize(2).allMatch(response -> response.text().equals("all of it"));
    }
  }

  @Test
  void whenItGoesAgainAndAgain_thenItIsBackEachTime_withAllThatWasSealed() {
    try (var lastword = open()) {
      for (int i = 0; i < 4; i++) {
        var answer = lastword.open("chat-1", Rig.ANN);
        answer.send("answer " + i);
        answer.seal();
        storage.leave();
        await()
            .atMost(Rig.PATIENCE)
            .until(() -> catchThrowable(() -> lastword.open("other", Rig.ANN)) != null);
        await().atMost(Rig.PATIENCE).until(() -> lastword.health() != Journal.Health.OPEN);
        storage.comeBack();
        isBack(lastword);
      }
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> lastword.conversation("chat-1", Rig.ANN, 10).size() == 4);
      assertThat(saved).extracting(SavedResponse::text).contains("answer 0", "answer 3");
    }
  }

  @Test
  void whenItIsClosedWhileItIsAway_thenItIsClosed() {
    var lastword = open();
    storage.leave();
    await()
        .atMost(Rig.PATIENCE)
        .until(() -> catchThrowable(() -> lastword.open("chat-1", Rig.ANN)) != null);
    await().atMost(Rig.PATIENCE).until(() -> lastword.health() != Journal.Health.OPEN);

    lastword.close();
    storage.comeBack();

    assertThatThrownBy(() -> lastword.open("chat-1", Rig.ANN))
        .isInstanceOf(LastwordClosedException.class);
    assertThat(lastword.open()).isZero();
    lastword.close();
  }

  @Test
  void whenItIsAwayAtTheStart_thenTheApplicationIsTold() {
    storage.leave();

    assertThatThrownBy(this::open)
        .isInstanceOf(JournalFailedException.class)
        .hasMessage("the server does not answer");

    storage.comeBack();
    try (var lastword = Lastword.at(storage).heartbeat(Duration.ofSeconds(1)).open()) {
      assertThat(lastword.health()).isEqualTo(Journal.Health.OPEN);
    }
  }
}
