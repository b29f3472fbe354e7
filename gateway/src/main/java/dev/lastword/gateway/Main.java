package dev.lastword.gateway;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line: {@code lastword COMMAND}. Exits with 2 for a wrong command line or
 * configuration.
 */
@Command(
    name = "lastword",
    description = "A terminal event is said only after the response that it ends is saved.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      ServeCommand.class,
      DemoCommand.class,
      InspectCommand.class,
      WarmupCommand.class
    })
public final class Main implements Callable<Integer> {
  @Spec private CommandSpec spec;

  private Main(CommandSpec spec) {
    this.spec = spec;
  }

  /** Without a command: tells what there is. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return CommandLine.ExitCode.USAGE;
  }

  /** Runs a command and exits with its code. */
  public static void main(String[] args) {
    int code = run(args);
    if (code != RunningGateway.GOES_ON) {
      System.exit(code);
    }
  }

  static int run(String... args) {
    return new CommandLine(new Main(CommandSpec.create()))
        .setParameterExceptionHandler((e, a) -> wrongCommandLine(e))
        .setExecutionExceptionHandler((e, line, parsed) -> failed(e, line))
        .execute(args);
  }

  private static int wrongCommandLine(ParameterException e) {
    var line = e.getCommandLine();
    var message = e.getMessage();
    if (e instanceof UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      message += "; did you mean '" + unmatched.getSuggestions().getFirst() + "'?";
    }
    say(
        line.getErr(),
        message + " (" + line.getCommandSpec().qualifiedName() + " --help tells more)");
    return CommandLine.ExitCode.USAGE;
  }

  private static int failed(Exception e, CommandLine line) throws Exception {
    if (e instanceof ConfigException wrong) {
      say(line.getErr(), String.valueOf(wrong.getMessage()));
      return CommandLine.ExitCode.USAGE;
    }
    throw e;
  }

  private static void say(PrintWriter err, String message) {
    err.println("lastword: " + message.replaceAll("\\R", " "));
    err.flush();
  }
}
