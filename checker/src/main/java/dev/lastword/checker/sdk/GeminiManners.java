package dev.lastword.checker.sdk;

import dev.lastword.checker.sdk.Blocks.Block;
import dev.lastword.checker.template.Json;
import java.util.ArrayList;
import java.util.List;

/** Google's SDK for JavaScript wants a block to be one {@code data: } line and nothing else. */
final class GeminiManners implements Manners {
  private static final String SDK = "@google/genai";

  @Override
  public List<Hazard> hazards(List<Block> stream, boolean whole) {
    var found = new ArrayList<Hazard>();
    for (var block : stream) {
      if (!block.has("data")) {
        continue;
      }
      var first = block.lines().getFirst();
      if (!first.startsWith("data: ")) {
        found.add(new Hazard(SDK, "'" + name(first) + "' ahead of the data", "loses the event"));
      } else if (block.lines().size() > 1) {
        found.add(
            new Hazard(
                SDK, "'" + name(block.lines().get(1)) + "' behind the data", "is a JSON error"));
      } else if (Json.parse(block.data()).isEmpty()) {
        found.add(new Hazard(SDK, "data that is no JSON, such as [DONE],", "makes it throw"));
      }
    }
    return found;
  }

  private static String name(String line) {
    if (line.startsWith(":")) {
      return "a comment";
    }
    int colon = line.indexOf(':');
    return line.substring(0, colon < 0 ? Math.min(10, line.length()) : Math.min(10, colon)) + ":";
  }
}
