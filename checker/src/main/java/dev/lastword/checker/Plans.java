package dev.lastword.checker;

import dev.lastword.checker.form.Answers;
import dev.lastword.checker.form.DialectChoice;
import dev.lastword.checker.form.TextPlace;
import dev.lastword.checker.probe.Credentials;
import dev.lastword.checker.scenario.Clients;
import dev.lastword.checker.scenario.Plan;
import dev.lastword.checker.template.Address;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.checker.template.Template;
import dev.lastword.checker.verify.Expectation;
import dev.lastword.checker.verify.Verification;
import dev.lastword.cli.UsageException;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.Marker;
import dev.lastword.dialect.PlainDialect;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes a plan of what was said. */
final class Plans {
  private static final int RUNS = 5;
  private static final int RUNS_MAX = 1000;

  private final Settings settings;
  private final String url;

  Plans(Settings settings, String url) {
    this.settings = settings;
    this.url = url;
  }

  /**
   * The plan.
   *
   * @throws UsageException for what cannot be understood
   */
  Plan plan() {
    var requests = new Requests(settings);
    var request = requests.to(url, List.of(Map.entry("Accept", new Template("text/event-stream"))));
    var answers = new Answers(choice(), text());
    return new Plan(
        request,
        steps(),
        answers,
        verification(requests, request.headers()),
        Optional.ofNullable(settings.get(Flags.RESUME.flag())).map(Template::new),
        new MeansOf(settings, request).means(),
        runs(),
        Durations.parse(Flags.WAIT.flag(), settings.get(Flags.WAIT.flag(), "5s")),
        clients());
  }

  private Clients clients() {
    try {
      return new Clients(
          Optional.ofNullable(settings.get(Flags.PAGE.flag())).map(Plans::page),
          Optional.ofNullable(settings.get(Flags.SDK_DIR.flag())).map(Path::of));
    } catch (InvalidPathException e) {
      throw new UsageException("--sdk-dir is no folder: " + e.getMessage());
    }
  }

  private static URI page(String text) {
    try {
      return Address.of(text, text);
    } catch (MissingValueException e) {
      throw new UsageException("--page " + e.getMessage());
    }
  }

  private Map<String, RequestTemplate> steps() {
    var steps = new LinkedHashMap<String, RequestTemplate>();
    settings
        .steps()
        .forEach(
            (name, step) -> {
              var its = step.settings();
              steps.put(name, new Requests(its).to(its.get(CheckFile.URL, ""), List.of()));
            });
    return steps;
  }

