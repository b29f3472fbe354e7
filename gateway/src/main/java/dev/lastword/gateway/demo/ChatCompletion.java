package dev.lastword.gateway.demo;

import java.io.Serial;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One chat completion of the demo model, in the shapes of OpenAI's API.
 *
 * @param model the name that was asked for
 * @param streamed whether it was asked for as chunks
 * @param withUsage whether the chunks end with the usage ({@code stream_options.include_usage})
 * @param promptTokens size of the messages
 * @param tokens the answer
 * @param finishReason {@code stop}, or {@code length} where the request's limit cut the answer
 */
record ChatCompletion(
    String id,
    long created,
    String model,
    boolean streamed,
    boolean withUsage,
    int promptTokens,
    List<String> tokens,
    String finishReason) {
  private static final JsonMapper JSON = JsonMapper.shared();

  /** The request is not one that the endpoint answers; {@code param} names the field, if one. */
  static final class RefusedException extends Exception {
    @Serial private static final long serialVersionUID = 1;
    private final String why;
    private final @Nullable String param;

    RefusedException(String why, @Nullable String param) {
      super(why);
      this.why = why;
      this.param = param;
    }

    String why() {
      return why;
    }

    @Nullable String param() {
      return param;
    }
  }

  /** Answers a request from the scripts. */
  static ChatCompletion of(byte[] body, DemoScripts scripts) throws RefusedException {
    var request = parse(body);
    var model = request.path("model").asString("");
    check(!model.isEmpty(), "you must provide a model", "model");
    check(request.path("n").asInt(1) == 1, "this model gives one choice, n = 1", "n");
    var said = new ArrayList<String>();
    int promptTokens = 0;
    for (var message : request.path("messages")) {
      var text = text(message.path("content"));
      promptTokens += DemoScripts.tokens(text).size();
      if (message.path("role").asString("").equals("user")) {
        said.add(text);
      }
    }
    check(!said.isEmpty(), "messages has to hold at least one of the role user", "messages");
    var tokens = DemoScripts.tokens(scripts.answer(said.getLast(), said.size() - 1));
    int most = request.path("max_completion_tokens").asInt(request.path("max_tokens").asInt(0));
    boolean cut = most > 0 && most < tokens.size();
    return new ChatCompletion(
        "chatcmpl-" + UUID.randomUUID().toString().replace("-", ""),
        System.currentTimeMillis() / 1000,
        model,
        request.path("stream").asBoolean(false),
        request.path("stream_options").path("include_usage").asBoolean(false),
        promptTokens,
        cut ? tokens.subList(0, most) : tokens,
        cut ? "length" : "stop");
  }

  /** The data of the chunks in order, without the final {@code [DONE]}. */
  List<String> chunks() {
    var chunks = new ArrayList<String>();
    chunks.add(
        chunk(object().put("role", "assistant").put("content", "").putNull("refusal"), null));
    for (var token : tokens) {
      chunks.add(chunk(object().put("content", token), null));
    }
    chunks.add(chunk(object(), finishReason));
    if (withUsage) {
      var last = head("chat.completion.chunk");
      last.putArray("choices");
      chunks.add(last.set("usage", usage()).toString());
    }
    return chunks;
  }

  /** The completion of a request that did not ask for a stream. */
  ObjectNode whole() {
    var whole = head("chat.completion");
    var choice = whole.putArray("choices").addObject().put("index", 0);
    choice
        .putObject("message")
        .put("role", "assistant")
        .put("content", String.join("", tokens))
        .putNull("refusal");
    choice.putNull("logprobs").put("finish_reason", finishReason);
    whole.set("usage", usage());
    return whole;
  }

  private String chunk(ObjectNode delta, @Nullable String finish) {
    var chunk = head("chat.completion.chunk");
    var choice = chunk.putArray("choices").addObject().put("index", 0);
    choice.set("delta", delta);
    choice.putNull("logprobs").put("finish_reason", finish);
    if (withUsage) {
      chunk.putNull("usage");
    }
    return chunk.toString();
  }

  private ObjectNode head(String kind) {
    return object()
        .put("id", id)
        .put("object", kind)
        .put("created", created)
        .put("model", model)
        .put("service_tier", "default")
        .putNull("system_fingerprint");
  }

  private ObjectNode usage() {
    return object()
        .put("prompt_tokens", promptTokens)
        .put("completion_tokens", tokens.size())
        .put("total_tokens", promptTokens + tokens.size());
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static JsonNode parse(byte[] body) throws RefusedException {
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      throw new RefusedException("the body is not JSON", null);
    }
  }

  /** A message's content is a string, or parts of which those of the type text have one. */
  private static String text(JsonNode content) {
    if (!content.isArray()) {
      return content.asString("");
    }
    var text = new StringBuilder();
    content.forEach(part -> text.append(part.path("text").asString("")));
    return text.toString();
  }

  private static void check(boolean holds, String why, String param) throws RefusedException {
    if (!holds) {
      throw new RefusedException(why, param);
    }
  }
}
