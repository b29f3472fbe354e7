package dev.lastword.gateway;

import dev.lastword.cli.Spelling;
import dev.lastword.gateway.RouteSettings.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** One member of the file's mapping {@code hooks}, as text, and where it stands. */
final class HookSettings {
  /** Keys whose values are not shown. */
  private static final Set<String> SECRET = Set.of("secret", "password", "url");

  private final String name;
  private final String source;
  private final Map<String, List<Value>> values = new LinkedHashMap<>();

  /**
   * @param source where it begins
   */
  HookSettings(String name, String source) {
    this.name = name;
    this.source = source;
  }

  String name() {
    return name;
  }

  String source() {
    return source;
  }

  void set(String key, List<Value> value) {
    values.put(key, value);
  }

  /** Whether it says this. */
  boolean has(String key) {
    return values.containsKey(key);
  }

  /** The one value of a key, if it is there. */
  Optional<Value> find(String key) {
    var found = values.get(key);
    if (found == null) {
      return Optional.empty();
    }
    if (found.size() != 1) {
      throw wrong(key, "one value");
    }
    return Optional.of(found.getFirst());
  }

  /** A value that has to be there. */
  Value value(String key) {
    return find(key)
        .orElseThrow(
            () -> new ConfigException("%s: the hook '%s' needs '%s'".formatted(source, name, key)));
  }

  /** All values of a key, none if it is not there. */
  List<String> values(String key) {
    return values.getOrDefault(key, List.of()).stream().map(Value::text).toList();
  }

  /** A whole number of a key, another if it is not there. */
  int number(String key, int otherwise, int min, int max) {
    var found = find(key);
    if (found.isEmpty()) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(found.get().text());
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw wrong(key, "a whole number from " + min + " to " + max);
  }

  /** A value of a form. */
  Value proper(String key, Predicate<String> proper, String expected) {
    var value = value(key);
    if (!proper.test(value.text())) {
      throw wrong(key, expected);
    }
    return value;
  }

  /** Says of a key what it has to be, but never what it is: it may be secret. */
  ConfigException wrong(String key, String expected) {
    var found = values.getOrDefault(key, List.of());
    return new ConfigException(
        "%s: '%s' of the hook '%s' has to be %s"
            .formatted(found.isEmpty() ? source : found.getFirst().source(), key, name, expected));
  }

  /** Refuses keys that are not among these. */
  void allow(List<String> keys) {
    for (var key : values.keySet()) {
      if (!keys.contains(key)) {
        throw new ConfigException(
            "%s: unknown key '%s' of the hook '%s'; did you mean '%s'?"
                .formatted(
                    values.get(key).isEmpty() ? source : values.get(key).getFirst().source(),
                    key,
                    name,
                    Spelling.nearest(key, keys).orElseThrow()));
      }
    }
  }

  /** This hook as a member that would say the same, but for secrets that stand in the file. */
  String print() {
    var out = new StringBuilder("  # " + source + "\n  " + name + ":\n");
    values.forEach(
        (key, found) -> {
          out.append("    ").append(key).append(':');
          if (found.size() == 1) {
            out.append(' ').append(shown(key, found.getFirst())).append('\n');
          } else {
            out.append('\n');
            found.forEach(value -> out.append("      - ").append(shown(key, value)).append('\n'));
          }
        });
    return out.toString();
  }

  private static String shown(String key, Value value) {
    return Settings.quote(
        SECRET.contains(key) ? References.shown(value.written()) : value.written());
  }
}
