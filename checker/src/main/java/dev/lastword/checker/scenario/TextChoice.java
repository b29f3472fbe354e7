package dev.lastword.checker.scenario;

import dev.lastword.checker.form.Answers;
import dev.lastword.checker.form.TextCandidate;
import dev.lastword.checker.form.TextPlace;
import dev.lastword.checker.form.TextSearch;
import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.Values;
import dev.lastword.checker.verify.Look;
import dev.lastword.checker.verify.Verifier;
import dev.lastword.checker.verify.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Which of the strings in a response is its text: what was told; or what the verification shows, as
 * the application has saved that; or what is likeliest, where nobody says what is saved.
 */
final class TextChoice {
  private static final Duration PAUSE_FIRST = Duration.ofMillis(10);
  private static final Duration PAUSE_MAX = Duration.ofMillis(250);

  /** So much longer it is waited for a text that is likelier than the one that was found. */
  private static final Duration SETTLE = Duration.ofMillis(300);

  private static final int SHOWN_PLACES = 6;
  private static final int SHOWN_CHARACTERS = 40;

  private final List<Option> options;

  /**
   * A text that may be the answer.
   *
   * @param answers how it is put together
   * @param lastText the last event that brings some of it, -1 if none does
   * @param grows whether it comes in pieces
   * @param sure whether its names are those of a text
   * @param certain whether nothing else can be meant
   */
  record Option(
      Answers answers, String text, int lastText, boolean grows, boolean sure, boolean certain) {
    Optional<TextPlace> place() {
      return answers.place();
    }
  }

  /**
   * What came of looking for all of them.
   *
   * @param option the one that was found, or is likeliest
   */
  record Chosen(Option option, Watch watch) {}

  TextChoice(Answers answers, Reading reading) {
    this.options = options(answers, reading.arrivals());
  }

  private static List<Option> options(Answers answers, List<Arrival> arrivals) {
    if (answers.told().isPresent()) {
      var place = TextSearch.grown(answers.told().get(), arrivals);
      if (!place.text(arrivals).isBlank()) {
        return List.of(option(answers.textAt(place), arrivals, true));
      }
      return options(answers.untold(), arrivals); // nothing of these events stands there
    }
    var candidates = TextSearch.candidates(arrivals);
    var options = new ArrayList<Option>();
    if (answers.isAssembled()) {
      var text = answers.text(arrivals);
      var same = candidates.stream().filter(each -> each.text().equals(text)).findFirst();
      if (!text.isBlank()) {
        options.add(option(answers.textMetered(same.map(TextCandidate::place)), arrivals, true));
      }
    }
    boolean one = candidates.stream().filter(TextCandidate::grows).count() == 1;
    for (var each : candidates) {
      options.add(
          new Option(
              answers.textAt(each.place()),
              each.text(),
              each.last(),
              each.grows(),
              each.doubt() == 0,
              one && each.grows() && options.isEmpty()));
    }
    if (options.isEmpty()) {
      options.add(option(answers, arrivals, false));
    }
    return List.copyOf(options);
  }

  private static Option option(Answers answers, List<Arrival> arrivals, boolean certain) {
    var events = answers.textEvents(arrivals);
    return new Option(
        answers,
        answers.text(arrivals),
        events.isEmpty() ? -1 : events.getLast(),
        true,
        true,
        certain);
  }

  /** The likeliest, where nobody looks. */
  Option likeliest() {
    return options.getFirst();
  }

  /** Looks again and again, until the likeliest is there, or another one, or the time is over. */
  Chosen look(Verifier verifier, Values values, long sinceNanos, Duration patience)
      throws InterruptedException {
    var first = verifier.look(values, likeliest().text());
    var look = first;
    var pause = PAUSE_FIRST;
    long until = sinceNanos + patience.toNanos();
    while (!verifier.again(look, values, likeliest().text()).saved() && look.atNanos() < until) {
      if (saved(verifier, look, values).isPresent()) {
        until = Math.min(until, look.atNanos() + SETTLE.toNanos());
      }
      long left = Math.max(0, until - System.nanoTime());
      Thread.sleep(Duration.ofNanos(Math.min(left, pause.toNanos())));
      pause = pause.multipliedBy(2).compareTo(PAUSE_MAX) < 0 ? pause.multipliedBy(2) : PAUSE_MAX;
      look = verifier.look(values, likeliest().text());
    }
    var found = found(verifier, look, values);
    return new Chosen(found, watch(verifier, values, first, look, found, sinceNanos));
  }

  private static Watch watch(
      Verifier verifier, Values values, Look first, Look last, Option option, long sinceNanos) {
    var seen = verifier.again(last, values, option.text());
    return new Watch(
        verifier.again(first, values, option.text()),
        seen,
        seen.saved()
            ? OptionalLong.of(Math.max(0, seen.atNanos() - sinceNanos))
            : OptionalLong.empty());
  }

  /**
   * The likeliest that comes in pieces and is there, all of it. An answer of one or two pieces may
   * share its place with other strings, such as thoughts: then only all of them come in pieces.
   */
  private Optional<Option> saved(Verifier verifier, Look look, Values values) {
    var there =
        options.stream()
            .filter(each -> each.grows() || isWithinGrowing(each))
            .filter(each -> verifier.again(look, values, each.text()).saved())
            .toList();
    return there.stream().filter(Option::grows).findFirst().or(() -> there.stream().findFirst());
  }

  private boolean isWithinGrowing(Option option) {
    return option.place().isPresent()
        && options.stream()
            .filter(Option::grows)
            .flatMap(each -> each.place().stream())
            .anyMatch(each -> option.place().get().isWithin(each));
  }

  private Option found(Verifier verifier, Look look, Values values) {
    if (likeliest().certain() && likeliest().answers().told().isPresent()) {
      return likeliest();
    }
    return saved(verifier, look, values)
        .or(() -> most(verifier, look, values))
        .orElseGet(this::likeliest);
  }

  /**
   * The one of which most is there. A text that comes in one event has to have a name that a text
   * has: titles and sources are saved too. Of two with the same beginning the one is meant that
   * fewer events have.
   */
  private Optional<Option> most(Verifier verifier, Look look, Values values) {
    return options.stream()
        .filter(each -> each.grows() || each.sure())
        .filter(each -> found(verifier, look, values, each) > 0)
        .max(
            Comparator.comparingInt((Option each) -> found(verifier, look, values, each))
                .thenComparing(each -> each.answers().isFiltered()))
        .or(
            () ->
                options.stream()
                    .filter(each -> verifier.again(look, values, each.text()).saved())
                    .findFirst());
  }

  /** How many characters of it are there. */
  private static int found(Verifier verifier, Look look, Values values, Option option) {
    var again = verifier.again(look, values, option.text());
    return again.saved() ? option.text().strip().length() : again.characters();
  }

  /** The places at which the text may stand, as {@code --text} takes them; {@code ""} for none. */
  String places() {
    var places =
        options.stream()
            .flatMap(
                each ->
                    each.answers().place().stream()
                        .map(place -> "--text '%s' (%s)".formatted(place.rule(), excerpt(each))))
            .distinct()
            .limit(SHOWN_PLACES)
            .toList();
    return String.join(", ", places);
  }

  private static String excerpt(Option option) {
    var line = option.text().strip().replaceAll("[\\s\\p{Cc}]+", " ");
    return "'"
        + (line.length() <= SHOWN_CHARACTERS ? line : line.substring(0, SHOWN_CHARACTERS) + " …")
        + "'";
  }
}
