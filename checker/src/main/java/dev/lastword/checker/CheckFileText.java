package dev.lastword.checker;

import dev.lastword.checker.template.Json;
import java.util.List;
import java.util.Map;

/** Settings as {@link CheckFile} reads them. */
final class CheckFileText {
  private final Map<String, List<String>> values;

  CheckFileText(Map<String, List<String>> values) {
    this.values = values;
  }

  @Override
  public String toString() {
    var text = new StringBuilder("# Does this endpoint lose answers? lastword check -f FILE\n");
    line(text, CheckFile.URL);
    for (var flag : Flags.values()) {
      line(text, flag.flag());
    }
    return text.toString();
  }

  private void line(StringBuilder text, String key) {
    var all = values.getOrDefault(key, List.of());
    if (all.size() == 1 && Flags.named(key).filter(Flags::isHeader).isEmpty()) {
      text.append(key).append(": ").append(quoted(all.getFirst())).append('\n');
    } else if (!all.isEmpty()) {
      text.append(key).append(":\n");
      all.forEach(each -> text.append("  - ").append(quoted(each)).append('\n'));
    }
  }

  /**
   * In single quotes, in which nothing is special; text of several lines as JSON would write it.
   */
  private static String quoted(String text) {
    return text.chars().anyMatch(each -> each < ' ')
        ? '"' + Json.escaped(text) + '"'
        : "'" + text.replace("'", "''") + "'";
  }
}
