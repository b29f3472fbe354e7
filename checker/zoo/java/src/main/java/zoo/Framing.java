package zoo;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/** Data of events, as OpenAI chat chunks. */
final class Framing {
  static final JsonMapper JSON = new JsonMapper();
  static final String FINISH = chunk(Map.of(), "stop");
  static final String DONE = "[DONE]";

  private Framing() {}

  static String delta(String text) {
    return chunk(Map.of("content", text), null);
  }

  private static String chunk(Map<String, String> delta, String finishReason) {
    var choice = new TreeMap<String, Object>(Map.of("index", 0, "delta", delta));
    choice.put("finish_reason", finishReason);
    return JSON.writeValueAsString(
        Map.of("id", "chatcmpl-zoo", "object", "chat.completion.chunk", "created", 0, "model", "zoo", "choices", List.of(choice)));
  }
}
