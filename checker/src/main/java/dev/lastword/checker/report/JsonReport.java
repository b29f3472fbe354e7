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
    var seen = report.seen();
    putText(object, "text", seen.text());
    putText(object, "ending", seen.ending());
    seen.framework().ifPresent(each -> object.put("framework", each.title()));
    object.put("version", report.origin().version());
    object.put("command", report.origin().shell());
    object.put("started", report.started().toString());
    object.put("exitCode", exitCode);
    putText(object, "conclusion", Conclusion.of(report).sentence());
    object.put("seconds", Math.round(report.seconds() * 10) / 10.0);
    if (!report.problem().isEmpty()) {
      object.put("problem", report.problem());
    }
    if (!seen.lastEvents().isEmpty()) {
      object.put("lastEvents", seen.lastEvents());
    }
    report
        .reproduction()
        .ifPresent(
            each ->
                object.put(
                    "reproduction",
                    Map.of("code", each.code(), "shell", each.shell(), "script", each.script())));
    object.put("verdicts", report.findings().stream().map(JsonReport::verdict).toList());
    return MAPPER.writeValueAsString(object);
  }

  private static void putText(Map<String, Object> object, String name, String text) {
    if (!text.isEmpty()) {
      object.put(name, text);
    }
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
