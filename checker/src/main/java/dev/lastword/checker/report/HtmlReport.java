package dev.lastword.checker.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.checker.scenario.Reproduction;
import dev.lastword.checker.scenario.Verdict;
import dev.lastword.checker.scenario.Verdict.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A report as one HTML file that needs nothing else: no script, no font, no address is loaded, and
 * what the endpoint said is text wherever it stands.
 */
public final class HtmlReport {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("d MMMM uuuu, HH:mm 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private final Report report;

  private HtmlReport(Report report) {
    this.report = report;
  }

  /** The whole document. */
  public static String of(Report report) {
    return new HtmlReport(report).document();
  }

  private String document() {
    var conclusion = Conclusion.of(report);
    return """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="referrer" content="no-referrer">
        <title>lastword check: %s</title>
        <style>
        %s</style>
        </head>
        <body>
        <main>
        <div class="name">lastword check</div>
        <section class="verdict %s">
        <h1>%s</h1>
        %s</section>
        %s</main>
        </body>
        </html>
        """
        .formatted(
            Markup.escaped(report.url()),
            style(),
            conclusion.mood().name().toLowerCase(Locale.ROOT),
            Markup.escaped(conclusion.sentence()),
            facts(),
            report.problem().isEmpty() ? results() : problem());
  }

  private static String style() {
    try (var in =
        Objects.requireNonNull(HtmlReport.class.getResourceAsStream("report.css"), "report.css")) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the report's style cannot be read", e);
    }
  }

  private String facts() {
    return """
        <dl class="facts">
        <dt>Endpoint</dt><dd><code>%s</code></dd>
        <dt>Checked</dt><dd>%s, in %.1f s, by lastword %s</dd>
        <dt>Command</dt><dd><code>%s</code></dd>
        <dt>Kind of stream</dt><dd>%s, %s%s</dd>
        %s%s</dl>
        """
        .formatted(
            Markup.foreign(report.url()),
            TIME.format(report.started()),
            report.seconds(),
            Markup.escaped(report.origin().version()),
            Markup.foreign(report.origin().shell()),
            Markup.escaped(report.dialect()),
            Markup.escaped(report.dialectReason()),
            report
                .seen()
                .framework()
                .map(each -> "; it looks like " + Markup.escaped(each.title()))
                .orElse(""),
            fact("Text", report.seen().text()),
            fact("End", report.seen().ending()));
  }

  private static String fact(String name, String text) {
    return text.isEmpty()
        ? ""
        : "<dt>%s</dt><dd><code>%s</code></dd>\n".formatted(name, Markup.foreign(text));
  }

  private String lastEvents() {
    var events = report.seen().lastEvents();
    return events.isEmpty()
        ? ""
        : """
          <h2>The last events on the wire</h2>
          <section class="check"><pre>%s</pre></section>
          """
            .formatted(Markup.foreign(String.join("\n\n", events)));
  }

  private String reproduction() {
    return report
        .reproduction()
        .map(
            how ->
                """
                <h2>The same without Lastword</h2>
                <section class="check">
                %s<p>What %s found, with Python alone:</p>
                <pre>%s</pre>
                </section>
                """
                    .formatted(
                        how.shell().isEmpty()
                            ? ""
                            : "<p>With curl in a shell:</p>%n<pre>%s</pre>%n"
                                .formatted(Markup.foreign(how.shell())),
                        Markup.escaped(how.code()),
                        Markup.foreign(how.script())))
        .orElse("");
  }

  private String problem() {
    return """
        <h2>Why</h2>
        <section class="check"><p class="seen">%s</p></section>
        """
        .formatted(Markup.foreign(report.problem()));
  }

  private String results() {
    return counts()
        + cards(State.FAIL, "What went wrong")
        + reproduction()
        + """
        <h2>What was checked</h2>
        <p>An answer that is streamed to a screen is worth something only if it is still there afterwards. The checker
        read answers from this endpoint as people's browsers and programs do: it stayed to the end, left at
        the moments at which they leave, and came back. Then it %s.</p>
        """
            .formatted(
                report.verified()
                    ? "looked up what the application had saved"
                    : "judged what was sent; what the application saves was not looked up, because nobody said where")
        + table()
        + lastEvents()
        + cards(State.INCONCLUSIVE, "What could not be decided")
        + cards(State.PASS, "What is in order")
        + notTried()
        + """
        <footer>Times are counted from the moment at which a request was sent. A picture shows the worst run of its check; behind
        a // time is drawn shorter than it was;
        a check that passed can still have met a rare fault too seldom to show it.</footer>
        """;
  }

  private List<Finding> all(State state) {
    return report.byWeight().stream().filter(each -> each.verdict().state() == state).toList();
  }

  private String counts() {
    return List.of(State.FAIL, State.PASS, State.INCONCLUSIVE, State.NOT_APPLICABLE).stream()
        .map(
            state ->
                "<li class=\"%s\"><b>%d</b>%s</li>\n"
                    .formatted(
                        all(state).isEmpty() ? "zero" : state.word(),
                        all(state).size(),
                        word(state)))
        .collect(Collectors.joining("", "<ul class=\"counts\">\n", "</ul>\n"));
  }

