package dev.lastword.dialect;

/**
 * What one event says about the end of its response.
 *
 * <p>An ending is withdrawn by whatever goes on with the answer after it, and may come again:
 * servers say a finish reason in the first chunk, in every chunk, or for a tool turn that they run
 * themselves and then answer from.
 */
public enum Sign {
  /** Part of the answer. After an ending it withdraws it. */
  CONTENT,
  /**
   * The ending event: the first from which a reasonable client concludes that the answer is
   * complete. After another ending it brings something new of the answer too, and takes its place.
   */
  ENDING,
  /**
   * After an ending, and never before one: an event that belongs to the end and withdraws nothing,
   * such as usage, a ping, or the same ending again.
   */
  TAIL,
  /**
   * The dialect's last event; the ending event too if none came before. Nothing after it belongs to
   * the response, unless its clients {@linkplain Dialect#clientsReadOn read on}.
   */
  TERMINAL,
  /** The upstream's own in-band failure. Nothing after it belongs to the response. */
  ERROR
}
