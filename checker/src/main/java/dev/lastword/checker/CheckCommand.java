package dev.lastword.checker;

import dev.lastword.checker.probe.Connector;
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
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** {@code lastword check}: tells whether an SSE endpoint loses answers. */
final class CheckCommand implements Command {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final String JSON = "json";
  private static final String FILE = "file";
  private static final String INIT = "init";

  private final InputStream in;
  private final PrintStream out;

  /**
   * @param in where a person answers what {@code --init} asks
   * @param out gets the report
   */
  CheckCommand(InputStream in, PrintStream out) {
    this.in = in;
    this.out = out;
  }

  /** A command that asks nobody. */
  CheckCommand(PrintStream out) {
    this(InputStream.nullInputStream(), out);
  }

  @Override
  public String name() {
    return "check";
  }

  @Override
  public String summary() {
    return "Leaves, returns, and tells whether the answers of an SSE endpoint survive. Exits with 0"
        + " if nothing was found, 1 for findings, 2 if it could not check, 3 if nothing was found but"
        + " LW001 could not be tried.";
  }

  @Override
  public String argument() {
    return "[URL]";
  }

  @Override
  public Options options() {
    return Flags.options()
        .addOption(
            Option.builder("f")
                .longOpt(FILE)
                .hasArg()
                .argName("FILE")
                .desc("Check as a YAML file says; flags beside it override it.")
                .get())
        .addOption(
            Option.builder()
                .longOpt(INIT)
                .hasArg()
                .optionalArg(true)
                .argName("FILE")
                .desc("Asks, tries, and writes such a file; check.yaml if none is named.")
                .get())
        .addOption(
            Option.builder().longOpt(JSON).desc("Prints the report as one JSON object.").get());
  }

  @Override
  public int run(CommandLine line) throws IOException, InterruptedException {
    if (line.hasOption(INIT)) {
      return new Interview(in, out, CheckCommand::reader, Progress.isTerminal())
          .run(settings(line), line.getOptionValue(INIT, Interview.USUAL_FILE));
    }
    var progress = new Progress(System.err);
    progress.say("starting"); // ahead of the classes that all the rest needs
    try {
      return check(line, progress);
    } finally {
      progress.clear();
    }
  }

  private int check(CommandLine line, Progress progress) throws IOException, InterruptedException {
    var settings = settings(line);
    var url = settings.get(CheckFile.URL);
    if (url == null) {
      throw new UsageException("check needs a URL, or -f FILE (lastword check --help tells more)");
    }
    var plan = new Plans(settings, url).plan();
    var least = severity(settings.get(Flags.FAIL_ON.flag(), "low"));
    var wanted = wanted(settings);
    var files = files(settings, line.getOptionValue(FILE));
    var report =
        new Check(plan, reader(settings), Origins.of(line, settings), progress::say).run(wanted);
    progress.clear();
    int code = report.exitCode(least);
    if (line.hasOption(JSON)) {
      out.println(JsonReport.of(report, code));
    } else {
      out.print(new TextReport(Progress.isTerminal()).of(report));
    }
    out.flush();
    try {
      files.write(report, least); // what was found is told by now, whatever the disk does
    } catch (IOException e) {
      throw new UsageException("the report cannot be written: " + e);
    }
    return code;
  }

  /**
   * @param checkFile the file that describes the check, which stands in the repository too
   */
  private static ReportFiles files(Settings settings, @Nullable String checkFile) {
    var files =
        new ReportFiles(
            path(settings, Flags.REPORT),
            path(settings, Flags.JUNIT),
            path(settings, Flags.SARIF),
            Optional.ofNullable(settings.get(Flags.SOURCE.flag()))
                .or(
                    () ->
                        Optional.ofNullable(checkFile)
                            .filter(file -> !Path.of(file).isAbsolute())));
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

  /** What the command line says, and the file where the command line says nothing. */
  private static Settings settings(CommandLine line) {
    var flags = Flags.settings(line);
    var urls = line.getArgList();
    var said =
        urls.isEmpty()
            ? flags
            : new Settings(Map.of(CheckFile.URL, List.of(urls.getFirst())), Map.of()).or(flags);
    var file = line.getOptionValue(FILE);
    return file == null ? said : said.or(CheckFile.read(Path.of(file), System.getenv()));
  }

  static Reader reader(Settings settings) {
    var connector = new Connector(Trust.sockets(settings.get(Flags.CACERT.flag())), CONNECT);
    if (settings.get(Flags.HTTP2.flag(), "false").equals("true")) {
      connector.speakHttp2(Requests.host(settings.get(CheckFile.URL, "")));
    }
    return new Reader(
        connector,
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
