package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Which streams to list, newest first.
 *
 * @param state only this state's word, or null
 * @param outcome only this outcome, or null
 * @param conversation only this conversation, or null
 * @param saved true for what every save hook has acknowledged, false for what has ended and waits
 *     for one, was rejected or given up; or null
 * @param before only streams older than this place, or null
 * @param limit 1 to 1,000
 */
public record StreamQuery(
    @Nullable String state,
    @Nullable Outcome outcome,
    @Nullable String conversation,
    @Nullable Boolean saved,
    Archive.@Nullable Place before,
    int limit) {

  boolean matches(StreamView view) {
    return (state == null || state.equals(view.state()))
        && (outcome == null || outcome == view.outcome())
        && (conversation == null
            || conversation.equals(view.attributes().get(Attributes.CONVERSATION)))
        && (saved == null || saved.equals(isSaved(view)))
        && (before == null || isOlder(view, before));
  }

  /** One that runs is neither. */
  private static @Nullable Boolean isSaved(StreamView view) {
    return view.state().equals("open") ? null : Boolean.valueOf(view.saved());
  }

  private static boolean isOlder(StreamView view, Archive.Place place) {
    return view.createdMs() != place.createdMs()
        ? view.createdMs() < place.createdMs()
        : view.id().value().compareTo(place.id().value()) < 0;
  }
}