  private Optional<TextPlace> text() {
    var rule = settings.get(Flags.TEXT.flag());
    try {
      return Optional.ofNullable(rule).map(TextPlace::parse);
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "--text '"
              + rule
              + "' is none of /pointer, json, data and words, behind event:TYPE or"
              + " json:/pointer=value if that says which events have it");
    }
  }

  private DialectChoice choice() {
    var terminals = settings.all(Flags.TERMINAL.flag());
    if (!terminals.isEmpty()) {
      return told(new PlainDialect(terminals.stream().map(Plans::marker).toList(), true));
    }
    var name = settings.get(Flags.DIALECT.flag());
    if (name != null) {
      return Dialects.named(name)
          .map(Plans::told)
          .orElseThrow(
              () ->
                  new UsageException(
                      "there is no dialect '"
                          + name
                          + "'; there are "
                          + Dialects.all().stream()
                              .map(Dialect::name)
                              .collect(Collectors.joining(", "))));
    }
    return DialectChoice.ofPath(
        url.replaceFirst("^https?://[^/?#]*", "").replaceFirst("[?#].*$", ""));
  }

  private static DialectChoice told(Dialect dialect) {
    return new DialectChoice(dialect, DialectChoice.Reason.TOLD);
  }

  private static Marker marker(String rule) {
    if (rule.startsWith("event:")) {
      return new Marker.Type(rule.substring("event:".length()).strip());
    }
    if (rule.startsWith("data:")) {
      return new Marker.Data(rule.substring("data:".length()).strip());
    }
    int equals = rule.indexOf('=');
    if (rule.startsWith("json:/") && equals > 0) {
      return new Marker.Value(rule.substring("json:".length(), equals), rule.substring(equals + 1));
    }
    throw new UsageException(
        "--terminal '" + rule + "' is none of data:TEXT, event:TYPE, json:/pointer=value");
  }

  private Optional<Verification> verification(
      Requests requests, List<Map.Entry<String, Template>> request) {
    var url = settings.get(Flags.VERIFY.flag());
    var command = settings.get(Flags.VERIFY_COMMAND.flag());
    if (url != null && command != null) {
      throw new UsageException("--verify and --verify-command cannot be used together");
    }
    if (command != null) {
      return Optional.of(new Verification.Command(new Template(command), expectation()));
    }
    if (url == null) {
      return Optional.empty();
    }
    var headers = requests.headers(Flags.VERIFY_HEADER);
    if (headers.isEmpty() && Requests.origin(url).equals(Requests.origin(this.url))) {
      headers = credentials(request);
    }
    return Optional.of(new Verification.Http(looking(url, headers), expectation()));
  }

  /** The request that shows what was saved. */
  private RequestTemplate looking(String url, List<Map.Entry<String, Template>> headers) {
    var said = new LinkedHashMap<String, List<String>>();
    said.put(Flags.METHOD.flag(), settings.all(Flags.VERIFY_METHOD.flag()));
    said.put(Flags.DATA.flag(), settings.all(Flags.VERIFY_DATA.flag()));
    return new Requests(new Settings(said, Map.of())).to(url, headers);
  }

  /** The request's own, and the cookies of its steps. */
  private static List<Map.Entry<String, Template>> credentials(
      List<Map.Entry<String, Template>> request) {
    var its =
        new ArrayList<>(
            request.stream().filter(each -> Credentials.isHeader(each.getKey())).toList());
    if (its.stream().noneMatch(each -> each.getKey().equalsIgnoreCase("cookie"))) {
      its.add(Map.entry("Cookie", new Template("{{cookies}}")));
    }
    return its;
  }

  private Expectation expectation() {
    var json = settings.get(Flags.EXPECT_JSON.flag());
    var match = settings.get(Flags.EXPECT_MATCH.flag());
    var text = settings.get(Flags.EXPECT.flag());
    if (Stream.of(json, match, text).filter(Objects::nonNull).count() > 1) {
      throw new UsageException(
          "--expect, --expect-json and --expect-match cannot be used together");
    }
    if (json != null) {
      int equals = json.indexOf('=');
      if (!json.startsWith("/") || equals < 0) {
        throw new UsageException("--expect-json '" + json + "' is not /pointer=text");
      }
      return new Expectation(
          Expectation.Kind.EQUALS,
          json.substring(0, equals),
          new Template(json.substring(equals + 1)));
    }
    if (match != null) {
      return new Expectation(Expectation.Kind.MATCHES, "", pattern(match));
    }
    return text == null
        ? Expectation.ANSWER
        : new Expectation(Expectation.Kind.CONTAINS, "", new Template(text));
  }

  private static Template pattern(String match) {
    try {
      Pattern.compile(match.replaceAll("\\{\\{[^{}]*}}", "x"));
      return new Template(match);
    } catch (PatternSyntaxException e) {
      throw new UsageException("--expect-match is no regular expression: " + e.getDescription());
    }
  }

  private int runs() {
    var text = settings.get(Flags.RUNS.flag(), String.valueOf(RUNS));
    if (!text.matches("\\d{1,4}")) {
      throw new UsageException("--runs is '" + text + "', not a number from 1 to " + RUNS_MAX);
    }
    return Math.clamp(Integer.parseInt(text), 1, RUNS_MAX);
  }
}
