package dev.lastword.gateway;

import dev.lastword.cli.Spelling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** One item of the file's list {@code routes}, as text, and where it stands. */
final class RouteSettings {
  static final String PATH = "path";
  static final String UPSTREAM = "upstream";
  static final String UPSTREAMS = "upstreams";
  static final String STRIP = "strip";
  static final String HEADERS = "upstream-headers";

  private static final List<String> OWN = List.of(PATH, UPSTREAM, UPSTREAMS, STRIP, HEADERS);
  private static final Set<String> SECTIONS = Set.of("dialect", "relay", "streams");

  /** What a route may say of saving; how hooks are called is the same for all. */
  private static final Set<Setting> SAVING =
      Set.of(Setting.SAVE, Setting.SAVE_POLICY, Setting.SAVE_FACTS);

  private final String source;
  private final Settings settings;
  private final Map<String, Value> values = new LinkedHashMap<>();
  private final List<Value> upstreams = new ArrayList<>();
  private final Map<String, Value> headers = new LinkedHashMap<>();

  /**
   * One value.
   *
   * @param written as it stands in the file
   * @param text with what its references stand for
   * @param source where it stands
   */
  record Value(String written, String text, String source) {}

  /**
   * @param source where it begins
   * @param settings for what it overrides
   */
  RouteSettings(String source, Settings settings) {
    this.source = source;
    this.settings = settings;
  }

  String source() {
    return source;
  }

  /** What it overrides, over all that holds for every route. */
  Settings settings() {
    return settings;
  }

  /** A value of its own, what is said otherwise if it has none. */
  Value value(String key, String otherwise) {
    return values.getOrDefault(key, new Value(otherwise, otherwise, source));
  }

  List<Value> upstreams() {
    return upstreams;
  }

  /** Fields for the upstream, by their names as written. */
  Map<String, Value> headers() {
    return headers;
  }

  void set(String key, Value value) {
    if (key.equals(UPSTREAM)) {
      addUpstreams(List.of(value));
    } else {
      values.put(key, value);
    }
  }

  void addUpstreams(List<Value> more) {
    if (!upstreams.isEmpty() && !more.isEmpty()) {
      throw new ConfigException(
          more.getFirst().source() + ": a route has either 'upstream' or 'upstreams'");
    }
    upstreams.addAll(more);
  }

  /**
   * The setting that a key of a route overrides, by its whole key or by the last part of it where
   * no other ends alike.
   */
  static Setting overridden(String key, String source) {
    var whole = Setting.whole(key);
    var meant = overridable().filter(setting -> fits(setting, whole)).toList();
    if (meant.size() == 1) {
      return meant.getFirst();
    }
    if (meant.isEmpty()) {
      throw new ConfigException(
          "%s: unknown key '%s' of a route; did you mean '%s'?"
              .formatted(source, key, nearest(key)));
    }
    throw new ConfigException(
        "%s: '%s' of a route is either '%s' or '%s'"
            .formatted(source, key, meant.get(0).key(), meant.get(1).key()));
  }

  private static boolean fits(Setting setting, String key) {
    return setting.key().equals(key) || last(setting).equals(key);
  }

  private static Stream<Setting> overridable() {
    return Arrays.stream(Setting.values()).filter(RouteSettings::isOverridable);
  }

  private static boolean isOverridable(Setting setting) {
    int dot = setting.key().indexOf('.');
    return SAVING.contains(setting)
        || (dot > 0 && SECTIONS.contains(setting.key().substring(0, dot)));
  }

  private static String last(Setting setting) {
    return setting.key().substring(setting.key().indexOf('.') + 1);
  }

  private static String nearest(String key) {
    var keys = new ArrayList<>(OWN);
    overridable().forEach(setting -> keys.add(key.contains(".") ? setting.key() : last(setting)));
    return Spelling.nearest(key, keys).orElseThrow();
  }

  /** This route as an item that would say the same, but for secrets that stand in the file. */
  String print() {
    var out = new StringBuilder("  # " + source + "\n  - ");
    for (var key : List.of(PATH, STRIP)) {
      var value = values.get(key);
      if (value != null) {
        out.append(key).append(": ").append(Settings.quote(value.written())).append("\n    ");
      }
    }
    out.append(UPSTREAMS).append(":\n");
    upstreams.forEach(
        value -> out.append("      - ").append(Settings.quote(value.written())).append('\n'));
    if (!headers.isEmpty()) {
      out.append("    ").append(HEADERS).append(":\n");
      headers.forEach(
          (name, value) ->
              out.append("      ")
                  .append(Settings.quote(name))
                  .append(": ")
                  .append(Settings.quote(References.shown(value.written())))
                  .append('\n'));
    }
    overridable()
        .filter(settings::isOwn)
        .forEach(
            setting ->
                out.append("    ")
                    .append(setting.key())
                    .append(": ")
                    .append(Settings.quote(settings.written(setting)))
                    .append('\n'));
    return out.toString();
  }
}
