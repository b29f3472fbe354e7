package dev.lastword.checker.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.checker.scenario.Scenario;
import dev.lastword.checker.scenario.Scenario.Severity;
import dev.lastword.checker.scenario.Verdict.State;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A report in SARIF 2.1.0: a rule for each code, a result for each fault.
 *
 * <p>A result has to stand somewhere in a repository: GitHub refuses the addresses of endpoints. So
 * its physical location is the file that serves the endpoint or describes the check, where that was
 * said, and else the endpoint's path, which reads as what it is; the logical location is the
 * endpoint.
 *
 * @see "docs/formats/check-report.md"
 */
public final class SarifReport {
  private static final String SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(
              SerializationFeature.INDENT_OUTPUT, SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .build();

  private final Report report;
  private final String file;

  private SarifReport(Report report, Optional<String> source) {
    this.report = report;
    this.file = source.map(SarifReport::reference).orElseGet(() -> path(report.url()));
  }

  /**
   * The log.
   *
   * @param source the file at which findings are shown, relative to the repository
   */
  public static String of(Report report, Optional<String> source) {
    return MAPPER.writeValueAsString(new SarifReport(report, source).log()) + "\n";
  }

  private static String reference(String file) {
    return URI.create("x:/").resolve(escaped(file.replace('\\', '/'))).getRawPath().substring(1);
  }

  private static String escaped(String path) {
    var out = new StringBuilder();
    for (byte b : path.getBytes(UTF_8)) {
      boolean plain = b > 0 && ("-._~/".indexOf(b) >= 0 || Character.isLetterOrDigit(b));
      out.append(plain ? String.valueOf((char) b) : "%%%02X".formatted(b));
    }
    return out.toString();
  }

  private static String path(String url) {
    var path = url.replaceFirst("^https?://[^/?#]*/*", "").replaceFirst("[?#].*$", "");
    return path.isEmpty() ? "endpoint" : escaped(path);
  }

  private Map<String, Object> log() {
    var run = new LinkedHashMap<String, Object>();
    run.put("tool", Map.of("driver", driver()));
    run.put("invocations", List.of(invocation()));
    run.put("columnKind", "unicodeCodePoints");
    run.put(
        "results", report.findings().stream().filter(Finding::failed).map(this::result).toList());
    var log = new LinkedHashMap<String, Object>();
    log.put("$schema", SCHEMA);
    log.put("version", "2.1.0");
    log.put("runs", List.of(run));
    return log;
  }

  private Map<String, Object> driver() {
    var driver = new LinkedHashMap<String, Object>();
    driver.put("name", "lastword check");
    driver.put("version", report.origin().version());
    driver.put("rules", report.findings().stream().map(each -> rule(each.scenario())).toList());
    return driver;
  }

  private Map<String, Object> rule(Scenario scenario) {
    var about = CheckPage.of(scenario.code());
    var meaning = about.symptom().isEmpty() ? scenario.title() : about.symptom();
    var rule = new LinkedHashMap<String, Object>();
    rule.put("id", scenario.code());
    rule.put("name", name(scenario.title()));
    rule.put("shortDescription", Map.of("text", scenario.title()));
    rule.put("fullDescription", Map.of("text", meaning));
    report.origin().page(scenario.code()).ifPresent(page -> rule.put("helpUri", page));
    rule.put("help", Map.of("text", scenario.advice(), "markdown", markdown(scenario, about)));
    rule.put("defaultConfiguration", Map.of("level", level(scenario.severity())));
    rule.put(
        "properties",
        Map.of("tags", List.of("reliability"), "problem.severity", word(scenario.severity())));
    return rule;
  }

  private static String name(String title) {
    var name = new StringBuilder();
    for (var word : title.split("[^A-Za-z0-9]+", -1)) {
      if (!word.isEmpty()) {
        name.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
      }
    }
    return name.toString();
  }

  private static String markdown(Scenario scenario, CheckPage page) {
    return "%s\n\n%s\n\n**What to do.** %s How to, in Python, Node and Java: `%s` in Lastword's repository."
        .formatted(page.symptom(), page.cause(), scenario.advice(), CheckPage.file(scenario.code()))
        .strip();
  }

  private static String level(Severity severity) {
    return switch (severity) {
      case HIGH -> "error";
      case MEDIUM -> "warning";
      case LOW -> "note";
    };
  }

  /** As GitHub reads the severity of what is no security alert. */
  private static String word(Severity severity) {
    return switch (severity) {
      case HIGH -> "error";
      case MEDIUM -> "warning";
      case LOW -> "recommendation";
    };
  }

  private Map<String, Object> result(Finding finding) {
    var scenario = finding.scenario();
    var result = new LinkedHashMap<String, Object>();
    result.put("ruleId", scenario.code());
    result.put("ruleIndex", report.findings().indexOf(finding));
    result.put("level", level(scenario.severity()));
    result.put(
        "message",
        Map.of(
            "text",
            "%s: %s. %s"
                .formatted(scenario.title(), finding.verdict().detail(), scenario.advice())));
    result.put("locations", List.of(location()));
    result.put("partialFingerprints", Map.of("endpointAndCode/v1", fingerprint(scenario.code())));
    result.put(
        "properties",
        Map.of("runs", finding.verdict().runs(), "failed", finding.verdict().failed()));
    return result;
  }

  private Map<String, Object> location() {
    return Map.of(
        "physicalLocation",
        Map.of("artifactLocation", Map.of("uri", file), "region", Map.of("startLine", 1)),
        "logicalLocations",
        List.of(Map.of("fullyQualifiedName", report.url(), "kind", "resource")));
  }

  /** The same fault of the same endpoint is one alert, whatever port it was tested on. */
  private String fingerprint(String code) {
    try {
      var text = code + " " + path(report.url());
      var hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private Map<String, Object> invocation() {
    var invocation = new LinkedHashMap<String, Object>();
    invocation.put("executionSuccessful", report.problem().isEmpty());
    invocation.put("commandLine", report.origin().shell());
    invocation.put("startTimeUtc", report.started().toString());
    var said =
        Stream.concat(
                Stream.of(report.problem())
                    .filter(problem -> !problem.isEmpty())
                    .map(problem -> notification("error", "the check", problem)),
                report.findings().stream()
                    .filter(each -> each.verdict().state() == State.INCONCLUSIVE)
                    .map(
                        each ->
                            notification(
                                "warning", each.scenario().code(), each.verdict().detail())))
            .toList();
    invocation.put("toolExecutionNotifications", said);
    return invocation;
  }

  private static Map<String, Object> notification(String level, String what, String text) {
    return Map.of("level", level, "message", Map.of("text", what + ": " + text));
  }
}
