package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.sse.SseEvent;
import java.util.List;

/**
 * The final object is the JSON-RPC response itself, {@code {}} if none came. The text is that of
 * the text contents of its result, as a tool's has them.
 */
final class McpAssembler implements ResponseAssembler {
  private String response = "{}";
  private String text = "";

  @Override
  public void accept(SseEvent event) {
    Piece.read(event.data(), McpAssembler::opens)
        .filter(JsonRpc::isResponse)
        .ifPresent(
            message -> {
              response = Json.write(out -> Joined.write(out, message));
              text = text(message);
            });
  }

  /** Down to the elements of a result's content. */
  private static boolean opens(String name, int level, boolean array) {
    return switch (name) {
      case "result" -> level == 1 && !array;
      case "content" -> array ? level == 2 : level == 3;
      default -> false;
    };
  }

  private static String text(Piece.Members message) {
    var text = new StringBuilder();
    if (message.members("result").get("content") instanceof Piece.Elements(var list)) {
      for (var element : list) {
        if (element instanceof Piece.Members content && content.text("type").equals("text")) {
          text.append(text.isEmpty() ? "" : "\n").append(content.text("text"));
        }
      }
    }
    return Json.wellFormed(text);
  }

  @Override
  public AssembledResponse assemble() {
    var choice = new Choice(0, text, null, List.of(), null);
    return new AssembledResponse(text, List.of(choice), null, response);
  }
}