  private static String word(State state) {
    return switch (state) {
      case FAIL -> "failed";
      case PASS -> "passed";
      case INCONCLUSIVE -> "undecided";
      case NOT_APPLICABLE -> "not tried";
    };
  }

  private String table() {
    return report.byWeight().stream()
        .filter(each -> each.verdict().state() != State.NOT_APPLICABLE)
        .map(HtmlReport::row)
        .collect(
            Collectors.joining(
                "",
                """
                <div class="table"><table>
                <thead><tr><th>Check</th><th>What was tried</th><th>Result</th><th class="wide">Runs</th><th class="wide">Severity</th></tr></thead>
                <tbody>
                """,
                "</tbody>\n</table></div>\n"));
  }

  private static String row(Finding finding) {
    var verdict = finding.verdict();
    var code = Markup.escaped(finding.scenario().code());
    return """
        <tr><td class="n"><a href="#%s">%s</a></td><td>%s</td><td>%s</td><td class="wide n">%s</td><td class="wide">%s</td></tr>
        """
        .formatted(
            code,
            code,
            Markup.escaped(finding.scenario().title()),
            badge(verdict),
            runs(verdict),
            finding.scenario().severity().name().toLowerCase(Locale.ROOT));
  }

  private static String runs(Verdict verdict) {
    return verdict.state() == State.FAIL
        ? verdict.failed() + " of " + verdict.runs() + " failed"
        : verdict.runs() == 0 ? "–" : String.valueOf(verdict.runs());
  }

  private static String badge(Verdict verdict) {
    return "<span class=\"badge %s\">%s</span>"
        .formatted(verdict.state().word(), word(verdict.state()));
  }

  private String cards(State state, String heading) {
    var findings = all(state);
    return findings.isEmpty()
        ? ""
        : findings.stream()
            .map(this::card)
            .collect(Collectors.joining("", "<h2>" + heading + "</h2>\n", ""));
  }

  private String card(Finding finding) {
    var scenario = finding.scenario();
    return """
        <section class="check" id="%s">
        <header><h3>%s: %s</h3>%s</header>
        <p class="seen">%s</p>
        %s</section>
        """
        .formatted(
            Markup.escaped(scenario.code()),
            Markup.escaped(scenario.code()),
            Markup.escaped(scenario.title()),
            badge(finding.verdict()),
            Markup.foreign(sentence(finding.verdict().detail())),
            finding.failed() ? picture(finding) + meaning(finding) : folded(finding));
  }

  private static String sentence(String detail) {
    return detail.isEmpty()
        ? detail
        : Character.toUpperCase(detail.charAt(0)) + detail.substring(1) + ".";
  }

  private static String picture(Finding finding) {
    return finding.verdict().worst().map(worst -> new TimelinePicture(worst).html()).orElse("");
  }

  private static String folded(Finding finding) {
    var picture = picture(finding);
    return picture.isEmpty()
        ? ""
        : "<details><summary>Timeline</summary>\n" + picture + "</details>\n";
  }

  private String meaning(Finding finding) {
    var page = CheckPage.of(finding.scenario().code());
    return """
        <dl>
        %s%s<dt>What to do</dt><dd>%s%s</dd>
        %s</dl>
        %s"""
        .formatted(
            item("What it means", page.symptom()),
            item("Why it happens", page.cause()),
            Markup.escaped(finding.scenario().advice()),
            link(finding),
            report
                .seen()
                .framework()
                .filter(each -> Reproduction.shows(finding.scenario().code()))
                .map(
                    each ->
                        "<dt>In %s</dt><dd>%s.</dd>%n"
                            .formatted(Markup.escaped(each.title()), Markup.escaped(each.change())))
                .orElse(""),
            page.whole().isEmpty()
                ? ""
                : "<details class=\"page\"><summary>How to, in Python, Node and Java (<code>%s</code>)</summary>%n%s</details>%n"
                    .formatted(Markup.escaped(finding.page()), Markup.page(page.whole())));
  }

  private String link(Finding finding) {
    return report
        .origin()
        .page(finding.scenario().code())
        .filter(each -> each.matches("https?://.*"))
        .map(each -> " <a href=\"%s\">Read on</a>".formatted(Markup.escaped(each)))
        .orElse("");
  }

  private static String item(String name, String text) {
    return text.isEmpty() ? "" : "<dt>%s</dt><dd>%s</dd>\n".formatted(name, Markup.paragraph(text));
  }

  private String notTried() {
    var findings = all(State.NOT_APPLICABLE);
    return findings.isEmpty()
        ? ""
        : findings.stream()
            .map(
                each ->
                    "<tr id=\"%s\"><td class=\"n\">%s</td><td>%s</td><td>%s</td></tr>\n"
                        .formatted(
                            Markup.escaped(each.scenario().code()),
                            Markup.escaped(each.scenario().code()),
                            Markup.escaped(each.scenario().title()),
                            Markup.foreign(sentence(each.verdict().detail()))))
            .collect(
                Collectors.joining(
                    "",
                    """
                    <details class="untried"><summary><h2>What was not tried</h2></summary>
                    <div class="table"><table>
                    <thead><tr><th>Check</th><th>What it tries</th><th>What it needs</th></tr></thead>
                    <tbody>
                    """,
                    "</tbody>\n</table></div>\n</details>\n"));
  }
}
