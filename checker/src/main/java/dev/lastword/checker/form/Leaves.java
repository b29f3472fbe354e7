package dev.lastword.checker.form;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The values in an event's JSON, each with its place. */
final class Leaves {
  private static final int DEPTH_MAX = 8;
  private static final int LEAVES_MAX = 400;

  private Leaves() {}

  /**
   * A string, number or boolean.
   *
   * @param pointer RFC 6901
   * @param key the name of the member, or the element's number
   * @param inArray whether it is an element of an array
   */
  record Leaf(String pointer, String key, boolean inArray, JsonNode node) {
    String text() {
      return node.asString();
    }

    int depth() {
      return (int) pointer.chars().filter(each -> each == '/').count();
    }
  }

  /** Those of one event, in their order; of more than a few hundred the first. */
  static List<Leaf> of(JsonNode json) {
    var leaves = new ArrayList<Leaf>();
    collect(json, "", "", false, 0, leaves);
    return leaves;
  }

  private static void collect(
      JsonNode node, String pointer, String key, boolean inArray, int depth, List<Leaf> leaves) {
    if (leaves.size() >= LEAVES_MAX || depth > DEPTH_MAX) {
      return;
    }
    if (node.isObject()) {
      node.properties()
          .forEach(
              each ->
                  collect(
                      each.getValue(),
                      pointer + "/" + escaped(each.getKey()),
                      each.getKey(),
                      false,
                      depth + 1,
                      leaves));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        collect(node.get(i), pointer + "/" + i, String.valueOf(i), true, depth + 1, leaves);
      }
    } else if (!node.isNull()) {
      leaves.add(new Leaf(pointer, key, inArray, node));
    }
  }

  private static String escaped(String key) {
    return key.replace("~", "~0").replace("/", "~1");
  }
}
