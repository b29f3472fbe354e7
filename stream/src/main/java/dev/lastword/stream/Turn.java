package dev.lastword.stream;

import org.jspecify.annotations.Nullable;

/**
 * One turn of a conversation.
 *
 * @param text the answer, as far as it has come
 * @param finishReason as the upstream said it, or null
 */
public record Turn(StreamView stream, String text, @Nullable String finishReason) {}
