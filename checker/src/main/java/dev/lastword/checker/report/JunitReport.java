package dev.lastword.checker.report;

import dev.lastword.checker.scenario.Scenario.Severity;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.function.Predicate;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * A report as the XML that CI systems read test results from: one suite, one test case for each
 * code.
 *
 * @see "docs/formats/check-report.md"
 */
public final class JunitReport {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ISO_LOCAL_DATE_TIME.withZone(ZoneOffset.UTC);
  private static final String CLASS = "lastword.check";

  private final Report report;
  private final Severity least;
  private final XMLStreamWriter xml;

  private JunitReport(Report report, Severity least, XMLStreamWriter xml) {
    this.report = report;
    this.least = least;
    this.xml = xml;
  }

  /**
   * The document.
   *
   * @param least the least severity that makes a fault a failure; others are told as skipped, as
   *     the exit code passes over them too
   */
  public static String of(Report report, Severity least) {
    var text = new StringWriter();
    try {
      var xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      new JunitReport(report, least, xml).suites();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("XML cannot be written to a string", e);
    }
    return text + "\n";
  }

  private void suites() throws XMLStreamException {
    xml.writeStartElement("testsuites");
    counts();
    xml.writeStartElement("testsuite");
    attribute("name", "lastword check " + report.url());
    attribute("package", CLASS);
    attribute("id", "0");
    attribute("timestamp", TIME.format(report.started().truncatedTo(ChronoUnit.SECONDS)));
    attribute("hostname", "localhost");
    counts();
    properties();
    if (!report.problem().isEmpty()) {
      problem();
    }
    for (var finding : report.findings()) {
      testcase(finding);
    }
    xml.writeEmptyElement("system-out");
    xml.writeEmptyElement("system-err");
    xml.writeEndElement();
    xml.writeEndElement();
  }

  private void counts() throws XMLStreamException {
    boolean broken = !report.problem().isEmpty();
    attribute("tests", String.valueOf(report.findings().size() + (broken ? 1 : 0)));
    attribute("failures", String.valueOf(count(each -> each.failed(least))));
    attribute("errors", broken || report.untried().isPresent() ? "1" : "0");
    attribute("skipped", String.valueOf(count(this::skipped)));
    attribute("time", seconds(report.seconds()));
  }

  private long count(Predicate<Finding> which) {
    return report.findings().stream().filter(which).count();
  }

  private void properties() throws XMLStreamException {
    xml.writeStartElement("properties");
    property("url", report.url());
    property("dialect", report.dialect());
    property("version", report.origin().version());
    property("command", report.origin().shell());
    xml.writeEndElement();
  }

  private void property(String name, String value) throws XMLStreamException {
    xml.writeEmptyElement("property");
    attribute("name", name);
    attribute("value", value);
  }

  private void problem() throws XMLStreamException {
    begin("check", report.seconds());
    xml.writeStartElement("error");
    attribute("message", report.problem());
    attribute("type", "cannot-check");
    text(report.problem());
    xml.writeEndElement();
    xml.writeEndElement();
  }

  private void testcase(Finding finding) throws XMLStreamException {
    var scenario = finding.scenario();
    begin(scenario.code() + " " + scenario.title(), finding.seconds());
    if (finding.failed(least)) {
      xml.writeStartElement("failure");
      attribute("message", finding.verdict().detail());
      attribute("type", scenario.code());
      text(
          "%s%n%nWhat to do: %s%n%s%n"
              .formatted(
                  finding.verdict().detail(),
                  scenario.advice(),
                  report.origin().page(scenario.code()).orElse(finding.page())));
      xml.writeEndElement();
    } else if (report.isUntried(finding)) {
      xml.writeStartElement("error");
      attribute("message", "could not be tried: " + finding.verdict().detail());
      attribute("type", "not-tried");
      text(finding.verdict().detail());
      xml.writeEndElement();
    } else if (skipped(finding)) {
      xml.writeEmptyElement("skipped");
      attribute("message", reason(finding));
    }
    xml.writeEndElement();
  }

  private boolean skipped(Finding finding) {
    return !reason(finding).isEmpty() && !report.isUntried(finding);
  }

  /** Why this is no verdict that a build should stop or be proud of. */
  private String reason(Finding finding) {
    var verdict = finding.verdict();
    return switch (verdict.state()) {
      case PASS -> "";
      case FAIL ->
          finding.failed(least)
              ? ""
              : "failed, but its severity (%s) is below --fail-on: %s"
                  .formatted(
                      finding.scenario().severity().name().toLowerCase(Locale.ROOT),
                      verdict.detail());
      case INCONCLUSIVE -> "inconclusive: " + verdict.detail();
      case NOT_APPLICABLE -> "not applicable: " + verdict.detail();
    };
  }

  private void begin(String name, double seconds) throws XMLStreamException {
    xml.writeStartElement("testcase");
    attribute("classname", CLASS);
    attribute("name", name);
    attribute("time", seconds(seconds));
  }

  private static String seconds(double seconds) {
    return String.format(Locale.ROOT, "%.3f", seconds);
  }

  private void attribute(String name, String value) throws XMLStreamException {
    xml.writeAttribute(name, allowed(value));
  }

  private void text(String value) throws XMLStreamException {
    xml.writeCharacters(allowed(value));
  }

  /** What XML 1.0 cannot hold, however it is escaped, is replaced. */
  private static String allowed(String text) {
    var out = new StringBuilder();
    text.codePoints()
        .forEach(
            c ->
                out.appendCodePoint(
                    c == '\t'
                            || c == '\n'
                            || (c >= 0x20 && c <= 0xD7FF)
                            || (c >= 0xE000 && c <= 0xFFFD)
                            || c >= 0x10000
                        ? c
                        : 0xFFFD));
    return out.toString();
  }
}
