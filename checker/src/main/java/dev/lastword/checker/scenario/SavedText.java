package dev.lastword.checker.scenario;

import dev.lastword.checker.template.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A string in what a verification shows that holds an answer, or a part of one.
 *
 * @param text all of the string
 * @param path the names on the way to it; elements of an array are all called {@code *}
 * @param above the objects and arrays around it, the innermost first
 */
record SavedText(String text, List<String> path, List<JsonNode> above) {
  private static final String ELEMENT = "*";

  /** Every string in JSON that holds this text; none where no JSON is shown. */
  static List<SavedText> all(String shown, String text) {
    var found = new ArrayList<SavedText>();
    Json.parse(shown)
        .filter(JsonNode::isContainer)
        .ifPresent(json -> find(json, text.strip(), new ArrayList<>(), new ArrayList<>(), found));
    return found;
  }

  /** The one that stands last, which was most often saved last. */
  static Optional<SavedText> last(String shown, String text) {
    var all = all(shown, text);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
  }

  /** The last one at the place of another one; or the last one. */
  static Optional<SavedText> like(SavedText other, String shown, String text) {
    return all(shown, text).reversed().stream()
        .filter(each -> each.path.equals(other.path))
        .findFirst()
        .or(() -> last(shown, text));
  }

  private static void find(
      JsonNode node, String text, List<String> path, List<JsonNode> above, List<SavedText> found) {
    if (node.isString()) {
      if (node.asString().contains(text)) {
        found.add(new SavedText(node.asString(), List.copyOf(path), above.reversed()));
      }
      return;
    }
    var around = new ArrayList<>(above);
    around.add(node);
    if (node.isObject()) {
      node.properties()
          .forEach(each -> find(each.getValue(), text, with(path, each.getKey()), around, found));
    } else {
      node.forEach(each -> find(each, text, with(path, ELEMENT), around, found));
    }
  }

  private static List<String> with(List<String> path, String name) {
    var longer = new ArrayList<>(path);
    longer.add(name);
    return longer;
  }
}
