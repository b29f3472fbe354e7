package dev.lastword.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;

/**
 * Runs one of several commands. A wrong command line is told in one line on the error stream, and
 * ends with {@link #WRONG}, or with what {@link UsageException#exitCode} says.
 */
public final class Commands {
  /** Exit code for a wrong command line or configuration. */
  public static final int WRONG = 2;

  /** Exit code where the same may go well a little later, {@code EX_TEMPFAIL} of sysexits.h. */
  public static final int TRY_AGAIN = 75;

  private static final int COLUMNS = 100;
  private static final Option HELP = new Option("h", "help", false, "Prints this text.");
  private static final Option VERSION = new Option("V", "version", false, "Prints the version.");

  private final List<Command> commands;
  private final PrintStream out;
  private final PrintStream err;

  /**
   * @param out gets help and version that were asked for
   * @param err gets everything else that is said
   */
  public Commands(List<Command> commands, PrintStream out, PrintStream err) {
    this.commands = List.copyOf(commands);
    this.out = out;
    this.err = err;
  }

  /** Runs the command named first and returns its exit code, or {@link Command#GOES_ON}. */
  public int run(String... args) throws IOException, InterruptedException {
    try {
      return runOrThrow(args);
    } catch (UsageException e) {
      err.println("lastword: " + String.valueOf(e.getMessage()).replaceAll("\\R", " "));
      return e.exitCode();
    }
  }

  private int runOrThrow(String... args) throws IOException, InterruptedException {
    if (args.length == 0) {
      err.print(overview());
      return WRONG;
    }
    switch (args[0]) {
      case "-h", "--help" -> out.print(overview());
      case "-V", "--version" -> out.println(version());
      default -> {
        return run(named(args[0]), List.of(args).subList(1, args.length));
      }
    }
    return 0;
  }

  private int run(Command command, List<String> args) throws IOException, InterruptedException {
    var line = parse(command, args);
    if (line.hasOption(HELP)) {
      out.print(help(command));
      return 0;
    }
    if (line.hasOption(VERSION)) {
      out.println(version());
      return 0;
    }
    var arguments = line.getArgList();
    int taken = command.argument().isEmpty() ? 0 : 1;
    if (arguments.size() > taken) {
      throw wrong(command, "unexpected argument '" + arguments.get(taken) + "'");
    }
    if (arguments.size() < taken && !command.argument().startsWith("[")) {
      throw wrong(command, command.name() + " needs " + command.argument());
    }
    return command.run(line);
  }

  private Command named(String word) {
    return commands.stream()
        .filter(command -> command.name().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    "there is no command '"
                        + word
                        + "'"
                        + meant(word, names())
                        + " (lastword --help lists them)"));
  }

  private List<String> names() {
    return commands.stream().filter(each -> !each.hidden()).map(Command::name).toList();
  }

  private static CommandLine parse(Command command, List<String> args) {
    var options = allOptions(command);
    try {
      return DefaultParser.builder()
          .setAllowPartialMatching(false)
          .get()
          .parse(options, args.toArray(String[]::new));
    } catch (UnrecognizedOptionException e) {
      var flags = options.getOptions().stream().map(option -> "--" + option.getLongOpt()).toList();
      throw wrong(
          command,
          "unknown option '" + e.getOption() + "'" + meant(String.valueOf(e.getOption()), flags));
    } catch (MissingArgumentException e) {
      var option = e.getOption();
      throw wrong(command, "--" + option.getLongOpt() + " needs " + option.getArgName());
    } catch (ParseException e) {
      throw wrong(command, String.valueOf(e.getMessage()));
    }
  }

  private static Options allOptions(Command command) {
    var all = new Options();
    command.options().getOptions().forEach(all::addOption);
    return all.addOption(HELP).addOption(VERSION);
  }

  private static UsageException wrong(Command command, String message) {
    return new UsageException(message + " (lastword " + command.name() + " --help tells more)");
  }

  private static String meant(String word, List<String> candidates) {
    return Spelling.similar(word, candidates)
        .map(near -> "; did you mean '" + near + "'?")
        .orElse("");
  }

  private String overview() {
    var text = new StringBuilder("Usage: lastword COMMAND [OPTIONS]\n\n");
    for (var command : commands) {
      if (!command.hidden()) {
        entry(text, command.name(), 10, command.summary());
      }
    }
    return text.append("\nlastword COMMAND --help tells more about one of them.\n").toString();
  }

  private static String help(Command command) {
    var text =
        new StringBuilder("Usage: lastword " + command.name() + " [OPTIONS]")
            .append(command.argument().isEmpty() ? "" : " " + command.argument())
            .append("\n\n")
            .append(command.summary())
            .append("\n\n");
    var options = allOptions(command).getOptions();
    int width = options.stream().mapToInt(option -> flag(option).length()).max().orElse(0);
    for (var option : options) {
      entry(text, flag(option), width + 2, String.valueOf(option.getDescription()));
    }
    return text.toString();
  }

  private static String flag(Option option) {
    return (option.getOpt() == null ? "    " : "-" + option.getOpt() + ", ")
        + "--"
        + option.getLongOpt()
        + Optional.ofNullable(option.getArgName()).map(name -> " " + name).orElse("");
  }

  /** A word and what it means, the meaning wrapped beside it. */
  private static void entry(StringBuilder text, String word, int width, String meaning) {
    text.append("  ").append(word).append(" ".repeat(Math.max(1, width - word.length())));
    int column = width + 2;
    for (var part : meaning.split(" ", -1)) {
      if (column + part.length() > COLUMNS && column > width + 2) {
        text.append('\n').append(" ".repeat(width + 2));
        column = width + 2;
      }
      text.append(part).append(' ');
      column += part.length() + 1;
    }
    text.setLength(text.length() - 1);
    text.append('\n');
  }

  /** The version, as the manifest of the jar says it that has the commands. */
  private String version() {
    var version = commands.getFirst().getClass().getPackage().getImplementationVersion();
    return "lastword " + (version == null ? "(built from classes)" : version);
  }
}
