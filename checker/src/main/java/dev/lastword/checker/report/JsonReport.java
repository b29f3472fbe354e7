package dev.lastword.checker.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A report as one JSON object.
 *
 * @see "docs/formats/check-report.md"
 */
public final class JsonReport {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private JsonReport() {}

  /** The object, without a line end behind it. */
  public static String of(Report report, int exitCode) {
    var object = new LinkedHashMap<String, Object>();
    object.put("url", report.url());
    object.put("dialect", report.dialect());
    object.put("dialectReason", report.dialectReason());
    object.put("exitCode", exitCode);
    object.put("seconds", Math.round(report.seconds() * 10) / 10.0);
    if (!report.problem().isEmpty()) {
      object.put("problem", report.problem());
    }
    object.put("verdicts", report.findings().stream().map(JsonReport::verdict).toList());
    return MAPPER.writeValueAsString(object);
  }

  private static Map<String, Object> verdict(Finding finding) {
    var verdict = new LinkedHashMap<String, Object>();
    verdict.put("code", finding.scenario().code());
    verdict.put("verdict", finding.verdict().state().word());
    verdict.put("runs", finding.verdict().runs());
    verdict.put("failed", finding.verdict().failed());
    verdict.put("detail", finding.verdict().detail());
    verdict.put("title", finding.scenario().title());
    verdict.put("severity", finding.scenario().severity().name().toLowerCase(Locale.ROOT));
    finding
        .verdict()
        .worst()
        .ifPresent(
            worst ->
                verdict.put(
                    "timeline",
                    Map.of("eventsMs", worst.eventsMs(), "marks", List.copyOf(worst.marks()))));
    return verdict;
  }
}
