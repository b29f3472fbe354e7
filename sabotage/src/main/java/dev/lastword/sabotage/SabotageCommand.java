package dev.lastword.sabotage;

import dev.lastword.cli.Command;
import dev.lastword.cli.UsageException;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/// `lastword sabotage`: plants every bug of the list, one at a time, and tells who finds it.
final class SabotageCommand implements Command {
  private static final long SEEDS = 2_000;

  /// A busy machine may take long for one test or world, but not for ever.
  private static final Duration QUIET_MAX = Duration.ofMinutes(2);

  private final PrintStream out;

  SabotageCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "sabotage";
  }

  @Override
  public String summary() {
    return "Plants known bugs in a copy of the sources, one at a time, and tells which proof finds each,"
        + " and when: the simulation or a test. Exit code 0: all were found; 1: some were not;"
        + " 2: a bug no longer applies, or a proof is red without any.";
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(
            Option.builder()
                .longOpt("only")
                .hasArgs()
                .argName("NAME")
                .desc("Only these bugs; several names, or several times.")
                .get())
        .addOption(
            Option.builder()
                .longOpt("seeds")
                .hasArg()
                .argName("N")
                .desc("Simulated worlds for each bug; " + SEEDS + " if it is not given.")
                .get())
        .addOption(
            Option.builder()
                .longOpt("seeds-only")
                .desc("Lets the simulation look and no test; what it does not find keeps its row.")
                .get())
        .addOption(
            Option.builder()
                .longOpt("clusters-only")
                .desc("Lets only simulated clusters look; what they do not find keeps its row.")
                .get())
        .addOption(
            Option.builder()
                .longOpt("list")
                .desc(
                    "Prints the bugs, and whether each still applies to the sources; plants none.")
                .get())
        .addOption(
            Option.builder()
                .longOpt("root")
                .hasArg()
                .argName("DIR")
                .desc("The checkout; the launcher names it.")
                .get());
  }

  @Override
  public int run(CommandLine line) throws IOException, InterruptedException {
    var root = Path.of(line.getOptionValue("root", ".")).toAbsolutePath().normalize();
    var names = line.hasOption("only") ? List.of(line.getOptionValues("only")) : List.<String>of();
    try {
      var all = BugList.read(root.resolve("sabotage/bugs"));
      var chosen = all.only(names);
      return line.hasOption("list")
          ? list(chosen, root)
          : hunt(
              all,
              chosen,
              root,
              seeds(line.getOptionValue("seeds", Long.toString(SEEDS))),
              looking(line));
    } catch (BugListException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  private static Hunt.Looking looking(CommandLine line) {
    if (line.hasOption("clusters-only")) {
      return Hunt.Looking.CLUSTERS;
    }
    return line.hasOption("seeds-only") ? Hunt.Looking.SEEDS : Hunt.Looking.ALL;
  }

  private static long seeds(String text) {
    if (!text.matches("\\d{1,9}")) {
      throw new UsageException("--seeds needs a whole number, not '" + text + "'");
    }
    return Long.parseLong(text);
  }

  private int list(BugList list, Path root) {
    boolean apply = true;
    for (var bug : list.bugs()) {
      var problem = problem(bug, root);
      apply &= problem.isEmpty();
      out.printf(
          "%-10s %-45s %s%n", bug.room(), bug.name(), problem.isEmpty() ? bug.breaks() : problem);
    }
    return apply ? 0 : 2;
  }

  /// Why it does not apply to the sources; empty if it does.
  private static String problem(Bug bug, Path root) {
    try {
      bug.plant(file -> read(root, file));
      return "";
    } catch (BugListException e) {
      return String.valueOf(e.getMessage());
    }
  }

  static String read(Path root, String file) {
    try {
      return Files.readString(root.resolve(file));
    } catch (IOException e) {
      throw new BugListException("there is no " + file);
    }
  }

  private int hunt(BugList all, BugList chosen, Path root, long seeds, Hunt.Looking looking)
      throws IOException, InterruptedException {
    var folder = root.resolve(".lastword/planted");
    var workshop = Workshop.open(root, folder, builtClassPath());
    var hunt = new Hunt(workshop, new Children(folder, QUIET_MAX), seeds, looking);
    var guide = root.resolve("docs/guides/sabotage.md");
    var table = Table.of(Files.readString(guide));
    var unfound = new ArrayList<Verdict>();
    var wrong = new ArrayList<String>();
    for (var bug : chosen.bugs()) {
      try {
        var verdict = hunt.look(bug);
        if (looking == Hunt.Looking.ALL || verdict.isFound()) {
          table.put(verdict);
          Files.writeString(guide, table.guide(all));
        }
        say(verdict);
        if (!verdict.isFound()) {
          unfound.add(verdict);
        }
      } catch (BugListException e) {
        wrong.add(String.valueOf(e.getMessage()));
        out.println("WRONG     " + bug.name());
      }
    }
    return summary(chosen.bugs().size(), unfound, wrong, hunt);
  }

  private static List<Path> builtClassPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .map(Path::toAbsolutePath)
        .toList();
  }

  private void say(Verdict verdict) {
    out.printf(
        "%-9s %-45s %7s  %s%n",
        verdict.isFound() ? "found" : "NOT FOUND",
        verdict.bug().name(),
        verdict.seconds(),
        verdict.who());
  }

  private int summary(int bugs, List<Verdict> unfound, List<String> wrong, Hunt hunt) {
    hunt.redAnyway().forEach(each -> out.println("red without any bug: " + each));
    wrong.forEach(out::println);
    unfound.forEach(this::say);
    out.printf(
        "sabotage: bugs=%d found=%d unfound=%d wrong=%d red_without_bug=%d logs=%s%n",
        bugs,
        bugs - unfound.size() - wrong.size(),
        unfound.size(),
        wrong.size(),
        hunt.redAnyway().size(),
        hunt.logs());
    if (!wrong.isEmpty() || !hunt.redAnyway().isEmpty()) {
      return 2;
    }
    return unfound.isEmpty() ? 0 : 1;
  }
}
