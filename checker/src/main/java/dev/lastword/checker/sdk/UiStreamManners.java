package dev.lastword.checker.sdk;

import dev.lastword.checker.sdk.Blocks.Block;
import dev.lastword.checker.template.Json;
import java.util.ArrayList;
import java.util.List;

/** The AI SDK takes the data of every event but {@code [DONE]} for a part with a type. */
final class UiStreamManners implements Manners {
  private static final String SDK = "ai (AI SDK)";

  @Override
  public List<Hazard> hazards(List<Block> stream, boolean whole) {
    var found = new ArrayList<Hazard>();
    for (var block : stream) {
      var data = block.data();
      if (!block.has("data") || data.isEmpty() || data.equals("[DONE]")) {
        continue;
      }
      var json = Json.parse(data);
      if (json.isEmpty()) {
        found.add(new Hazard(SDK, "data that is no JSON", "makes it throw"));
      } else if (json.get().path("type").asString("").isEmpty()) {
        found.add(new Hazard(SDK, "a part without a type", "makes it throw"));
      }
    }
    return found;
  }
}
