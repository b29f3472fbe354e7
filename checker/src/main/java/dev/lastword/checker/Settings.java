package dev.lastword.checker;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the command line or a file says, before it is understood. The names are the flags' own, so
 * that a file and a command line read alike.
 *
 * @param values by flag; several where a flag may be repeated
 * @param steps earlier requests, by name; only a file has them
 */
record Settings(Map<String, List<String>> values, Map<String, Step> steps) {
  /** One earlier request. */
  record Step(String method, String url, Map<String, String> headers, String body) {}

  @Nullable String get(String flag) {
    var all = values.getOrDefault(flag, List.of());
    return all.isEmpty() ? null : all.getLast();
  }

  String get(String flag, String otherwise) {
    var value = get(flag);
    return value == null ? otherwise : value;
  }

  List<String> all(String flag) {
    return values.getOrDefault(flag, List.of());
  }

  /** These, with what others say where these say nothing. */
  Settings or(Settings others) {
    var merged = new LinkedHashMap<>(others.values);
    merged.putAll(values);
    var allSteps = new LinkedHashMap<>(others.steps);
    allSteps.putAll(steps);
    return new Settings(merged, allSteps);
  }
}
