package dev.lastword.checker;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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
  /** Flags of which one takes the place of the others. */
  private static final List<List<String>> RIVALS =
      List.of(
          List.of(Flags.VERIFY.flag(), Flags.VERIFY_COMMAND.flag()),
          List.of(Flags.EXPECT.flag(), Flags.EXPECT_JSON.flag(), Flags.EXPECT_MATCH.flag()),
          List.of(Flags.DIALECT.flag(), Flags.TERMINAL.flag()));

  /**
   * One earlier request.
   *
   * @param values {@code url}, and some of {@code method}, {@code header}, {@code data}
   */
  record Step(Map<String, List<String>> values) {
    /** As settings of a request of its own. */
    Settings settings() {
      return new Settings(values, Map.of());
    }
  }

  @Nullable String get(String flag) {
    var all = values.getOrDefault(flag, List.of());
    return all.isEmpty() ? null : all.getLast();
  }

  /** The last value of a flag, {@code ""} if it has none. */
  static String last(Map<String, List<String>> values, String flag) {
    return new Settings(values, Map.of()).get(flag, "");
  }

  String get(String flag, String otherwise) {
    var value = get(flag);
    return value == null ? otherwise : value;
  }

  List<String> all(String flag) {
    return values.getOrDefault(flag, List.of());
  }

  /** These, with what others say where these say nothing. Headers are told apart by their names. */
  Settings or(Settings others) {
    var merged = new LinkedHashMap<>(others.values);
    for (var rivals : RIVALS) {
      if (rivals.stream().anyMatch(values::containsKey)) {
        rivals.forEach(merged::remove);
      }
    }
    values.forEach(
        (flag, lines) ->
            merged.put(
                flag,
                Flags.named(flag).filter(Flags::isHeader).isPresent()
                    ? headers(lines, others.all(flag))
                    : lines));
    var allSteps = new LinkedHashMap<>(others.steps);
    allSteps.putAll(steps);
    return new Settings(merged, allSteps);
  }

  private static List<String> headers(List<String> lines, List<String> others) {
    var names = lines.stream().map(Settings::name).toList();
    var all = new ArrayList<>(others.stream().filter(each -> !names.contains(name(each))).toList());
    all.addAll(lines);
    return List.copyOf(all);
  }

  private static String name(String line) {
    return line.split(":", 2)[0].strip().toLowerCase(Locale.ROOT);
  }
}
