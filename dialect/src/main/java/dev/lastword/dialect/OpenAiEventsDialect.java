package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** OpenAI's endpoints beside chat and responses, whose events name their kind. */
final class OpenAiEventsDialect implements Dialect {
  /** {@code POST /v1/audio/transcriptions}. */
  static final OpenAiEventsDialect TRANSCRIPTION =
      new OpenAiEventsDialect(
          "openai-transcription",
          Set.of("transcript.text.done"),
          Set.of(),
          kind -> kind.equals("transcript.text.delta"),
          TranscriptAssembler::new);

  /** {@code POST /v1/audio/speech}. */
  static final OpenAiEventsDialect SPEECH =
      new OpenAiEventsDialect(
          "openai-speech",
          Set.of("speech.audio.done"),
          Set.of(),
          kind -> kind.equals("speech.audio.delta"),
          SpeechAssembler::new);

  /** {@code POST /v1/images/generations} and {@code …/edits}: each image comes to its end. */
  static final OpenAiEventsDialect IMAGES =
      new OpenAiEventsDialect(
          "openai-images",
          Set.of("image_generation.completed", "image_edit.completed"),
          Set.of(),
          kind -> kind.startsWith("image_"),
          ImagesAssembler::new);

  /** Runs of assistants, under {@code …/threads/…/runs}: a run that wants tool outputs is over. */
  static final OpenAiEventsDialect ASSISTANTS =
      new OpenAiEventsDialect(
          "openai-assistants",
          Set.of("thread.run.completed", "thread.run.incomplete", "thread.run.requires_action"),
          Set.of("thread.run.failed", "thread.run.cancelled", "thread.run.expired"),
          kind -> kind.startsWith("thread.") && !kind.endsWith(".completed"),
          AssistantsAssembler::new);

  private static final Set<String> ANNOUNCED =
      Set.of(
          "thread.created",
          "thread.run.created",
          "thread.run.queued",
          "thread.run.in_progress",
          "thread.run.step.created",
          "thread.run.step.in_progress",
          "thread.message.created",
          "thread.message.in_progress");

  private static final Set<String> STOPPED = Set.of("thread.run.cancelled", "thread.run.expired");

  private final String name;
  private final Predicate<String> goesOn;
  private final Supplier<ResponseAssembler> assembler;
  private final Map<String, Sign> signs = new HashMap<>();
  private final JsonDetector.Rules rules;

  private OpenAiEventsDialect(
      String name,
      Set<String> endings,
      Set<String> failures,
      Predicate<String> goesOn,
      Supplier<ResponseAssembler> assembler) {
    this.name = name;
    this.goesOn = goesOn;
    this.assembler = assembler;
    endings.forEach(kind -> signs.put(kind, Sign.ENDING));
    failures.forEach(kind -> signs.put(kind, Sign.ERROR));
    signs.put("error", Sign.ERROR);
    rules =
        JsonDetector.Rules.of(
            Map.of("error", Sign.ERROR), true, List.copyOf(signs.keySet()), Piece.Opening.SURFACE);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return rules.detector(
        new JsonDetector.Judge() {
          @Override
          public Sign sign(String kind, Piece.Members event) {
            return event.says("error") && !kind.startsWith("thread.")
                ? Sign.ERROR
                : signs.getOrDefault(kind, Sign.CONTENT);
          }

          @Override
          public boolean adds(String kind, Piece.Members event) {
            return goesOn.test(kind);
          }
        });
  }

  @Override
  public ResponseAssembler assembler() {
    return assembler.get();
  }

  @Override
  public RequestFacts facts(byte[] body) {
    return ChatRequest.facts(body);
  }

  @Override
  public SseEvent error(String code, String message) {
    return OpenAiDialect.failure(code, message);
  }

  /** Of a run of an assistant what is announced before its first delta; elsewhere nothing. */
  @Override
  public boolean isPreamble(SseEvent event) {
    return this == ASSISTANTS && ANNOUNCED.contains(event.type());
  }

  /** A run that somebody cancelled, or that nobody went on with, is no failure of the upstream. */
  @Override
  public Optional<UpstreamError> failure(SseEvent event) {
    return STOPPED.contains(event.type()) ? Optional.empty() : Optional.of(UpstreamError.of(event));
  }

  /** Empty: the last event brings what no other can say. */
  @Override
  public Optional<SseEvent> missingTerminal() {
    return Optional.empty();
  }

  @Override
  public String toString() {
    return name;
  }
}
