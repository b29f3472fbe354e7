package dev.lastword.dialect;

import org.jspecify.annotations.Nullable;

/**
 * What a request says that matters later.
 *
 * @param choices number of choices asked for, at least 1
 * @param input what the person said: text of the last user message, or null where the dialect
 *     cannot tell
 * @param model the model asked for, or null
 */
public record RequestFacts(int choices, @Nullable String input, @Nullable String model) {
  /** Nothing known: one choice. */
  public static final RequestFacts NONE = new RequestFacts(1, null, null);
}
