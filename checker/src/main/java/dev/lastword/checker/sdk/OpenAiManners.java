package dev.lastword.checker.sdk;

import dev.lastword.checker.sdk.Blocks.Block;
import dev.lastword.checker.template.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * OpenAI's SDKs take the data of every event for JSON, up to the first that begins with {@code
 * [DONE]}. The one for Python also makes an event of a blank line once it has seen an id, and of a
 * block that holds nothing but {@code retry}.
 *
 * @param chunks whether each event is a chunk with {@code choices}
 */
record OpenAiManners(boolean chunks) implements Manners {
  private static final String DONE = "[DONE]";

  @Override
  public List<Hazard> hazards(List<Block> stream, boolean whole) {
    var found = new ArrayList<Hazard>();
    boolean idSeen = false;
    for (var block : stream) {
      idSeen |= !block.last("id").isEmpty();
      if (!block.utf8()) {
        found.add(
            new Hazard("openai (Python)", "a line that is not UTF-8", "raises UnicodeDecodeError"));
      }
      if (block.data().startsWith(DONE)) {
        break; // all of them leave here
      }
      if (block.has("data")) {
        data(block).ifPresent(found::add);
      } else {
        withoutData(block, idSeen).ifPresent(found::add);
      }
    }
    return found;
  }

  private Optional<Hazard> data(Block block) {
    var json = Json.parse(block.data());
    if (json.isEmpty()) {
      return Optional.of(
          new Hazard("openai (Python, Node)", data(block.data()), "is no JSON, and they throw"));
    }
    boolean chunk = json.get().has("choices") || json.get().has("error");
    return chunks && !chunk
        ? Optional.of(
            new Hazard(
                "openai (Python, Node)",
                "an event without choices"
                    + (block.has("event") ? " ('event: " + shown(block.last("event")) + "')" : ""),
                "is handed on as a chunk, and stream helpers and loops over choices throw"))
        : Optional.empty();
  }

  private static String data(String data) {
    return data.isEmpty() ? "an event with empty data" : "the data '" + shown(data) + "'";
  }

  private static Optional<Hazard> withoutData(Block block, boolean idSeen) {
    if (!block.last("event").isEmpty()) {
      return Optional.of(
          new Hazard(
              "openai (Python, Node)",
              "an event without data ('event: " + shown(block.last("event")) + "')",
              "is no JSON, and they throw"));
    }
    if (block.has("retry")) {
      return Optional.of(
          new Hazard("openai (Python)", "a retry line in a block of its own", "raises an error"));
    }
    return idSeen
        ? Optional.of(
            new Hazard(
                "openai (Python)",
                block.has("id")
                    ? "an id in a block without data"
                    : "a blank line that ends no event, such as a heartbeat's, after an id",
                "raises JSONDecodeError"))
        : Optional.empty();
  }

  private static String shown(String text) {
    return text.length() <= 30 ? text : text.substring(0, 30) + " …";
  }
}
