package dev.lastword.checker.sdk;

import dev.lastword.checker.sdk.Blocks.Block;
import dev.lastword.checker.template.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Anthropic's SDKs go by the field {@code event}: what has none they know is passed over without a
 * word. They want {@code message_start} first and {@code message_stop} last.
 */
final class AnthropicManners implements Manners {
  private static final String SDKS = "@anthropic-ai/sdk, anthropic (Python)";
  private static final Set<String> KNOWN =
      Set.of(
          "message_start",
          "content_block_start",
          "content_block_delta",
          "content_block_stop",
          "message_delta",
          "message_stop");

  @Override
  public List<Hazard> hazards(List<Block> stream, boolean whole) {
    var found = new ArrayList<Hazard>();
    var names = new ArrayList<String>();
    for (var block : stream) {
      if (!block.utf8()) {
        found.add(
            new Hazard(
                "anthropic (Python)", "a line that is not UTF-8", "raises UnicodeDecodeError"));
      }
      var name = block.last("event");
      var json = Json.parse(block.data());
      var type = json.map(each -> each.path("type").asString("")).orElse("");
      if (KNOWN.contains(name)) {
        names.add(name);
        if (json.isEmpty()) {
          found.add(new Hazard(SDKS, "the data of '" + name + "'", "is no JSON, and they throw"));
        } else if (!type.equals(name)) {
          found.add(
              new Hazard(
                  SDKS, "'event: " + name + "' with another type in its data", "is misread"));
        }
      } else if (KNOWN.contains(type)) {
        found.add(
            new Hazard(SDKS, "a '" + type + "' without its event line", "is silently left out"));
      }
    }
    order(names, whole, found);
    return found;
  }

  private static void order(List<String> names, boolean whole, List<Hazard> found) {
    if (!names.isEmpty() && !names.getFirst().equals("message_start")) {
      found.add(new Hazard(SDKS, "no message_start comes first, and", "stream helpers throw"));
    }
    if (whole && !names.isEmpty() && !names.contains("message_stop")) {
      found.add(
          new Hazard(
              SDKS + ", LangChain4j",
              "no message_stop comes, and",
              "stream helpers throw or wait for ever"));
    }
  }
}
