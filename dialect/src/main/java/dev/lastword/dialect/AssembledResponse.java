package dev.lastword.dialect;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One response put together from its events: what a person reads, and what an application would
 * have received had it not asked for a stream.
 *
 * @param text text of the first choice; for plain SSE the data of all events joined as the dialect
 *     says
 * @param choices the choices by index; one for dialects that know no choices
 * @param usage the upstream's usage object as JSON text, or null if it sent none
 * @param json the dialect's own final object as JSON text, such as a {@code chat.completion}
 */
public record AssembledResponse(
    String text, List<Choice> choices, @Nullable String usage, String json) {

  /**
   * One choice.
   *
   * @param index from 0
   * @param text joined content deltas
   * @param refusal joined refusal deltas, or null
   * @param toolCalls tool calls by index, their argument fragments joined
   * @param finishReason as the upstream said it, or null if it did not
   */
  public record Choice(
      int index,
      String text,
      @Nullable String refusal,
      List<ToolCall> toolCalls,
      @Nullable String finishReason) {}

  /**
   * One tool call.
   *
   * @param id the upstream's id, {@code ""} if it gave none
   * @param name name of the function
   * @param arguments joined argument fragments, JSON text once the call is complete
   */
  public record ToolCall(String id, String name, String arguments) {}
}
