package dev.lastword.checker.form;

/**
 * A place at which the text of an answer may stand, and what it comes to there.
 *
 * @param text of the calm run
 * @param events how many events bring some of it
 * @param last the last of those, by its index
 * @param doubt how much its names speak against it; 0 for nothing
 */
public record TextCandidate(TextPlace place, String text, int events, int last, int doubt) {
  /** Fewer events than these may bring anything: a title, a source, a name. */
  private static final int GROWS = 3;

  /** The same, with more doubt. */
  TextCandidate doubted() {
    return new TextCandidate(place, text, events, last, doubt + 1);
  }

  /** Whether it comes in pieces, as an answer does. */
  public boolean grows() {
    return events >= GROWS;
  }
}
