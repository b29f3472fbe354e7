package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Some lives of the engine with real threads; minutes of it: {@code ./lastword stress}. */
final class EngineStressTest {
  private static final Duration TIME = Duration.ofSeconds(4);

  @TempDir Path directory;

  @Test
  void givenRealThreadsOverManyLives_whenLookedBack_thenPromisesHoldAndNothingIsLeftBehind() {
    var archive = new MemoryArchive(3);

    var tally = new EngineStress(directory, folder -> archive, System.nanoTime()).run(TIME);

    assertThat(tally).containsKeys("opened", "outcome completed", "outcome interrupted");
  }
}
