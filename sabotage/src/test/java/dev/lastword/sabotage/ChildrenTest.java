package dev.lastword.sabotage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChildrenTest {
  private static final Duration QUIET_MAX = Duration.ofSeconds(60);

  @TempDir Path folder;

  /** What a proof may do, by its first argument. */
  static final class Proof {
    private Proof() {}

    static void main(String[] arguments) throws InterruptedException {
      Said.print("at", "seed-1", "seed 1");
      System.out.print("a line without an end");
      switch (arguments[0]) {
        case "green" -> Said.print("end");
        case "red" -> Said.print("red", "seed-1", "seed 1", "I1\twith\na second line");
        case "exit" -> System.exit(7);
        case "hang" -> new CountDownLatch(1).await();
        default -> throw new IllegalArgumentException(arguments[0]);
      }
    }
  }

  private Children.Result run(String how, Duration quietMax)
      throws IOException, InterruptedException {
    var classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .map(Path::toAbsolutePath)
            .toList();
    return new Children(folder, quietMax).run(Proof.class, classPath, folder, List.of(how), how);
  }

  @Test
  void givenAProofThatIsGreen_whenRun_thenNothingIsRedAndItsTemporaryFilesAreGone()
      throws IOException, InterruptedException {
    assertThat(run("green", QUIET_MAX).red()).isEmpty();
    assertThat(folder.resolve("tmp")).doesNotExist();
    assertThat(Files.readString(folder.resolve("logs/green.log"))).contains("a line without");
  }

  @Test
  void givenAProofThatIsRed_whenRun_thenItSaysWhatAndWhyInOneLine()
      throws IOException, InterruptedException {
    assertThat(run("red", QUIET_MAX).red())
        .contains(new Children.Red("seed-1", "seed 1", "I1 with a second line"));
  }

  @Test
  void givenAProofWhoseProcessDies_whenRun_thenWhatItWasAtIsRed()
      throws IOException, InterruptedException {
    assertThat(run("exit", QUIET_MAX).red())
        .contains(new Children.Red("seed-1", "seed 1", "the process ended with 7"));
  }

  @Test
  void givenAProofThatHangs_whenRun_thenItIsEndedAndWhatItWasAtIsRed()
      throws IOException, InterruptedException {
    assertThat(run("hang", Duration.ofSeconds(5)).red())
        .hasValueSatisfying(red -> assertThat(red.why()).startsWith("no end within"));
  }
}
