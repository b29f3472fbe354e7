package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the pages say of the gateway is what it is. */
class DocumentedTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern PROBLEM =
      Pattern.compile(
          "Problem\\s*\\.\\s*(?:of|unavailable|tooMuch)\\(\\s*(?:[0-9]+,\\s*)?\"([a-z_]+)\"");
  private static final Pattern METRIC = Pattern.compile("\"(lastword\\.[a-z.]+)\"");
  private static final Pattern FAILURE = Pattern.compile("\"(upstream_[a-z_]+)\"");

  @Test
  void givenEveryProblem_thenHttpMdHasItsCode() throws Exception {
    var page = Files.readString(ROOT.resolve("docs/protocols/http.md"));
    var sources = sources();
    var codes = new TreeSet<String>();
    for (var pattern : new Pattern[] {PROBLEM, FAILURE}) {
      pattern.matcher(sources).results().forEach(found -> codes.add(found.group(1)));
    }

    assertThat(codes).contains("host_refused", "upstream_kept_closed", "request_too_large");
    assertThat(codes).allSatisfy(code -> assertThat(page).contains("`" + code + "`"));
  }

  @Test
  void givenEverySetting_thenTheGuideHasItWithItsDefault() throws Exception {
    var guide = Files.readString(ROOT.resolve("docs/guides/gateway.md"));

    assertThat(Setting.values())
        .allSatisfy(
            setting -> {
              var row =
                  guide
                      .lines()
                      .filter(line -> line.startsWith("| `") && line.contains(named(setting)))
                      .findFirst();
              assertThat(row).as(setting.key()).isPresent();
              assertThat(row.orElseThrow()).contains(setting.standard());
            });
  }

  @Test
  void givenEveryMetric_thenHttpMdHasIt() throws Exception {
    var page = Files.readString(ROOT.resolve("docs/protocols/http.md"));
    var names = new TreeSet<String>();
    METRIC
        .matcher(sources())
        .results()
        .forEach(found -> names.add(found.group(1).replace('.', '_')));

    assertThat(names).contains("lastword_saves_pending", "lastword_streams_opened");
    assertThat(names).allSatisfy(name -> assertThat(page).containsPattern(written(name)));
  }

  /** Behind the first of a row the others may stand without what they have in common with it. */
  private static Pattern written(String name) {
    var own = name.replaceFirst("^lastword_[a-z]+_", "_");
    return Pattern.compile("`(" + name + "|" + own + ")(_total|_seconds)?(\\{[a-z]+})?`");
  }

  private static String named(Setting setting) {
    return "`" + setting.key() + "`";
  }

  private static String sources() throws IOException {
    try (var files = Files.walk(Path.of("src/main/java"))) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .map(DocumentedTest::read)
          .collect(Collectors.joining("\n"));
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
