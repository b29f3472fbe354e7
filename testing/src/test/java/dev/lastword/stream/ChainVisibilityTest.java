package dev.lastword.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the model checker cannot see: a reader's compiled code looks at memory, each time. */
final class ChainVisibilityTest {
  /** Long enough for a loop to be compiled while it runs. */
  private static final long LOOKS = 200_000_000L;

  private volatile @Nullable Node found;

  @Test
  void givenAReaderThatFollowsTheChainInALoop_whenABlockIsLinked_thenItSeesIt()
      throws InterruptedException {
    var stream = Models.opened();
    var last = Objects.requireNonNull(stream.history().nodeBefore(1));
    var warm = new CountDownLatch(1);
    var reader = Thread.ofPlatform().daemon().start(() -> follow(last, warm));

    assertThat(warm.await(60, TimeUnit.SECONDS)).isTrue();
    Models.apply(stream, Models.appended(1), 2);

    assertThat(reader.join(Duration.ofSeconds(60))).isTrue();
    assertThat(found).isNotNull().extracting(node -> node.lastSeq).isEqualTo(1L);
  }

  private void follow(Node last, CountDownLatch warm) {
    var next = last.next;
    for (long looks = 0; looks < LOOKS && next == null; looks++) {
      next = last.next;
    }
    warm.countDown();
    while (next == null) {
      next = last.next;
    }
    found = next;
  }
}
