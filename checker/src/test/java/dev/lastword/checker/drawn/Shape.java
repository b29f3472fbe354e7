package dev.lastword.checker.drawn;

import dev.lastword.checker.template.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * How events hold the text.
 *
 * @param name of the framework, or what the JSON looks like
 * @param before events that come ahead of any text
 * @param type of the events with text
 * @param data of an event with text, made of the text in the quotes of JSON
 * @param whole whether each event brings all of the text so far
 * @param between events that come now and then between those with text
 * @param after events behind the last text that say nothing of the end
 * @param own how it ends, where that is a part of the shape
 * @param lines whether it is lines of JSON rather than an event stream
 */
record Shape(
    String name,
    List<Said> before,
    String type,
    UnaryOperator<String> data,
    boolean whole,
    List<Said> between,
    List<Said> after,
    List<Said> own,
    boolean lines) {

  private static Shape of(String name, String type, UnaryOperator<String> data) {
    return new Shape(name, List.of(), type, data, false, List.of(), List.of(), List.of(), false);
  }

  private static String plain(String inQuotes) {
    return Json.parse('"' + inQuotes + '"').orElseThrow().asString();
  }

  private static Shape json(String format) {
    return of(format.formatted("…"), "", format::formatted);
  }

  private Shape between(Said... events) {
    return new Shape(name, before, type, data, whole, List.of(events), after, own, lines);
  }

  private Shape before(Said... events) {
    return new Shape(name, List.of(events), type, data, whole, between, after, own, lines);
  }

  private Shape after(Said... events) {
    return new Shape(name, before, type, data, whole, between, List.of(events), own, lines);
  }

  private Shape ending(Said... events) {
    return new Shape(name, before, type, data, whole, between, after, List.of(events), lines);
  }

  private Shape soFar() {
    return new Shape(name, before, type, data, true, between, after, own, lines);
  }

  private Shape inLines() {
    return new Shape(name, before, type, data, whole, between, after, own, true);
  }

  /** How many there are. */
  static final int COUNT = all(new Random(0)).size();

  /** Which of them this seed has. */
  static int number(long seed) {
    return (int) Math.floorMod(seed, (long) COUNT);
  }

  /** The shape of this seed; some draw their names. */
  static Shape draw(long seed, Random random) {
    return all(random).get(number(seed));
  }

  static List<Shape> all(Random random) {
    var all = new ArrayList<Shape>();
    all.add(of("plain", "", Shape::plain));
    for (var key : List.of("text", "delta", "token", "content", "chunk", "answer", "output")) {
      all.add(json("{\"" + key + "\":\"%s\"}"));
    }
    all.add(json("[\"token\",\"%s\"]").between(Said.other("[\"tool\",\"looking something up\"]")));
    all.add(json("{\"data\":{\"delta\":\"%s\"},\"ok\":true}"));
    all.add(json("{\"message\":{\"content\":{\"parts\":[{\"text\":\"%s\"}]}}}"));
    all.add(
        json("{\"type\":\"token\",\"text\":\"%s\"}")
            .between(
                Said.other("{\"type\":\"thinking\",\"text\":\"hm, let me see what that is \"}")));
    all.add(
        json("{\"kind\":\"delta\",\"body\":\"%s\"}")
            .between(
                Said.other("{\"kind\":\"note\",\"body\":\"asked another agent for its view\"}")));
    all.add(
        of("event: token", "token", "{\"t\":\"%s\"}"::formatted)
            .between(Said.other("status", "{\"t\":\"searching the web for more\"}")));
    all.add(
        of("event: token, data is text", "token", Shape::plain)
            .between(Said.other("status", "searching the web")));
    all.add(springAi());
    all.add(dify());
    all.add(agUi());
    all.add(langGraph());
    all.add(langServe());
    all.add(
        json("{\"ops\":[{\"op\":\"add\",\"path\":\"/streamed_output/-\",\"value\":\"%s\"}]}")
            .before(
                Said.other(
                    "{\"ops\":[{\"op\":\"replace\",\"path\":\"\",\"value\":{\"id\":\"r1\"}}]}")));
    all.add(json("{\"message\":\"%s\"}").soFar());
    all.add(
        json("{\"id\":7,\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"%s\"}]}")
            .soFar());
    all.add(
        of("Gradio", "generating", "[\"%s\",null]"::formatted)
            .soFar()
            .before(Said.other("heartbeat", "null"))
            .ending(Said.other("complete", "null")));
    all.add(
        json("{\"model\":\"m\",\"response\":\"%s\",\"done\":false}")
            .ending(
                Said.other(
                    "{\"model\":\"m\",\"response\":\"\",\"done\":true,\"total_duration\":48213}"))
            .inLines());
    all.add(json("{\"type\":\"token\",\"text\":\"%s\"}").inLines());
    all.add(odd(random));
    all.addAll(vendors());
    return all;
  }

  /** Names that nobody has ever seen. */
  private static Shape odd(Random random) {
    var kind = Words.name(random);
    var is = Words.name(random);
    var other = Words.name(random);
    var place = Words.name(random);
    var format = "{\"%s\":\"%s\",\"v\":{\"%s\":\"%%s\"}}";
    return of(
            "odd " + kind + "/" + place,
            "",
            text -> format.formatted(kind, is, place).formatted(text))
        .between(Said.other(format.formatted(kind, other, place).formatted("not a word of it. ")));
  }

  private static Shape springAi() {
    return of(
        "Spring AI",
        "",
        text ->
            ("{\"result\":{\"output\":{\"messageType\":\"ASSISTANT\",\"metadata\":{\"id\":\"c1\"},"
                    + "\"toolCalls\":[],\"text\":\"%1$s\"},\"metadata\":{\"finishReason\":\"\"}},"
                    + "\"results\":[{\"output\":{\"messageType\":\"ASSISTANT\",\"text\":\"%1$s\"}}],"
                    + "\"metadata\":{\"id\":\"c1\",\"model\":\"m\"}}")
                .formatted(text));
  }

  private static Shape dify() {
    var ids =
        "\"conversation_id\":\"45701982\",\"message_id\":\"5ad4cb98\",\"created_at\":1679586595";
    return json("{\"event\":\"message\"," + ids + ",\"answer\":\"%s\"}")
        .before(
            Said.other("{\"event\":\"workflow_started\"," + ids + "}"),
            Said.other("{\"event\":\"node_started\"," + ids + ",\"data\":{\"title\":\"LLM\"}}"))
        .between(Said.other("{\"event\":\"ping\"}"))
        .after(Said.other("{\"event\":\"node_finished\"," + ids + ",\"data\":{\"title\":\"LLM\"}}"))
        .ending(
            Said.other(
                "{\"event\":\"message_end\","
                    + ids
                    + ",\"metadata\":{\"usage\":{\"total_tokens\":9}}}"));
  }

  private static Shape agUi() {
    return json("{\"type\":\"TEXT_MESSAGE_CONTENT\",\"messageId\":\"m1\",\"delta\":\"%s\"}")
        .before(
            Said.other("{\"type\":\"RUN_STARTED\",\"threadId\":\"t1\",\"runId\":\"r1\"}"),
            Said.other("{\"type\":\"STATE_SNAPSHOT\",\"snapshot\":{\"topic\":\"nothing yet\"}}"),
            Said.other(
                "{\"type\":\"TEXT_MESSAGE_START\",\"messageId\":\"m1\",\"role\":\"assistant\"}"))
        .after(Said.other("{\"type\":\"TEXT_MESSAGE_END\",\"messageId\":\"m1\"}"))
        .ending(Said.other("{\"type\":\"RUN_FINISHED\",\"threadId\":\"t1\",\"runId\":\"r1\"}"));
  }

  private static Shape langGraph() {
    return of(
            "LangGraph",
            "messages",
            ("[{\"content\":\"%s\",\"type\":\"AIMessageChunk\",\"id\":\"run-1\",\"tool_calls\":[]},"
                    + "{\"langgraph_node\":\"agent\",\"thread_id\":\"t1\"}]")
                ::formatted)
        .before(
            Said.other("metadata", "{\"run_id\":\"1ef\",\"attempt\":1}"),
            Said.other("updates", "{\"retrieve\":{\"documents\":[\"a page about it\"]}}"))
        .after(Said.other("updates", "{\"agent\":{\"messages\":[]}}"))
        .ending(Said.other("end", "null"));
  }

  private static Shape langServe() {
    return of("LangServe", "data", "\"%s\""::formatted)
        .before(Said.other("metadata", "{\"run_id\":\"b1\"}"))
        .ending(Said.other("end", ""));
  }

  private static List<Shape> vendors() {
    return List.of(
        of(
                "chat.completion.chunk of Together",
                "",
                ("{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"text\":\"%1$s\","
                        + "\"delta\":{\"content\":\"%1$s\"},\"finish_reason\":null}]}")
                    ::formatted)
            .ending(
                Said.other(
                    "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"),
                Said.other("[DONE]")),
        json("{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}")
            .before(
                Said.other(
                    "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}"))
            .ending(
                Said.other(
                    "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"),
                Said.other("[DONE]")),
        of(
                "Anthropic",
                "content_block_delta",
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}}"
                    ::formatted)
            .before(
                Said.other(
                    "message_start",
                    "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[]}}"),
                Said.other(
                    "content_block_start",
                    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}"))
            .between(Said.other("ping", "{\"type\":\"ping\"}"))
            .after(
                Said.other("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}"))
            .ending(
                Said.other(
                    "message_delta",
                    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9}}"),
                Said.other("message_stop", "{\"type\":\"message_stop\"}")),
        of(
                "Responses",
                "response.output_text.delta",
                "{\"type\":\"response.output_text.delta\",\"item_id\":\"i\",\"output_index\":0,\"content_index\":0,\"delta\":\"%s\"}"
                    ::formatted)
            .before(
                Said.other(
                    "response.created",
                    "{\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"status\":\"in_progress\"}}"),
                Said.other(
                    "response.output_item.added",
                    "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"id\":\"i\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[]}}"),
                Said.other(
                    "response.content_part.added",
                    "{\"type\":\"response.content_part.added\",\"item_id\":\"i\",\"output_index\":0,\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"\"}}"))
            .ending(
                Said.other(
                    "response.done",
                    "{\"type\":\"response.done\",\"response\":{\"id\":\"r\",\"status\":\"completed\"}}")),
        json("{\"type\":\"text-delta\",\"id\":\"0\",\"delta\":\"%s\"}")
            .before(
                Said.other("{\"type\":\"start\"}"),
                Said.other("{\"type\":\"start-step\"}"),
                Said.other("{\"type\":\"text-start\",\"id\":\"0\"}"))
            .after(
                Said.other("{\"type\":\"text-end\",\"id\":\"0\"}"),
                Said.other("{\"type\":\"finish-step\"}"))
            .ending(Said.other("{\"type\":\"finish\"}"), Said.other("[DONE]")));
  }
}
