package dev.lastword.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.SavePolicy;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.StreamOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whose saver is called, where one answer's call goes on into another answer's life. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class SaversTest {
  private static final StreamId ID = new StreamId("an-answer-of-mine-1");

  /** Calls have half a second, and are made again after an hour. */
  private static final StreamOptions.Saving HASTY =
      new StreamOptions.Saving(
          Duration.ofMillis(500),
          Duration.ofHours(1),
          Duration.ofHours(1),
          Duration.ofSeconds(30),
          Duration.ofHours(24),
          SavePolicy.WITHHOLD,
          Duration.ofSeconds(5));

  @TempDir Path dir;
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final CountDownLatch stuck = new CountDownLatch(1);
  private final CountDownLatch called = new CountDownLatch(1);
  private final CountDownLatch returned = new CountDownLatch(1);

  /** Takes its time for what was cancelled. */
  private void save(SavedResponse saved) throws InterruptedException {
    heard.add(saved.text());
    if (saved.outcome() == Outcome.CANCELLED) {
      called.countDown();
      if (!stuck.await(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("nobody has opened it");
      }
      returned.countDown();
    }
  }

  private static Answer opened(Lastword lastword, String text) {
    var answer = lastword.open(AnswerRequest.of(Rig.ANN).id(ID));
    answer.send(text);
    return answer;
  }

  private void cancelledWhileItIsSaved(Lastword lastword) throws InterruptedException {
    opened(lastword, "first");
    assertThat(lastword.cancel(ID, Rig.ANN)).isInstanceOf(CancelResult.Cancelled.class);
    assertThat(called.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whenAnIdLivesAgainWhileTheSaveOfItsFormerLifeHangs_thenItIsSavedByItsOwnSaver()
      throws Exception {
    try (var lastword = Lastword.at(dir).saver(this::save).open()) {
      cancelledWhileItIsSaved(lastword);
      assertThat(lastword.delete(ID, Rig.ANN)).isEqualTo(DeleteResult.DELETED);

      var second = opened(lastword, "second");
      var own = new CopyOnWriteArrayList<String>();
      var sealed = CompletableFuture.supplyAsync(() -> second.seal(saved -> own.add(saved.text())));

      assertThat(sealed.get(60, TimeUnit.SECONDS).outcome()).isEqualTo(Outcome.COMPLETED);
      assertThat(own).containsExactly("second");
      assertThat(heard).containsExactly("first");
    } finally {
      stuck.countDown();
    }
  }

  /** What nobody has heard of is no success of the next life. */
  @Test
  void whenASaveIsDoneTooLateAndItsAnswerIsDeleted_thenTheNextLifeIsSavedAllTheSame()
      throws Exception {
    var bounds = Rig.bounds(Duration.ofMinutes(2), 10, HASTY);
    try (var lastword = Lastword.at(dir).saver(this::save).bounds(bounds).open()) {
      cancelledWhileItIsSaved(lastword);
      TimeUnit.SECONDS.sleep(1); // the call has half of that, and nobody tells when it is over
      stuck.countDown();
      assertThat(returned.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(lastword.delete(ID, Rig.ANN)).isEqualTo(DeleteResult.DELETED);

      opened(lastword, "second").seal();

      assertThat(heard).containsExactly("first", "second");
    } finally {
      stuck.countDown();
    }
  }

  /** It is waited for, and not made twice at once. */
  @Test
  void whenACallTakesLongerThanItsTime_thenItIsNotMadeTwice() throws Exception {
    var patient =
        new StreamOptions.Saving(
            Duration.ofMillis(100),
            Duration.ofMillis(10),
            Duration.ofMillis(10),
            Duration.ofSeconds(30),
            Duration.ofHours(24),
            SavePolicy.WITHHOLD,
            Duration.ofSeconds(5));
    var bounds = Rig.bounds(Duration.ofMinutes(2), 10, patient);
    try (var lastword = Lastword.at(dir).saver(this::save).bounds(bounds).open()) {
      cancelledWhileItIsSaved(lastword);
      TimeUnit.SECONDS.sleep(1);
      stuck.countDown();
      await().atMost(Rig.PATIENCE).until(() -> lastword.find(ID, Rig.ANN).orElseThrow().saved());
      assertThat(heard).containsExactly("first");
    } finally {
      stuck.countDown();
    }
  }
}
