package dev.lastword.checker.scenario;

/** How what is saved says that an answer is whole. */
public sealed interface WholeMark permits CompleteMark, GuessedMark {
  /**
   * Whether an answer is marked so.
   *
   * @param shown all that the verification shows
   * @param text of the answer, or of a part of it
   */
  boolean in(String shown, String text);

  /** What it is, in a few words that say where they come from. */
  String told();
}
