package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/**
 * Tells a dialect by one event that no other endpoint would send: by the members that only this
 * vendor's events have together. A word that others may use as well, such as a {@code type} named
 * {@code start}, is none.
 */
final class Fingerprint {
  private static final Set<String> IMAGES =
      Set.of(
          "image_generation.partial_image",
          "image_generation.completed",
          "image_edit.partial_image",
          "image_edit.completed");

  private Fingerprint() {}

  /** The dialect that an event proves; empty for nearly every event. */
  static Optional<Dialect> of(SseEvent event) {
    var data = event.dataBytes();
    int start = ChunkScan.skipSpace(data, 0);
    if (start == data.length || data[start] != '{') {
      return Optional.empty();
    }
    return Piece.read(event.data(), Fingerprint::opens)
        .flatMap(
            members -> ofMembers(new String(event.typeBytes(), StandardCharsets.UTF_8), members));
  }

  private static boolean opens(String name, int level, boolean array) {
    return switch (name) {
      case "choices" -> level <= 2;
      case "candidates" -> level <= 3;
      case "response", "message", "delta", "promptFeedback", "content" -> level <= 4 && !array;
      default -> false;
    };
  }

  private static Optional<Dialect> ofMembers(String eventType, Piece.Members event) {
    if (event.get("choices") instanceof Piece.Elements(var choices)) {
      return ofChunk(event, choices.isEmpty() ? Piece.Raw.NULL : choices.getFirst());
    }
    if (isGemini(event)) {
      return Optional.of(GeminiDialect.GENERATE);
    }
    if (isOllama(event)) {
      return Optional.of(OllamaDialect.LINES);
    }
    var object = event.text("object");
    if (eventType.startsWith("thread.") && object.startsWith("thread")) {
      return Optional.of(OpenAiEventsDialect.ASSISTANTS);
    }
    var type = event.text("type");
    return ofType(type.isEmpty() ? eventType : type, event);
  }

  private static Optional<Dialect> ofChunk(Piece.Members chunk, Piece first) {
    var object = chunk.text("object");
    if (object.equals("text_completion")) {
      return Optional.of(OpenAiDialect.COMPLETIONS);
    }
    if (object.startsWith("chat.completion")
        || chunk.byName().containsKey("prompt_filter_results")) {
      return Optional.of(OpenAiDialect.CHAT);
    }
    if (!(first instanceof Piece.Members choice)) {
      return Optional.empty();
    }
    if (choice.get("delta") instanceof Piece.Members) {
      return Optional.of(OpenAiDialect.CHAT);
    }
    return choice.get("text") instanceof Piece.Text && choice.byName().containsKey("finish_reason")
        ? Optional.of(OpenAiDialect.COMPLETIONS)
        : Optional.empty();
  }

  private static boolean isGemini(Piece.Members event) {
    var chunk = GeminiDialect.chunk(event);
    if (chunk.members("promptFeedback").says("blockReason")) {
      return true;
    }
    return chunk.get("candidates") instanceof Piece.Elements(var candidates)
        && !candidates.isEmpty()
        && candidates.getFirst() instanceof Piece.Members candidate
        && (candidate.members("content").byName().containsKey("parts")
            || candidate.byName().containsKey("finishReason"));
  }

  private static boolean isOllama(Piece.Members line) {
    return line.get("done") instanceof Piece.Raw(String done)
        && (done.equals("true") || done.equals("false"))
        && !line.text("model").isEmpty()
        && (line.get("message") instanceof Piece.Members
            || line.get("response") instanceof Piece.Text);
  }

  private static Optional<Dialect> ofType(String type, Piece.Members event) {
    return switch (type) {
      case "message_start" ->
          proved(event.get("message") instanceof Piece.Members, AnthropicDialect.MESSAGES);
      case "message-start" ->
          proved(
              event.members("delta").get("message") instanceof Piece.Members, CohereDialect.CHAT);
      case "start-step" -> proved(event.byName().size() == 1, UiStreamDialect.UI_STREAM);
      case "text-start", "reasoning-start" ->
          proved(!event.text("id").isEmpty(), UiStreamDialect.UI_STREAM);
      case "RUN_STARTED" ->
          proved(
              !event.text("runId").isEmpty() && !event.text("threadId").isEmpty(),
              AgUiDialect.RUNS);
      case "RUN_ERROR" -> proved(event.get("message") instanceof Piece.Text, AgUiDialect.RUNS);
      case "transcript.text.delta", "transcript.text.done", "transcript.text.segment" ->
          Optional.of(OpenAiEventsDialect.TRANSCRIPTION);
      case "speech.audio.delta", "speech.audio.done" -> Optional.of(OpenAiEventsDialect.SPEECH);
      default ->
          IMAGES.contains(type)
              ? Optional.of(OpenAiEventsDialect.IMAGES)
              : proved(
                  type.startsWith("response.") && isOfAResponse(event), ResponsesDialect.RESPONSES);
    };
  }

  private static Optional<Dialect> proved(boolean proof, Dialect dialect) {
    return proof ? Optional.of(dialect) : Optional.empty();
  }

  private static boolean isOfAResponse(Piece.Members event) {
    return event.get("response") instanceof Piece.Members
        || event.byName().containsKey("sequence_number")
        || event.byName().containsKey("output_index");
  }
}
