package dev.lastword.model;

import dev.lastword.cli.Command;
import dev.lastword.cli.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.Comparator;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/// `lastword model-check`: asks the model everything, and prints a table.
final class ModelCommand implements Command {
  private static final int MOST = 9;

  private final PrintStream out;

  ModelCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "model-check";
  }

  @Override
  public String summary() {
    return "Walks through all that several nodes, their readers and one PostgreSQL can do with a stream, and"
        + " looks whether the promise holds; then through the same with a bug in it, which has to be found."
        + " Exit code 0: it holds, and each bug was found; 1: not so.";
  }

  @Override
  public Options options() {
    var options = new Options();
    var usual = Bounds.USUAL;
    option(options, "nodes", "Processes that may have the shard", usual.nodes());
    option(options, "events", "Events of the answer", usual.events());
    option(options, "crashes", "Processes that die", usual.crashes());
    option(options, "pauses", "Leases that end while their holder lives", usual.pauses());
    return options.addOption(
        Option.builder().longOpt("steps").desc("Prints the steps that lead to each bug.").get());
  }

  private static void option(Options options, String name, String what, int usual) {
    options.addOption(
        Option.builder()
            .longOpt(name)
            .hasArg()
            .argName("N")
            .desc("%s; %d if it is not given.".formatted(what, usual))
            .get());
  }

  @Override
  public int run(CommandLine line) throws IOException, InterruptedException {
    var usual = Bounds.USUAL;
    var bounds =
        new Bounds(
            number(line, "nodes", 1, usual.nodes()),
            number(line, "events", 0, usual.events()),
            number(line, "crashes", 0, usual.crashes()),
            number(line, "pauses", 0, usual.pauses()),
            0);
    boolean right = true;
    for (var question : Question.all()) {
      var walk = walk(question, bounds);
      right &= question.isSound() == walk.violated().isEmpty();
      out.printf(
          Locale.ROOT,
          "%-38s %9d states %6.1f s  %s%n",
          question.title(),
          walk.states(),
          walk.took().toMillis() / 1_000.0,
          told(question, walk));
      if (walk.violated().isPresent() && (question.isSound() || line.hasOption("steps"))) {
        out.println(walk.said());
      }
    }
    return right ? 0 : 1;
  }

  private static String told(Question question, Walk walk) {
    return walk.violated()
        .map(name -> question.isSound() ? "VIOLATED: " + name : "found: " + name)
        .orElse(question.isSound() ? "holds" : "NOT FOUND");
  }

  private static int number(CommandLine line, String option, int min, int usual)
      throws UsageException {
    var text = line.getOptionValue(option);
    if (text == null) {
      return usual;
    }
    if (!text.matches("\\d") || Integer.parseInt(text) < min) {
      throw new UsageException(
          "--%s needs a whole number from %d to %d, not '%s'".formatted(option, min, MOST, text));
    }
    return Integer.parseInt(text);
  }

  private static Walk walk(Question question, Bounds bounds)
      throws IOException, InterruptedException {
    var folder = Files.createTempDirectory("lastword-model");
    try {
      return Walk.of(question, bounds, folder);
    } finally {
      try (var files = Files.walk(folder)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
