package dev.lastword.checker.report;

import dev.lastword.checker.scenario.Framework;
import java.util.List;
import java.util.Optional;

/**
 * What the calm run has shown of the stream, as the checks went by.
 *
 * @param dialect how its end was told
 * @param dialectReason why in that way, in a few words
 * @param text where its text stands, as {@code --text} takes it or in words; {@code ""} if unknown
 * @param ending the event that ends it, as {@code --terminal} takes it or in words; {@code ""} if
 *     unknown
 * @param lastEvents the last events on the wire, as they were sent
 * @param framework the framework that shows in it
 */
public record Seen(
    String dialect,
    String dialectReason,
    String text,
    String ending,
    List<String> lastEvents,
    Optional<Framework> framework) {

  /** Nothing but the dialect, where there was no calm run. */
  public static Seen nothing(String dialect, String dialectReason) {
    return new Seen(dialect, dialectReason, "", "", List.of(), Optional.empty());
  }
}
