package dev.lastword.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The model within narrow bounds; `./lastword model-check` goes further.
class TakeOverTest {
  private static final Bounds NARROW = new Bounds(2, 1, 1, 1, 0);

  /// A failover breaks every connection: it needs no crash besides.
  private static final Bounds NARROW_WITH_FAILOVER = new Bounds(2, 1, 0, 1, 1);

  @TempDir Path folder;

  static List<Question> questions() {
    return Question.all();
  }

  @ParameterizedTest
  @MethodSource("questions")
  void givenTheModel_whenAllOfItIsWalkedThrough_thenThePromiseHolds_andABugIsFound(
      Question question) throws Exception {
    var bounds = question.failover() ? NARROW_WITH_FAILOVER : NARROW;
    var walk = Walk.of(question, bounds, folder);

    assertThat(walk.states()).isPositive();
    assertThat(walk.violated().isEmpty()).as(walk.said()).isEqualTo(question.isSound());
  }
}
