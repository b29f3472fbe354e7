package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.dialect.AssembledResponse.ToolCall;
import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** Joins Cohere's events to the object that {@code /v2/chat} answers without a stream. */
final class CohereAssembler implements ResponseAssembler {
  /** Parts, calls and citations that are kept of one response. */
  private static final int SIZE_MAX = 1_024;

  private final TreeMap<Integer, Joined> content = new TreeMap<>();
  private final TreeMap<Integer, Call> calls = new TreeMap<>();
  private final StringBuilder plan = new StringBuilder();
  private final StringBuilder citations = new StringBuilder();
  private Piece id = Piece.Raw.NULL;
  private Piece role = new Piece.Text("assistant");
  private @Nullable String finishReason;
  private @Nullable String usage;

  private static final class Call {
    final Joined members = new Joined();
    final StringBuilder name = new StringBuilder();
    final StringBuilder arguments = new StringBuilder();
  }

  @Override
  public void accept(SseEvent event) {
    Piece.read(event.data(), CohereAssembler::opens).ifPresent(this::join);
  }

  private static boolean opens(String name, int level, boolean array) {
    return !array
        && switch (name) {
          case "delta" -> level == 1;
          case "message" -> level == 2;
          case "content", "tool_calls" -> level == 3;
          case "function" -> level == 4;
          default -> false;
        };
  }

  private void join(Piece.Members event) {
    int index = Math.min(event.index().orElse(0), SIZE_MAX);
    var delta = event.members("delta");
    var message = delta.members("message");
    switch (event.text("type")) {
      case "message-start" -> {
        id = event.get("id");
        role = message.text("role").isEmpty() ? role : message.get("role");
      }
      case "content-start", "content-delta" ->
          content.computeIfAbsent(index, i -> new Joined()).join(message.members("content"));
      case "tool-plan-delta" -> plan.append(message.text("tool_plan"));
      case "tool-call-start", "tool-call-delta" ->
          join(calls.computeIfAbsent(index, i -> new Call()), message.members("tool_calls"));
      case "citation-start" ->
          citations
              .append(citations.isEmpty() ? "" : ",")
              .append(Json.write(out -> Joined.write(out, message.get("citations"))));
      case "message-end" -> {
        finishReason = delta.text("finish_reason").isEmpty() ? null : delta.text("finish_reason");
        if (delta.get("usage") instanceof Piece.Raw(String json) && json.startsWith("{")) {
          usage = json;
        }
      }
      default -> {} // ends a part, or says nothing
    }
  }

  private static void join(Call call, Piece.Members delta) {
    call.members.replace("id", delta.get("id"));
    call.members.replace("type", delta.get("type"));
    call.name.append(delta.members("function").text("name"));
    call.arguments.append(delta.members("function").text("arguments"));
  }

  @Override
  public AssembledResponse assemble() {
    var text =
        content.values().stream().map(part -> part.text("text")).collect(Collectors.joining());
    var tools =
        calls.values().stream()
            .map(
                call ->
                    new ToolCall(
                        call.members.text("id"),
                        Json.wellFormed(call.name),
                        Json.wellFormed(call.arguments)))
            .toList();
    var choice = new Choice(0, Json.wellFormed(text), null, tools, finishReason);
    return new AssembledResponse(choice.text(), List.of(choice), usage, Json.write(this::write));
  }

  private void write(JsonGenerator out) {
    out.writeStartObject();
    out.writeName("id");
    Joined.write(out, id);
    out.writeStringProperty("finish_reason", finishReason);
    out.writeName("message");
    out.writeStartObject();
    out.writeName("role");
    Joined.write(out, role);
    if (!plan.isEmpty()) {
      out.writeStringProperty("tool_plan", Json.wellFormed(plan));
    }
    out.writeName("content");
    out.writeStartArray();
    content.values().forEach(part -> write(out, part));
    out.writeEndArray();
    if (!calls.isEmpty()) {
      out.writeName("tool_calls");
      out.writeStartArray();
      calls.values().forEach(call -> write(out, call));
      out.writeEndArray();
    }
    if (!citations.isEmpty()) {
      out.writeName("citations");
      out.writeRawValue("[" + citations + "]");
    }
    out.writeEndObject();
    if (usage != null) {
      out.writeName("usage");
      out.writeRawValue(usage);
    }
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, Joined part) {
    out.writeStartObject();
    part.writeMembers(out, Set.of());
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, Call call) {
    out.writeStartObject();
    call.members.writeMembers(out, Set.of());
    out.writeName("function");
    out.writeStartObject();
    out.writeStringProperty("name", Json.wellFormed(call.name));
    out.writeStringProperty("arguments", Json.wellFormed(call.arguments));
    out.writeEndObject();
    out.writeEndObject();
  }
}
