package dev.lastword.hooks;

import dev.lastword.dialect.AssembledResponse;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SavedResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Responses to be saved, and what became of them. */
final class Responses {
  static final String TEXT = "It's \"here\";\n– :stream, $1, naïve ☃";

  private Responses() {}

  static SavedResponse numbered(int number) {
    return saying(number, TEXT, "{\"object\":\"chat.completion\"}");
  }

  static SavedResponse saying(int number, String text, String json) {
    return new SavedResponse(
        StreamId.parse("stream-of-hooks-%06d".formatted(number)).orElseThrow(),
        Outcome.COMPLETED,
        "",
        Map.of("path", "/v1/chat/completions", "model", "m", "fact.chat", "c-" + number),
        new AssembledResponse(
            text,
            List.of(
                new AssembledResponse.Choice(
                    0,
                    text,
                    null,
                    List.of(new AssembledResponse.ToolCall("call_1", "look", "{\"q\":\"☃\"}")),
                    "stop")),
            "{\"total_tokens\":7}",
            json),
        4,
        "d-" + number,
        1_764_000_000_000L,
        1_764_000_001_250L);
  }

  /** The same under the id of one that began a second earlier. */
  static SavedResponse later(SavedResponse response) {
    return new SavedResponse(
        response.stream(),
        response.outcome(),
        response.reason(),
        response.attributes(),
        response.response(),
        response.events(),
        response.sha256(),
        response.createdMs() + 1_000,
        response.endedMs() + 1_000);
  }

  /** Whether a call has acknowledged. */
  static boolean isSaved(CompletionStage<Void> call) throws Exception {
    try {
      call.toCompletableFuture().get(20, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SaveException) {
        return false;
      }
      throw new AssertionError("not what a hook says", e.getCause());
    }
  }

  /** Why a call has not acknowledged. */
  static SaveException failure(CompletionStage<Void> call) throws Exception {
    try {
      call.toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SaveException said) {
        return said;
      }
      throw new AssertionError("not what a hook says", e.getCause());
    }
    throw new AssertionError("it is saved");
  }
}
