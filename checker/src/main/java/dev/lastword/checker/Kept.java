package dev.lastword.checker;

import dev.lastword.checker.probe.Credentials;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What was said, as a repository may keep it: secrets come from the environment.
 *
 * @param variables of the environment that hold them
 * @param secretCommands whether a shell command has one still, which only a person can take out
 */
record Kept(Map<String, List<String>> values, Set<String> variables, boolean secretCommands) {
  private static final Pattern SCHEME = Pattern.compile("(?i)((?:bearer|basic|token) +)?.*");

  static Kept of(Map<String, List<String>> said) {
    var variables = new TreeSet<String>();
    var kept = new LinkedHashMap<String, List<String>>();
    boolean secretCommands = false;
    for (var each : said.entrySet()) {
      if (each.getKey().endsWith("-command")) {
        kept.put(each.getKey(), each.getValue());
        secretCommands |=
            each.getValue().stream().anyMatch(text -> !Credentials.shown(text).equals(text));
        continue;
      }
      kept.put(
          each.getKey(),
          each.getValue().stream().map(text -> kept(each.getKey(), text, variables)).toList());
    }
    return new Kept(kept, variables, secretCommands);
  }

  private static String kept(String key, String text, Set<String> variables) {
    var flag = Flags.named(key);
    if (flag.filter(Flags::isHeader).isPresent()) {
      return header(text, variables);
    }
    return flag.filter(Flags::isRule).isPresent()
        ? text
        : Credentials.without(text, name -> place(name, variables));
  }

  private static String header(String line, Set<String> variables) {
    int colon = Math.max(0, line.indexOf(':'));
    var name = line.substring(0, colon).strip();
    var value = line.substring(colon + 1).strip();
    if (Credentials.shown(name, value).equals(value)) {
      return line;
    }
    var scheme = SCHEME.matcher(value);
    return name
        + ": "
        + (scheme.matches() && scheme.group(1) != null ? scheme.group(1) : "")
        + place(name, variables);
  }

  private static String place(String name, Set<String> variables) {
    var variable = Credentials.variable(name);
    variables.add(variable);
    return "${" + variable + "}";
  }
}
