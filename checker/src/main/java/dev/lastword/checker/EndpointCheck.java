package dev.lastword.checker;

import dev.lastword.checker.report.Report;
import dev.lastword.checker.scenario.Scenario.Severity;
import dev.lastword.cli.UsageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lastword check} for programs: what the command line says with flags is said here. */
public final class EndpointCheck {
  private final String url;
  private final Map<String, List<String>> values = new LinkedHashMap<>();

  /**
   * A check of an endpoint, as yet without anything said about it.
   *
   * @param url may hold places such as {@code {{run}}}
   */
  public EndpointCheck(String url) {
    this.url = url;
  }

  /**
   * Says what a flag of the command line says; said again, it adds where the flag may be repeated,
   * and else replaces.
   *
   * @param flag its long name without dashes, such as {@code verify}
   * @throws UsageException if there is no such flag
   */
  public EndpointCheck with(String flag, String value) {
    if (Arrays.stream(Flags.values()).noneMatch(each -> each.flag().equals(flag))) {
      throw new UsageException("there is no flag --" + flag);
    }
    values.computeIfAbsent(flag, each -> new ArrayList<>()).add(value);
    return this;
  }

  /** The least severity that counts. */
  public Severity least() {
    return CheckCommand.severity(settings().get(Flags.FAIL_ON.flag(), "low"));
  }

  /**
   * Makes all checks that are asked for; takes seconds to a minute.
   *
   * @throws UsageException for what was said wrong
   */
  public Report run() throws InterruptedException {
    var settings = settings();
    var plan = new Plans(settings, url).plan();
    return new Check(plan, CheckCommand.reader(settings), Origins.of(settings), what -> {})
        .run(CheckCommand.wanted(settings));
  }

  private Settings settings() {
    var said = new LinkedHashMap<>(values);
    said.put(CheckFile.URL, List.of(url));
    return new Settings(said, Map.of());
  }
}
