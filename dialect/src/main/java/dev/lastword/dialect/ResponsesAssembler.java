package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * The final object is the {@code response} of the last event that brought one, its output and usage
 * with it. Where that has no output, because the stream broke off, the output items are put
 * together from their own events and deltas.
 */
final class ResponsesAssembler implements ResponseAssembler {
  /** Output items that are kept of one response. */
  private static final int ITEMS_MAX = 1_024;

  private static final Set<String> OUTPUT = Set.of("output");

  private final Joined response = new Joined();
  private final TreeMap<Integer, OutputItem> items = new TreeMap<>();
  private List<Piece> output = List.of();

  @Override
  public void accept(SseEvent event) {
    Piece.read(event.data(), ResponsesAssembler::opens).ifPresent(this::join);
  }

  /**
   * Down to the parts of an item's content, which stand one level deeper in a response's output.
   */
  private static boolean opens(String name, int level, boolean array) {
    return switch (name) {
      case "response", "item", "part" -> level == 1 && !array;
      case "output" -> level == 2 || (level == 3 && !array);
      case "content", "summary" -> level <= 5;
      default -> false;
    };
  }

  private void join(Piece.Members event) {
    var type = event.text("type");
    if (type.equals("response.created")) { // another response begins: a tool's turn was before
      items.clear();
      output = List.of();
    }
    if (event.get("response") instanceof Piece.Members whole) {
      joinResponse(whole);
    } else if (event.index("output_index").isPresent()) {
      int index = event.index("output_index").getAsInt();
      if (items.size() < ITEMS_MAX || items.containsKey(index)) {
        items.computeIfAbsent(index, i -> new OutputItem()).join(type, event);
      }
    }
  }

  private void joinResponse(Piece.Members whole) {
    whole
        .byName()
        .forEach(
            (name, piece) -> {
              if (!name.equals("output")) {
                response.set(name, piece);
              }
            });
    if (whole.get("output") instanceof Piece.Elements(var list) && !list.isEmpty()) {
      output = list;
    }
  }

  @Override
  public AssembledResponse assemble() {
    var items = items();
    var text = new StringBuilder();
    var refusal = new StringBuilder();
    items.forEach(item -> item.appendContent(text, refusal));
    var choice =
        new Choice(
            0,
            Json.wellFormed(text),
            refusal.isEmpty() ? null : Json.wellFormed(refusal),
            items.stream().flatMap(item -> item.toolCall().stream()).toList(),
            status());
    var usage =
        response.last("usage") instanceof Piece.Raw(String json) && json.startsWith("{")
            ? json
            : null;
    return new AssembledResponse(
        choice.text(), List.of(choice), usage, Json.write(out -> write(out, items)));
  }

  /** What there is of the output: as the response brings it, or else as it was put together. */
  private List<OutputItem> items() {
    return output.isEmpty()
        ? List.copyOf(items.values())
        : output.stream()
            .filter(Piece.Members.class::isInstance)
            .map(item -> new OutputItem((Piece.Members) item))
            .toList();
  }

  /** The status that ended the response; null while it runs. */
  private @Nullable String status() {
    return switch (response.text("status")) {
      case "", "in_progress", "queued" -> null;
      case String ended -> ended;
    };
  }

  private void write(JsonGenerator out, List<OutputItem> items) {
    out.writeStartObject();
    response.writeMembers(out, OUTPUT);
    out.writeName("output");
    out.writeStartArray();
    items.forEach(item -> item.write(out));
    out.writeEndArray();
    out.writeEndObject();
  }
}
