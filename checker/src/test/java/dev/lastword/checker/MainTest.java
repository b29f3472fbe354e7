package dev.lastword.checker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.scenario.Bench;
import dev.lastword.checker.scenario.Scenario;
import dev.lastword.checker.scenario.Verdict;
import dev.lastword.cli.Command;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.junit.jupiter.api.Test;

/** What becomes of a check that breaks off: nothing that reads as a finding. */
final class MainTest {
  /** A command that breaks off. */
  private record Broken(Supplier<? extends Throwable> why) implements Command {
    @Override
    public String name() {
      return "check";
    }

    @Override
    public String summary() {
      return "";
    }

    @Override
    public Options options() {
      return new Options();
    }

    @Override
    public int run(CommandLine line) throws IOException {
      switch (why.get()) {
        case IOException e -> throw e;
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case Throwable e -> throw new AssertionError(e);
      }
    }
  }

  private static void assertTold(Supplier<? extends Throwable> why, String told) {
    var err = new ByteArrayOutputStream();
    var print = new PrintStream(err, true, UTF_8);

    int code = Main.run(List.of(new Broken(why)), print, print, "check");

    assertThat(code).isEqualTo(2);
    assertThat(err.toString(UTF_8)).startsWith("lastword: " + told);
    assertThat(err.toString(UTF_8).lines()).hasSize(1);
  }

  @Test
  void givenACommandThatBreaksOff_whenRun_thenOneLineSaysWhyAndItIsNoFinding() {
    assertTold(() -> new IllegalStateException("a\nb"), "failed by itself: ");
    assertTold(() -> new IOException("disk"), "failed by itself: java.io.IOException: disk");
    assertTold(() -> new StackOverflowError(), "failed by itself: ");
    assertTold(() -> new OutOfMemoryError("heap"), "out of memory");
  }

  /** A check that breaks off. */
  private record Failing() implements Scenario {
    @Override
    public String code() {
      return "LW999";
    }

    @Override
    public Severity severity() {
      return Severity.HIGH;
    }

    @Override
    public String title() {
      return "";
    }

    @Override
    public String advice() {
      return "";
    }

    @Override
    public Verdict judge(Bench bench) {
      throw new NullPointerException("host");
    }
  }

  @Test
  void givenOneCheckThatBreaksOff_whenJudged_thenItAloneHasNoVerdict() throws Exception {
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var settings = new Settings(Map.of("data", List.of("{}")), Map.of());
      var plan = new Plans(settings, endpoint.url("/chat")).plan();
      var bench = Bench.open(plan, CheckCommand.reader(settings), what -> {});

      var verdict = Check.judged(new Failing(), bench);

      assertThat(verdict.state()).isEqualTo(Verdict.State.INCONCLUSIVE);
      assertThat(verdict.detail()).contains("failed by itself", "NullPointerException: host");
    }
  }
}
