package dev.lastword.gateway;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.dataformat.yaml.YAMLFactory;

/**
 * What was set, as text, and by what. A later source overrides an earlier one: file, environment,
 * flags.
 */
final class Settings {
  private final Map<Setting, String> values = new EnumMap<>(Setting.class);
  private final Map<Setting, String> sources = new EnumMap<>(Setting.class);

  String get(Setting setting) {
    return values.getOrDefault(setting, setting.standard());
  }

  /** Where the value comes from, for messages about it. */
  String source(Setting setting) {
    return sources.getOrDefault(setting, "default");
  }

  void set(Setting setting, String value, String source) {
    values.put(setting, value);
    sources.put(setting, source);
  }

  /** Sets what {@code key=value} says. */
  void set(String assignment) {
    int equals = assignment.indexOf('=');
    if (equals < 1) {
      throw new ConfigException("--set needs KEY=VALUE, not '" + assignment + "'");
    }
    set(known(assignment.substring(0, equals), "--set"), assignment.substring(equals + 1), "--set");
  }

  private static Setting known(String key, String source) {
    return Setting.named(key)
        .orElseThrow(
            () ->
                new ConfigException(
                    "%s: unknown key '%s'; did you mean '%s'?"
                        .formatted(source, key, Setting.nearest(key))));
  }

  void readEnvironment(Map<String, String> environment) {
    for (var setting : Setting.values()) {
      var value = environment.get(setting.variable());
      if (value != null) {
        set(setting, value, setting.variable());
      }
    }
  }

  /** Reads a YAML file: nested mappings whose leaves are the settings. */
  void readFile(Path file) {
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      throw new ConfigException("cannot read the configuration file " + file);
    }
    try (var parser = new YAMLFactory().createParser(ObjectReadContext.empty(), file.toFile())) {
      read(parser, file.toString());
    } catch (JacksonException e) {
      var at = e.getLocation();
      throw new ConfigException(
          "%s:%d: %s"
              .formatted(file, at == null ? 0 : at.getLineNr(), firstLine(e.getOriginalMessage())));
    }
  }

  private void read(JsonParser parser, String file) {
    var path = new ArrayDeque<String>();
    for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
      switch (token) {
        case PROPERTY_NAME -> path.addLast(parser.currentName());
        case START_OBJECT -> {}
        case END_OBJECT -> path.pollLast();
        default -> {
          var source = file + ":" + parser.currentTokenLocation().getLineNr();
          var setting = known(String.join(".", path), source);
          if (!token.isScalarValue() || token == JsonToken.VALUE_NULL) {
            throw new ConfigException(source + ": '" + setting.key() + "' needs one value");
          }
          set(setting, parser.getString(), source);
          path.pollLast();
        }
      }
    }
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("malformed");
  }

  /** The settings as a configuration file that would say the same. */
  String print() {
    var out = new StringBuilder();
    var section = "";
    for (var setting : Setting.values()) {
      int dot = setting.key().indexOf('.');
      var its = dot < 0 ? "" : setting.key().substring(0, dot);
      if (!its.equals(section)) {
        out.append(its).append(":\n");
        section = its;
      }
      var indent = its.isEmpty() ? "" : "  ";
      out.append(indent)
          .append("# ")
          .append(setting.meaning())
          .append(" (")
          .append(source(setting))
          .append(")\n");
      out.append(indent).append(setting.key().substring(dot + 1)).append(": ");
      out.append('"')
          .append(get(setting).replace("\\", "\\\\").replace("\"", "\\\""))
          .append("\"\n");
    }
    return out.toString();
  }
}
