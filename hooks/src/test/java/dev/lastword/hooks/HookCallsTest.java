package dev.lastword.hooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HookCallsTest {
  @Test
  @Timeout(30)
  void givenACallWhoseStoppingIsAsSilentAsTheCall_whenItIsGivenUp_thenWhoGivesItUpGoesOn()
      throws Exception {
    var running = new CountDownLatch(1);
    var stopping = new CountDownLatch(1);
    var answered = new CountDownLatch(1);
    var stopped = new CountDownLatch(1);
    try (var calls = new HookCalls(Thread.ofVirtual().factory(), 1)) {
      var call =
          calls.call(
              () -> {},
              stop -> {
                stop.by(
                    () -> {
                      stopping.countDown();
                      awaitQuietly(answered);
                      stopped.countDown();
                    });
                running.countDown();
                stopped.await();
              });
      running.await();

      call.toCompletableFuture().cancel(true);

      assertThat(stopping.await(10, TimeUnit.SECONDS)).as("it is stopped").isTrue();
      answered.countDown();
      assertThat(stopped.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void givenACallThatWaits_thenItBeginsWhenItsTurnHasCome_andOneThatIsGivenUpNever()
      throws Exception {
    var begun = Collections.synchronizedList(new ArrayList<String>());
    var running = new CountDownLatch(1);
    var end = new CountDownLatch(1);
    try (var calls = new HookCalls(Thread.ofVirtual().factory(), 1)) {
      var first =
          calls.call(
              () -> begun.add("first"),
              stop -> {
                running.countDown();
                end.await();
              });
      var givenUp = calls.call(() -> begun.add("given up"), stop -> {});
      var last = calls.call(() -> begun.add("last"), stop -> {});
      running.await();
      assertThat(begun).containsExactly("first");

      givenUp.toCompletableFuture().cancel(true);
      end.countDown();
      last.toCompletableFuture().get(30, TimeUnit.SECONDS);

      assertThat(first).isCompleted();
      assertThat(begun).containsExactly("first", "last");
    }
  }

  @Test
  void givenItIsClosed_thenWhatWaitsForItsTurnIsToldSo() throws Exception {
    var running = new CountDownLatch(1);
    var never = new CountDownLatch(1);
    var calls = new HookCalls(Thread.ofVirtual().factory(), 1);
    var first =
        calls.call(
            () -> {},
            stop -> {
              running.countDown();
              never.await();
            });
    var second = calls.call(() -> {}, stop -> {});
    running.await();

    calls.close();

    assertThatThrownBy(() -> first.toCompletableFuture().get(30, TimeUnit.SECONDS))
        .hasCauseInstanceOf(InterruptedException.class);
    assertThatThrownBy(() -> second.toCompletableFuture().get(30, TimeUnit.SECONDS))
        .hasMessageContaining("the hook is closed");
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
