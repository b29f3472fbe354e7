package dev.lastword.bench;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// The median of some rounds, with the lowest and the highest.
///
/// @param median of an even number of rounds: the mean of the middle two
record Spread(double median, double lowest, double highest) {

  /// @throws IllegalArgumentException if there are no rounds
  static <T> Spread of(Collection<T> rounds, ToDoubleFunction<T> figure) {
    var sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
    return ofSorted(sorted);
  }

  static Spread of(double... figures) {
    var sorted = figures.clone();
    Arrays.sort(sorted);
    return ofSorted(sorted);
  }

  private static Spread ofSorted(double[] sorted) {
    int count = sorted.length;
    if (count == 0) {
      throw new IllegalArgumentException("a spread of nothing");
    }
    double median =
        count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
    return new Spread(median, sorted[0], sorted[count - 1]);
  }

  /// For example `11.2 (10.9–11.6)`.
  String text(int decimals) {
    var number = "%,." + decimals + "f";
    return String.format(
        Locale.ROOT, number + " (" + number + "–" + number + ")", median, lowest, highest);
  }
}
