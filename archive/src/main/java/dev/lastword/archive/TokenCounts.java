package dev.lastword.archive;

import org.jspecify.annotations.Nullable;

/**
 * Model tokens of a response, each as the upstream counted it, or null where it did not say.
 *
 * @param in of the request
 * @param out of the response
 * @param cached of the request, read from a cache
 * @param reasoning of what the model thought
 */
public record TokenCounts(
    @Nullable Long in, @Nullable Long out, @Nullable Long cached, @Nullable Long reasoning) {
  /** The upstream said nothing. */
  public static final TokenCounts UNKNOWN = new TokenCounts(null, null, null, null);
}
