package dev.lastword.checker;

import dev.lastword.checker.scenario.Clients;
import dev.lastword.checker.scenario.Plan;
import dev.lastword.checker.template.Answers;
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
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/** Makes a plan of what was said. */
final class Plans {
  private static final int RUNS = 5;
  private static final int RUNS_MAX = 1000;
  private static final Set<String> CREDENTIALS = Set.of("authorization", "cookie", "x-api-key");

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
    if (!url.startsWith("http://") && !url.startsWith("https://")) {
      throw new UsageException("'" + url + "' is no http or https address");
    }
    var data = settings.get(Flags.DATA.flag(), "");
    var method = settings.get(Flags.METHOD.flag(), data.isEmpty() ? "GET" : "POST");
    var headers = requestHeaders(data);
    var request =
        new RequestTemplate(
            method.toUpperCase(Locale.ROOT), new Template(url), headers, new Template(data));
    var answers = new Answers(dialect(), Optional.ofNullable(settings.get(Flags.TEXT.flag())));
    return new Plan(
        request,
        steps(),
        answers,
        verification(headers),
        Optional.ofNullable(settings.get(Flags.RESUME.flag())).map(Template::new),
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
      var page = URI.create(text);
      if (page.getHost() != null && Set.of("http", "https").contains(page.getScheme())) {
        return page;
      }
    } catch (IllegalArgumentException e) {
      // said below, as for an address of another kind
    }
    throw new UsageException("--page '" + text + "' is no http or https address");
  }

  private List<Map.Entry<String, Template>> requestHeaders(String data) {
    var headers = new ArrayList<>(headers(Flags.HEADER));
    if (headers.stream().noneMatch(h -> h.getKey().equalsIgnoreCase("accept"))) {
      headers.add(Map.entry("Accept", new Template("text/event-stream")));
    }
    var start = data.stripLeading();
    if (start.startsWith("{")
        && headers.stream().noneMatch(h -> h.getKey().equalsIgnoreCase("content-type"))) {
      headers.add(Map.entry("Content-Type", new Template("application/json")));
    }
    return List.copyOf(headers);
  }

  private List<Map.Entry<String, Template>> headers(Flags flag) {
    return settings.all(flag.flag()).stream().map(line -> header(flag, line)).toList();
  }

  private static Map.Entry<String, Template> header(Flags flag, String line) {
    int colon = line.indexOf(':');
    if (colon < 1 || !line.substring(0, colon).matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
      throw new UsageException("--" + flag.flag() + " '" + line + "' is not 'name: value'");
    }
    return Map.entry(line.substring(0, colon), new Template(line.substring(colon + 1).strip()));
  }

  private Map<String, RequestTemplate> steps() {
    var steps = new LinkedHashMap<String, RequestTemplate>();
    settings
        .steps()
        .forEach(
            (name, step) ->
                steps.put(
                    name,
                    new RequestTemplate(
                        step.method().toUpperCase(Locale.ROOT),
                        new Template(step.url()),
                        step.headers().entrySet().stream()
                            .map(each -> Map.entry(each.getKey(), new Template(each.getValue())))
                            .toList(),
                        new Template(step.body()))));
    return steps;
  }

  private Dialect dialect() {
    var terminals = settings.all(Flags.TERMINAL.flag());
    if (!terminals.isEmpty()) {
      return new PlainDialect(terminals.stream().map(Plans::marker).toList(), true);
    }
    var name = settings.get(Flags.DIALECT.flag());
    if (name != null) {
      return Dialects.named(name)
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
    return Dialects.ofPath(url.replaceFirst("^https?://[^/?#]*", "").replaceFirst("[?#].*$", ""));
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

  private Optional<Verification> verification(List<Map.Entry<String, Template>> request) {
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
    var headers = headers(Flags.VERIFY_HEADER);
    if (headers.isEmpty() && origin(url).equals(origin(this.url))) {
      headers =
          request.stream()
              .filter(each -> CREDENTIALS.contains(each.getKey().toLowerCase(Locale.ROOT)))
              .toList();
    }
    return Optional.of(
        new Verification.Http(RequestTemplate.get(new Template(url), headers), expectation()));
  }

  /** Credentials go to the host that they were given for, and to no other. */
  private static String origin(String url) {
    return url.replaceFirst("^(https?://[^/?#]*).*$", "$1").toLowerCase(Locale.ROOT);
  }

  private Expectation expectation() {
    var json = settings.get(Flags.EXPECT_JSON.flag());
    var match = settings.get(Flags.EXPECT_MATCH.flag());
    var text = settings.get(Flags.EXPECT.flag());
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
