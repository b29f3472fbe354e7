package dev.lastword.gateway;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
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
  private static final List<String> ROUTES = List.of("routes");
  private static final List<String> HOOKS = List.of("hooks");

  private final Map<Setting, String> values = new EnumMap<>(Setting.class);
  private final Map<Setting, String> sources = new EnumMap<>(Setting.class);

  /** Values of a file as they are written there, with references in place of what is secret. */
  private final Map<Setting, String> written = new EnumMap<>(Setting.class);

  private final List<RouteSettings> routes = new ArrayList<>();
  private final List<HookSettings> hooks = new ArrayList<>();
  private final References references;
  private final @Nullable Settings otherwise;

  Settings() {
    this(System.getenv());
  }

  /**
   * @param environment what references of a file are looked up in
   */
  Settings(Map<String, String> environment) {
    this.references = new References(environment);
    this.otherwise = null;
  }

  /**
   * Settings of a part, such as a route.
   *
   * @param otherwise says what is not set here
   */
  Settings(Settings otherwise) {
    this.references = otherwise.references;
    this.otherwise = otherwise;
  }

  String get(Setting setting) {
    var value = values.get(setting);
    if (value != null) {
      return value;
    }
    return otherwise == null ? setting.standard() : otherwise.get(setting);
  }

  /** Where the value comes from, for messages about it. */
  String source(Setting setting) {
    var source = sources.get(setting);
    if (source != null) {
      return source;
    }
    return otherwise == null ? "default" : otherwise.source(setting);
  }

  /** Whether they are of a part, over what holds otherwise. */
  boolean isPart() {
    return otherwise != null;
  }

  /** Whether it is set here, and not by what holds otherwise. */
  boolean isOwn(Setting setting) {
    return values.containsKey(setting);
  }

  /** The value as a file has to say it. */
  String written(Setting setting) {
    var said = written.get(setting);
    return said == null ? References.quoted(get(setting)) : said;
  }

  /** The routes that a file lists. */
  List<RouteSettings> routes() {
    return routes;
  }

  /** The save hooks that a file names. */
  List<HookSettings> hooks() {
    return hooks;
  }

  References references() {
    return references;
  }

  void set(Setting setting, String value, String source) {
    values.put(setting, value);
    sources.put(setting, source);
    written.remove(setting);
  }

  /**
   * Takes settings over as they are elsewhere, and where nothing is set there, leaves them unset.
   */
  void take(Settings from, Predicate<Setting> taken) {
    for (var setting : Setting.values()) {
      if (taken.test(setting)) {
        take(setting, from.values, values);
        take(setting, from.sources, sources);
        take(setting, from.written, written);
      }
    }
  }

  private static void take(Setting setting, Map<Setting, String> from, Map<Setting, String> into) {
    var value = from.get(setting);
    if (value == null) {
      into.remove(setting);
    } else {
      into.put(setting, value);
    }
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
        case START_OBJECT -> {
          if (List.copyOf(path).equals(HOOKS)) {
            hooks.addAll(new HooksReader(parser, file, references).read());
            path.pollLast();
          }
        }
        case END_OBJECT -> path.pollLast();
        default -> {
          if (List.copyOf(path).equals(ROUTES)) {
            routes.addAll(new RoutesReader(parser, file, this).read());
          } else {
            var source = file + ":" + parser.currentTokenLocation().getLineNr();
            read(parser, known(String.join(".", path), source), source);
          }
          path.pollLast();
        }
      }
    }
  }

  /** Reads the value that a parser is at. */
  void read(JsonParser parser, Setting setting, String source) {
    var text =
        setting.isList() && parser.currentToken() == JsonToken.START_ARRAY
            ? list(parser, setting, source)
            : scalar(parser, setting, source);
    set(setting, references.resolve(text, source + ": '" + setting.key() + "'"), source);
    written.put(setting, text);
  }

  private static String list(JsonParser parser, Setting setting, String source) {
    var words = new ArrayList<String>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      words.add(scalar(parser, setting, source));
    }
    return String.join("; ", words);
  }

  private static String scalar(JsonParser parser, Setting setting, String source) {
    var token = parser.currentToken();
    if (!token.isScalarValue() || token == JsonToken.VALUE_NULL) {
      throw new ConfigException(source + ": '" + setting.key() + "' needs one value");
    }
    return parser.getString();
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
      var value = written(setting);
      out.append(quote(setting.isSecret() ? References.shown(value) : value)).append('\n');
    }
    if (!hooks.isEmpty()) {
      out.append("hooks:\n");
      hooks.forEach(hook -> out.append(hook.print()));
    }
    if (!routes.isEmpty()) {
      out.append("routes:\n");
      routes.forEach(route -> out.append(route.print()));
    }
    return out.toString();
  }

  /** A text as YAML's double quotes hold it. */
  static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
