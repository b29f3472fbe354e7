package dev.lastword.checker.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A run that was made and cannot be judged.
 *
 * @param mayBeLoss whether its answer was looked for and may well be lost; else there was nothing
 *     that could have been found
 */
record Unjudged(String why, boolean mayBeLoss) {
  /** One in which there was nothing to find, such as one whose moment never came. */
  static Unjudged without(String why) {
    return new Unjudged(why, false);
  }

  /** One whose answer may be lost. */
  static Unjudged open(String why) {
    return new Unjudged(why, true);
  }

  /** No verdict, where none could be judged. */
  static Verdict none(List<Unjudged> all) {
    return Verdict.inconclusive(0, reasons(all));
  }

  /**
   * What it comes to that no judged run shows a fault: that, with a word on the others; or no
   * verdict, where one of those may be a loss.
   */
  static Verdict weighed(Verdict pass, List<Unjudged> others) {
    if (others.isEmpty()) {
      return pass;
    }
    var said = pass.saying(pass.detail() + "; " + told(others));
    return others.stream().anyMatch(Unjudged::mayBeLoss) ? said.undecided() : said;
  }

  /** How many there are, and why. */
  static String told(List<Unjudged> all) {
    return all.size() + " more could not be judged: " + reasons(all);
  }

  private static String reasons(List<Unjudged> all) {
    var ordered = new ArrayList<>(all.stream().filter(Unjudged::mayBeLoss).toList());
    all.stream().filter(each -> !each.mayBeLoss()).forEach(ordered::add);
    return ordered.stream().map(Unjudged::why).distinct().collect(Collectors.joining("; "));
  }
}
