package dev.lastword.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandsTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Copy copy = new Copy();
  private final Commands commands =
      new Commands(
          List.of(copy, new Secret()),
          new PrintStream(out, true, StandardCharsets.UTF_8),
          new PrintStream(err, true, StandardCharsets.UTF_8));

  /** Takes an argument, a flag and a value. */
  private static final class Copy implements Command {
    @Nullable CommandLine ran;

    @Override
    public String name() {
      return "copy";
    }

    @Override
    public String summary() {
      return "Copies FILE, slowly. ".repeat(8).trim();
    }

    @Override
    public String argument() {
      return "FILE";
    }

    @Override
    public Options options() {
      return new Options()
          .addOption("f", "force", false, "Overwrites what is there.")
          .addOption(Option.builder().longOpt("to").hasArg().argName("DIR").desc("Where.").get());
    }

    @Override
    public int run(CommandLine line) {
      ran = line;
      if (line.getArgList().contains("missing")) {
        throw new UsageException("there is no\nfile 'missing'");
      }
      return 7;
    }
  }

  /** Not listed. */
  private static final class Secret implements Command {
    @Override
    public String name() {
      return "secret";
    }

    @Override
    public String summary() {
      return "For ourselves.";
    }

    @Override
    public Options options() {
      return new Options();
    }

    @Override
    public boolean hidden() {
      return true;
    }

    @Override
    public int run(CommandLine line) {
      return GOES_ON;
    }
  }

  @Test
  void givenARightCommandLine_thenTheCommandRuns() throws Exception {
    assertThat(commands.run("copy", "-f", "a", "--to", "b")).isEqualTo(7);

    var ran = Objects.requireNonNull(copy.ran);
    assertThat(ran.hasOption("force")).isTrue();
    assertThat(ran.getOptionValue("to")).isEqualTo("b");
    assertThat(ran.getArgList()).containsExactly("a");
    assertThat(commands.run("secret")).isEqualTo(Command.GOES_ON);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "cpy a | there is no command 'cpy'; did you mean 'copy'? (lastword --help lists them)",
        "sing a | there is no command 'sing' (lastword --help lists them)",
        "copy a --forse | unknown option '--forse'; did you mean '--force'? (lastword copy --help tells more)",
        "copy a --forc | unknown option '--forc'; did you mean '--force'? (lastword copy --help tells more)",
        "copy a --to | --to needs DIR (lastword copy --help tells more)",
        "copy | copy needs FILE (lastword copy --help tells more)",
        "copy a b | unexpected argument 'b' (lastword copy --help tells more)",
        "copy missing | there is no file 'missing'",
      })
  void givenAWrongCommandLine_thenOneLineSaysWhatIsMeant(String line, String message)
      throws Exception {
    assertThat(commands.run(line.split(" "))).isEqualTo(Commands.WRONG);

    assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("lastword: " + message + "\n");
    assertThat(out.size()).isZero();
  }

  @Test
  void givenHelpIsAskedFor_thenFlagsAreListedAndLongTextIsWrapped() throws Exception {
    assertThat(commands.run("copy", "--help")).isZero();

    assertThat(out.toString(StandardCharsets.UTF_8))
        .startsWith("Usage: lastword copy [OPTIONS] FILE\n")
        .contains("  -f, --force    Overwrites what is there.\n", "      --to DIR   Where.\n");
  }

  @Test
  void givenNoCommand_thenTheCommandsAreListedWithoutTheHiddenOnes() throws Exception {
    assertThat(commands.run()).isEqualTo(Commands.WRONG);

    var text = err.toString(StandardCharsets.UTF_8);
    assertThat(text).contains("  copy      Copies FILE").doesNotContain("secret");
    assertThat(text.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
  }
}
