package dev.lastword.checker;

import dev.lastword.checker.probe.Reader;
import dev.lastword.checker.report.JsonReport;
import dev.lastword.checker.report.ReportFiles;
import dev.lastword.checker.report.TextReport;
import dev.lastword.checker.scenario.Scenario;
import dev.lastword.checker.scenario.Scenario.Severity;
import dev.lastword.checker.scenario.Scenarios;
import dev.lastword.cli.Command;
import dev.lastword.cli.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** {@code lastword check}: tells whether an SSE endpoint loses answers. */
final class CheckCommand implements Command {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final String JSON = "json";

  private final PrintStream out;

  /**
   * @param out gets the report
   */
  CheckCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "check";
  }

  @Override
  public String summary() {
    return "Leaves, returns, and tells whether the answers of an SSE endpoint survive. Exits with 0"
        + " if nothing was found, 1 for findings, 2 if it could not check.";
  }

  @Override
  public String argument() {
    return "URL";
  }

  @Override
  public Options options() {
    return Flags.options()
        .addOption(
            Option.builder().longOpt(JSON).desc("Prints the report as one JSON object.").get());
  }

  @Override
  public int run(CommandLine line) throws IOException, InterruptedException {
    var settings = Flags.settings(line);
    var url = line.getArgList().getFirst();
    var plan = new Plans(settings, url).plan();
    var least = severity(settings.get(Flags.FAIL_ON.flag(), "low"));
    var wanted = wanted(settings);
    var files = files(settings);
    var progress = new Progress(System.err);
    var report = new Check(plan, reader(settings), progress::say).run(wanted);
    progress.clear();
    int code = report.exitCode(least);
    files.write(report, least);
    if (line.hasOption(JSON)) {
      out.println(JsonReport.of(report, code));
    } else {
      out.print(new TextReport(Progress.isTerminal()).of(report));
    }
    return code;
  }

  private static ReportFiles files(Settings settings) {
    var files =
        new ReportFiles(
            path(settings, Flags.REPORT),
            path(settings, Flags.JUNIT),
            path(settings, Flags.SARIF),
            Optional.ofNullable(settings.get(Flags.SOURCE.flag())));
    try {
      files.require();
      return files;
    } catch (IOException e) {
      throw new UsageException("the report cannot be written: " + e.getMessage());
    }
  }

  private static Optional<Path> path(Settings settings, Flags flag) {
    var file = settings.get(flag.flag());
    try {
      return file == null ? Optional.empty() : Optional.of(Path.of(file));
    } catch (InvalidPathException e) {
      throw new UsageException("--" + flag.flag() + " '" + file + "' is no file name");
    }
  }

  static Reader reader(Settings settings) {
    return new Reader(
        Trust.sockets(settings.get(Flags.CACERT.flag())),
        CONNECT,
        Durations.parse(Flags.SILENCE.flag(), settings.get(Flags.SILENCE.flag(), "60s")),
        Durations.parse(Flags.TIMEOUT.flag(), settings.get(Flags.TIMEOUT.flag(), "10m")));
  }

  static Severity severity(String name) {
    try {
      return Severity.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new UsageException("--fail-on is '" + name + "', not low, medium or high");
    }
  }

  static Predicate<String> wanted(Settings settings) {
    var only = codes(settings.all(Flags.ONLY.flag()));
    var skipped = codes(settings.all(Flags.SKIP.flag()));
    return code -> (only.isEmpty() || only.contains(code)) && !skipped.contains(code);
  }

  private static List<String> codes(List<String> lists) {
    var known = Scenarios.all().stream().map(Scenario::code).toList();
    var codes = new ArrayList<String>();
    for (var list : lists) {
      for (var code : list.toUpperCase(Locale.ROOT).split("[,\\s]+", -1)) {
        if (!known.contains(code)) {
          throw new UsageException(
              "there is no check " + code + "; there are " + String.join(", ", known));
        }
        codes.add(code);
      }
    }
    return codes;
  }
}
