package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import tools.jackson.core.JsonGenerator;

/** OpenAI's chat completions, and the older completions, which end alike. */
final class OpenAiDialect implements Dialect {
  /** {@code POST …/chat/completions}. */
  static final OpenAiDialect CHAT =
      new OpenAiDialect("openai-chat", "chat.completion", ChoiceParts::writeChat);

  /** {@code POST …/completions}. */
  static final OpenAiDialect COMPLETIONS =
      new OpenAiDialect("openai-completions", "text_completion", ChoiceParts::writeCompletion);

  private final String name;
  private final String object;
  private final BiConsumer<ChoiceParts, JsonGenerator> choice;

  private OpenAiDialect(String name, String object, BiConsumer<ChoiceParts, JsonGenerator> choice) {
    this.name = name;
    this.object = object;
    this.choice = choice;
  }

  /** What the final object calls itself. */
  String object() {
    return object;
  }

  /** A choice that is to be joined. */
  ChoiceParts choice(int index) {
    return new ChoiceParts(index, this == CHAT);
  }

  /** Writes one choice of the final object. */
  void write(ChoiceParts parts, JsonGenerator out) {
    choice.accept(parts, out);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return new ChunkDetector(facts.choices());
  }

  @Override
  public ResponseAssembler assembler() {
    return new ChunkAssembler(this);
  }

  @Override
  public RequestFacts facts(byte[] body) {
    return ChatRequest.facts(body);
  }

  @Override
  public SseEvent error(String code, String message) {
    return failure(code, message);
  }

  /** An error as all of OpenAI's endpoints say it. */
  static SseEvent failure(String code, String message) {
    return SseEvent.of(
        Json.write(
            out -> {
              out.writeStartObject();
              out.writeName("error");
              out.writeStartObject();
              out.writeStringProperty("message", message);
              out.writeStringProperty("type", "lastword_error");
              out.writeStringProperty("code", code);
              out.writeNullProperty("param");
              out.writeEndObject();
              out.writeEndObject();
            }));
  }

  /** A role alone, and chunks without choices: usage, or what a filter says of the prompt. */
  @Override
  public boolean isPreamble(SseEvent event) {
    return JsonTree.object(event.data())
        .filter(chunk -> chunk.get("choices") instanceof List<?>)
        .map(chunk -> JsonTree.elements(chunk.get("choices")))
        .filter(choices -> choices.stream().allMatch(OpenAiDialect::saysNothing))
        .isPresent();
  }

  private static boolean saysNothing(Object choice) {
    var members = JsonTree.members(choice);
    return Preamble.isNothing(members.get("text"))
        && Preamble.isNothing(members.get("finish_reason"))
        && Preamble.isNothing(members.get("message"))
        && Preamble.isNothingBut(JsonTree.members(members.get("delta")), Set.of("role"));
  }

  @Override
  public Optional<SseEvent> missingTerminal() {
    return Optional.of(SseEvent.of("[DONE]"));
  }

  @Override
  public String toString() {
    return name;
  }
}
