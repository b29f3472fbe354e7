package dev.lastword.hooks;

import dev.lastword.stream.SavedResponse;

/**
 * Proves to whom a hook is told of a response that it is the one which was on the disk then. Nobody
 * has acknowledged it yet, so this is not the receipt that its stream is sealed with.
 */
@FunctionalInterface
public interface AnswerReceipt {
  /** Nothing is proved. */
  AnswerReceipt NONE = response -> "";

  /**
   * The same text for every call with an equal response, after a restart as well.
   *
   * @return printable ASCII without spaces; {@code ""} where none is made. May take a millisecond
   */
  String of(SavedResponse response);
}
