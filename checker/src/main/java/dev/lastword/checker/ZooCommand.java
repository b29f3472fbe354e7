package dev.lastword.checker;

import dev.lastword.checker.probe.Connector;
import dev.lastword.checker.probe.Reader;
import dev.lastword.checker.report.Report;
import dev.lastword.checker.scenario.Clients;
import dev.lastword.checker.scenario.Scenario;
import dev.lastword.checker.scenario.Scenarios;
import dev.lastword.cli.Command;
import dev.lastword.cli.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/**
 * {@code lastword zoo}: checks endpoints whose bugs are known, and says where a verdict differs
 * from what was established without the checker.
 */
final class ZooCommand implements Command {
  private static final String FOLDER = "folder";
  private static final String REPETITIONS = "repetitions";
  private static final String ONLY = "only";
  private static final String IN_BROWSER = "LW018";
  private static final String CODES = "codes";
  private static final String LOG = "log";
  private static final String KEPT = "kept";

  /** So many routes share one server process, while there are not too many processes. */
  private static final int LANE_ROUTES = 6;

  private static final int LANES_MAX = 3;

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration SILENCE = Duration.ofMinutes(1);
  private static final Duration WHOLE = Duration.ofMinutes(5);

  private final PrintStream out;

  /**
   * @param out gets what is found
   */
  ZooCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "zoo";
  }

  @Override
  public String summary() {
    return "Checks the endpoints in checker/zoo, whose bugs are known. Exits with 0 if every verdict"
        + " is the right one, 1 if not.";
  }

  @Override
  public boolean hidden() {
    return true;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(option(FOLDER, "DIR", "The zoo; checker/zoo if not given."))
        .addOption(option(REPETITIONS, "N", "How often every route is checked; 1 if not given."))
        .addOption(option(ONLY, "ROUTES", "Routes to check, such as stop,python/detached."))
        .addOption(option(CODES, "CODES", "Checks to make, such as LW001,LW003."))
        .addOption(option(LOG, "FILE", "Keeps what was found; a run with it goes on where it was."))
        .addOption(
            option(
                KEPT,
                "DIR",
                "Jars that the Java applications get on their class path: those routes alone are"
                    + " checked whose verdicts with Lastword are known."));
  }

  private static Option option(String name, String argument, String description) {
    return Option.builder().longOpt(name).hasArg().argName(argument).desc(description).get();
  }

  @Override
  public int run(CommandLine line) throws IOException, InterruptedException {
    var folder = Path.of(line.getOptionValue(FOLDER, "checker/zoo"));
    var log = new ZooLog(Optional.ofNullable(line.getOptionValue(LOG)).map(Path::of));
    var kept = Optional.ofNullable(line.getOptionValue(KEPT)).map(Path::of);
    var routes = routes(folder, kept.isPresent(), list(line, ONLY));
    var codes = possible(codes(list(line, CODES)));
    int repetitions = repetitions(line.getOptionValue(REPETITIONS, "1"));
    long started = System.nanoTime();
    var lanes = lanes(routes);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = new ArrayList<Future<Integer>>();
      for (var lane : lanes) {
        running.add(threads.submit(() -> checkAll(folder, kept, repetitions, lane, codes, log)));
      }
      for (var each : running) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("the zoo cannot be checked: " + e.getCause(), e);
    }
    var differences = log.differences();
    differences.forEach(out::println);
    out.printf(
        Locale.ROOT,
        "%d checks of %d routes, %d cells, %d differ; %.0f s%n",
        log.checks(),
        routes.size(),
        log.cells(),
        differences.size(),
        (System.nanoTime() - started) / 1e9);
    return differences.isEmpty() ? 0 : 1;
  }

  private static List<String> list(CommandLine line, String option) {
    var text = line.getOptionValue(option, "");
    return text.isBlank() ? List.of() : List.of(text.strip().split("[,\\s]+", -1));
  }

  private static List<ZooRoute> routes(Path folder, boolean kept, List<String> only)
      throws IOException {
    var all = ZooRoute.all(folder.resolve("zoo.yaml"), kept);
    var wanted =
        all.stream()
            .filter(
                each ->
                    only.isEmpty()
                        || only.contains(each.name())
                        || only.contains(each.server() + "/" + each.name()))
            .toList();
    if (wanted.isEmpty()) {
      throw new UsageException("--only names none of the " + all.size() + " routes");
    }
    return wanted;
  }

  private static Set<String> codes(List<String> named) {
    var known = Scenarios.all().stream().map(Scenario::code).toList();
    return new LinkedHashSet<>(named.isEmpty() ? known : named);
  }

  /** Those of them that can be tried here. */
  private Set<String> possible(Set<String> codes) {
    if (codes.contains(IN_BROWSER) && Clients.browser().isEmpty()) {
      out.println("SKIPPED " + IN_BROWSER + ": there is no Chromium or Chrome here");
      codes.remove(IN_BROWSER);
    }
    return codes;
  }

  private static int repetitions(String text) {
    if (!text.matches("[1-9]\\d{0,2}")) {
      throw new UsageException("--repetitions is '" + text + "', not a number from 1 to 999");
    }
    return Integer.parseInt(text);
  }

  /** The program that serves a route: its routes are checked one after the other. */
  private static String program(ZooRoute route) {
    return switch (route.server()) {
      case "python", "node" -> route.server();
      default -> "java";
    };
  }

  /** Routes that are checked one after the other, in a server process of their own. */
  private static List<List<ZooRoute>> lanes(List<ZooRoute> routes) {
    var lanes = new ArrayList<List<ZooRoute>>();
    var byProgram = routes.stream().collect(Collectors.groupingBy(ZooCommand::program));
    for (var ofProgram : byProgram.values()) {
      int most = program(ofProgram.getFirst()).equals("python") ? LANES_MAX : 1;
      int size =
          Math.ceilDiv(
              ofProgram.size(), Math.min(most, Math.ceilDiv(ofProgram.size(), LANE_ROUTES)));
      for (int from = 0; from < ofProgram.size(); from += size) {
        lanes.add(ofProgram.subList(from, Math.min(from + size, ofProgram.size())));
      }
    }
    return lanes;
  }

  private int checkAll(
      Path folder,
      Optional<Path> kept,
      int repetitions,
      List<ZooRoute> routes,
      Set<String> codes,
      ZooLog log)
      throws IOException, InterruptedException {
    int checked = 0;
    try (var servers = ZooServers.start(folder, Set.of(program(routes.getFirst())), kept)) {
      for (int repetition = 1; repetition <= repetitions; repetition++) {
        for (var route : routes) {
          var base = servers.addresses().get(route.server());
          if (base == null) {
            out.println("SKIPPED " + route.label() + ": its server cannot be started here");
          } else if (!log.has(repetition, route)) {
            var report = check(route, base, codes);
            servers.requireRunning();
            say(repetition, route, log, report);
            checked++;
          }
        }
      }
    }
    return checked;
  }

  private void say(int repetition, ZooRoute route, ZooLog log, Report report) throws IOException {
    var wrong = log.add(repetition, route, report);
    out.printf(
        Locale.ROOT,
        "%2d %-44s %4.1f s  %s%n",
        repetition,
        route.label(),
        report.seconds(),
        wrong.isEmpty() ? "as expected" : String.join("\n   ", wrong));
  }

  private static Report check(ZooRoute route, String base, Set<String> codes)
      throws IOException, InterruptedException {
    var plan = new Plans(route.settings(base), route.url(base)).plan();
    var reader = new Reader(new Connector(Trust.sockets(null), CONNECT), SILENCE, WHOLE);
    return new Check(plan, reader, Origins.of(route.settings(base)), what -> {})
        .run(codes::contains);
  }
}
