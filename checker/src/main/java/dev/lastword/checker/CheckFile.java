package dev.lastword.checker;

import dev.lastword.cli.Spelling;
import dev.lastword.cli.UsageException;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.dataformat.yaml.YAMLFactory;

/**
 * A check as a YAML file says it. Its keys are the flags' long names, {@code url} and {@code
 * steps}.
 *
 * @see "docs/formats/check-yaml.md"
 */
final class CheckFile {
  static final String URL = "url";
  private static final String QUOTES = " (text that begins with {{ needs quotes around it)";
  private static final String STEPS = "steps";
  private static final List<String> STEP_KEYS =
      List.of(URL, Flags.METHOD.flag(), Flags.HEADER.flag(), Flags.DATA.flag());

  private static final Pattern VARIABLE =
      Pattern.compile("\\$(\\$\\{)|\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");

  private final String name;
  private final Map<String, String> environment;
  private final JsonParser parser;

  private CheckFile(String name, Map<String, String> environment, JsonParser parser) {
    this.name = name;
    this.environment = environment;
    this.parser = parser;
  }

  /**
   * What a file says.
   *
   * @param environment what {@code ${NAME}} stands for
   * @throws UsageException if it cannot be read or understood; names the line
   */
  static Settings read(Path file, Map<String, String> environment) {
    try {
      return parse(Files.readString(file), file.toString(), environment);
    } catch (IOException e) {
      throw new UsageException("cannot read the file " + file);
    }
  }

  /** What a text says; messages about it call it by this name. */
  static Settings parse(String text, String name, Map<String, String> environment) {
    try (var parser = new YAMLFactory().createParser(ObjectReadContext.empty(), text)) {
      return new CheckFile(name, environment, parser).settings();
    } catch (JacksonException e) {
      var at = e.getLocation();
      throw new UsageException(
          "%s:%d: %s%s"
              .formatted(
                  name,
                  at == null ? 0 : at.getLineNr(),
                  e.getOriginalMessage().lines().findFirst().orElse(""),
                  QUOTES));
    }
  }

  private Settings settings() {
    var values = new LinkedHashMap<String, List<String>>();
    var steps = new LinkedHashMap<String, Settings.Step>();
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw wrong("a check is a mapping, such as 'url: http://localhost:8000/chat'");
    }
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var key = key(keys(), values.keySet());
      if (key.equals(STEPS)) {
        readSteps(steps);
      } else {
        values.put(key, value(key));
      }
    }
    return new Settings(values, steps);
  }

  private static List<String> keys() {
    return Stream.concat(Stream.of(URL, STEPS), Arrays.stream(Flags.values()).map(Flags::flag))
        .toList();
  }

  /** The key that the parser is at; it goes on to the value. */
  private String key(List<String> known, Set<String> before) {
    var key = parser.currentName();
    if (!known.contains(key)) {
      throw wrong(
          "unknown key '"
              + key
              + "'"
              + Spelling.similar(key, known)
                  .map(near -> "; did you mean '" + near + "'?")
                  .orElse("; there are " + String.join(", ", known)));
    }
    if (before.contains(key)) {
      throw wrong("'" + key + "' is there twice");
    }
    parser.nextToken();
    return key;
  }

  private void readSteps(Map<String, Settings.Step> steps) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw wrong("'steps' is a mapping of names to requests");
    }
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var name = parser.currentName();
      if (!name.matches("[A-Za-z0-9_-]+") || steps.containsKey(name)) {
        throw wrong("a step needs a name of its own, of letters and digits, not '" + name + "'");
      }
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw wrong("step '" + name + "' needs a request: url, method, header, data");
      }
      steps.put(name, step(name));
    }
  }

  private Settings.Step step(String name) {
    var values = new LinkedHashMap<String, List<String>>();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var key = key(STEP_KEYS, values.keySet());
      values.put(key, value(key));
    }
    if (!values.containsKey(URL)) {
      throw wrong("step '" + name + "' needs a url");
    }
    return new Settings.Step(values);
  }

  private List<String> value(String key) {
    var flag = Flags.named(key);
    if (flag.filter(Flags::isHeader).isPresent() && parser.currentToken().isStructStart()) {
      return headers(key);
    }
    if (flag.filter(Flags::isBody).isPresent() && parser.currentToken().isStructStart()) {
      return List.of(expanded(key, json()));
    }
    if (parser.currentToken() == JsonToken.START_ARRAY
        && flag.filter(Flags::isRepeatable).isPresent()) {
      var all = new ArrayList<String>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        all.add(scalar(key));
      }
      return all;
    }
    return List.of(scalar(key));
  }

  /** Header lines from a mapping of names to values, or from a list of lines. */
  private List<String> headers(String key) {
    var lines = new ArrayList<String>();
    if (parser.currentToken() == JsonToken.START_ARRAY) {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        lines.add(scalar(key));
      }
      return lines;
    }
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var name = parser.currentName();
      parser.nextToken();
      lines.add(name + ": " + scalar(key));
    }
    return lines;
  }

  /** A mapping or a list as JSON. */
  private String json() {
    var text = new StringWriter();
    try (var out = new JsonFactory().createGenerator(ObjectWriteContext.empty(), text)) {
      out.copyCurrentStructure(parser);
    }
    return text.toString();
  }

  private String scalar(String key) {
    var token = parser.currentToken();
    if (!token.isScalarValue() || token == JsonToken.VALUE_NULL) {
      throw wrong(
          "'" + key + "' needs one value" + (token == JsonToken.START_OBJECT ? QUOTES : ""));
    }
    return expanded(key, parser.getString());
  }

  /**
   * The text with its environment variables; those of shell commands are the shell's to fill in.
   */
  private String expanded(String key, String text) {
    return key.endsWith("-command")
        ? text
        : VARIABLE.matcher(text).replaceAll(m -> Matcher.quoteReplacement(variable(key, m)));
  }

  private String variable(String key, MatchResult found) {
    if (found.group(1) != null) {
      return found.group(1);
    }
    var name = found.group(2);
    var value = environment.get(name);
    if (value == null) {
      throw wrong("the environment variable " + name + " is not set");
    }
    return key.equals(URL) || Flags.named(key).filter(Flags::hasPlaces).isPresent()
        ? "{{env:" + name + "}}"
        : value;
  }

  private UsageException wrong(String what) {
    return new UsageException(
        "%s:%d: %s".formatted(name, parser.currentTokenLocation().getLineNr(), what));
  }
}
