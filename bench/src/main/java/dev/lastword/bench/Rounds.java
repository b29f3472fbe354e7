package dev.lastword.bench;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/// The rounds of one system, beside those of the others.
///
/// @param own of this system
/// @param all of every system, round by round
record Rounds(List<Measurement> own, Map<String, List<Measurement>> all) {
  static final String NONE = "–";

  String system() {
    return own.getFirst().system();
  }

  String figure(ToDoubleFunction<Measurement> figure, int decimals) {
    return Spread.of(own, figure).text(decimals);
  }

  /// Compares round by round: what disturbs the machine for a while disturbs both of a pair.
  String compared(
      String other, ToDoubleFunction<Measurement> figure, DoubleBinaryOperator compare) {
    var others = all.getOrDefault(other, List.of());
    if (others.size() != own.size()) {
      return NONE;
    }
    var figures =
        IntStream.range(0, own.size())
            .mapToDouble(
                i ->
                    compare.applyAsDouble(
                        figure.applyAsDouble(own.get(i)), figure.applyAsDouble(others.get(i))))
            .toArray();
    return Spread.of(figures).text(2);
  }
}
