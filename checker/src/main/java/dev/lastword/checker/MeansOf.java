package dev.lastword.checker;

import dev.lastword.checker.scenario.CompleteMark;
import dev.lastword.checker.scenario.Means;
import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.checker.template.Template;
import dev.lastword.cli.UsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.PatternSyntaxException;

/** Makes of what was said what single checks need. */
final class MeansOf {
  private static final int READERS_MAX = 200;

  private final Settings settings;
  private final RequestTemplate request;

  /**
   * @param request the request that is checked
   */
  MeansOf(Settings settings, RequestTemplate request) {
    this.settings = settings;
    this.request = request;
  }

  /**
   * Everything that was said.
   *
   * @throws UsageException for what cannot be understood
   */
  Means means() {
    return new Means(
        complete(),
        stop(),
        failing(),
        value(Flags.SILENT_DATA).map(data -> withBody(request, data)),
        value(Flags.IDEMPOTENCY_HEADER),
        new Requests(settings).headers(Flags.OTHER_HEADER),
        value(Flags.KILL_COMMAND).map(Template::new),
        value(Flags.RESTART_COMMAND).map(Template::new),
        readers(),
        Durations.parse(Flags.SILENCE_MAX.flag(), settings.get(Flags.SILENCE_MAX.flag(), "25s")));
  }

  private Optional<String> value(Flags flag) {
    return Optional.ofNullable(settings.get(flag.flag()));
  }

  private static RequestTemplate withBody(RequestTemplate request, String body) {
    return new RequestTemplate(
        request.method(), request.url(), request.headers(), new Template(body));
  }

  private Optional<RequestTemplate> failing() {
    var headers = new Requests(settings).headers(Flags.FAIL_HEADER);
    var data = value(Flags.FAIL_DATA);
    if (headers.isEmpty() && data.isEmpty()) {
      return Optional.empty();
    }
    var all = new ArrayList<>(request.headers());
    all.removeIf(
        each -> headers.stream().anyMatch(h -> h.getKey().equalsIgnoreCase(each.getKey())));
    all.addAll(headers);
    return Optional.of(
        new RequestTemplate(
            request.method(),
            request.url(),
            List.copyOf(all),
            data.map(Template::new).orElse(request.body())));
  }

  private Optional<RequestTemplate> stop() {
    return value(Flags.STOP)
        .map(
            rule -> {
              int space = rule.indexOf(' ');
              var method = space < 0 ? "POST" : rule.substring(0, space);
              var url = rule.substring(space + 1).strip();
              if (!method.matches("[A-Z]+") || !url.matches("https?://.*")) {
                throw new UsageException("--stop '" + rule + "' is not 'METHOD URL' or a URL");
              }
              return new RequestTemplate(method, new Template(url), List.of(), new Template(""));
            });
  }

  private Optional<CompleteMark> complete() {
    try {
      return value(Flags.EXPECT_COMPLETE).map(CompleteMark::of);
    } catch (PatternSyntaxException e) {
      throw new UsageException(
          "--expect-complete is neither /pointer=text nor a regular expression: "
              + e.getDescription());
    }
  }

  private int readers() {
    var text = settings.get(Flags.READERS.flag(), "12");
    int n = text.matches("\\d{1,3}") ? Integer.parseInt(text) : 0;
    if (n < 2 || n > READERS_MAX) {
      throw new UsageException(
          "--readers is '" + text + "', not a number from 2 to " + READERS_MAX);
    }
    return n;
  }
}
