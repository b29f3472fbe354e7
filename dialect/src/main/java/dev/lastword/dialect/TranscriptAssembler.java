package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.sse.SseEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Joins the deltas of a transcription; its last event brings the text whole, and the usage. */
final class TranscriptAssembler implements ResponseAssembler {
  private final StringBuilder deltas = new StringBuilder();
  private Map<String, Object> done = Map.of();

  @Override
  public void accept(SseEvent event) {
    JsonTree.surface(event.data())
        .ifPresent(
            members -> {
              switch (JsonTree.text(members, "type")) {
                case "transcript.text.delta" -> deltas.append(JsonTree.text(members, "delta"));
                case "transcript.text.done" -> done = members;
                default -> {} // of no text
              }
            });
  }

  @Override
  public AssembledResponse assemble() {
    var json = new LinkedHashMap<>(done);
    json.remove("type");
    json.putIfAbsent("text", deltas);
    var text = Json.wellFormed(JsonTree.text(json, "text"));
    var counted = json.get("usage");
    var usage = JsonTree.isObject(counted) ? counted : null;
    return new AssembledResponse(
        text,
        List.of(new Choice(0, text, null, List.of(), done.isEmpty() ? null : "stop")),
        usage == null ? null : Json.write(out -> JsonTree.write(out, usage)),
        Json.write(out -> JsonTree.write(out, json)));
  }
}
