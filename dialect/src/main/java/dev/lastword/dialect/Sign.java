package dev.lastword.dialect;

/** What one event says about the end of its response. */
public enum Sign {
  /** Part of the answer, or of the tail that follows the ending event. */
  CONTENT,
  /**
   * The ending event: the first from which a reasonable client concludes that the answer is
   * complete.
   */
  ENDING,
  /** TEMP. */
  TAIL,
  /**
   * The dialect's last event; the ending event too if none came before. Nothing after it belongs to
   * the response.
   */
  TERMINAL,
  /** The upstream's own in-band failure. Nothing after it belongs to the response. */
  ERROR
}
