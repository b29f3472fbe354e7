package dev.lastword.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/// One system's row in the table of the relay.
///
/// @param rounds of this system
/// @param all of every system, round by round
record RelayRow(List<Measurement> rounds, Map<String, List<Measurement>> all) {
  private static final String NONE = "–";

  String[] cells() {
    boolean direct = rounds.getFirst().system().equals(SystemUnderTest.DIRECT);
    return new String[] {
      rounds.getFirst().system(),
      figure(Measurement::perSecond, 0),
      direct ? NONE : figure(Measurement::cpuMicrosPerEvent, 1),
      direct
          ? NONE
          : compared(
              SystemUnderTest.NGINX, Measurement::cpuMicrosPerEvent, (own, nginx) -> own / nginx),
      figure(m -> m.millis("p50_us"), 2),
      figure(m -> m.millis("p99_us"), 2),
      direct
          ? NONE
          : compared(SystemUnderTest.DIRECT, m -> m.millis("p50_us"), (own, floor) -> own - floor),
      direct
          ? NONE
          : compared(SystemUnderTest.DIRECT, m -> m.millis("p99_us"), (own, floor) -> own - floor),
      endings(),
      direct ? NONE : figure(Measurement::switchesPerEvent, 2),
      direct ? NONE : figure(m -> m.rssBytes() / 1048576.0, 0),
      direct ? NONE : figure(m -> m.pssBytes() / 1048576.0, 0),
      Long.toString(rounds.stream().mapToLong(Measurement::wrong).sum()),
      figure(Measurement::toolMicrosPerEvent, 1),
      figure(Measurement::sourceLagMillis, 1),
      figure(Measurement::otherCores, 2)
    };
  }

  private String figure(ToDoubleFunction<Measurement> figure, int decimals) {
    return Spread.of(rounds, figure).text(decimals);
  }

  // Compares round by round: what disturbs the machine for a while disturbs both of a pair.
  private String compared(
      String other, ToDoubleFunction<Measurement> figure, DoubleBinaryOperator compare) {
    var others = all.getOrDefault(other, List.of());
    if (others.size() != rounds.size()) {
      return NONE;
    }
    var figures =
        IntStream.range(0, rounds.size())
            .mapToDouble(
                i ->
                    compare.applyAsDouble(
                        figure.applyAsDouble(rounds.get(i)), figure.applyAsDouble(others.get(i))))
            .toArray();
    return Spread.of(figures).text(2);
  }

  private String endings() {
    if (rounds.stream().anyMatch(m -> m.window().number("endings") == 0)) {
      return NONE;
    }
    return String.format(
        Locale.ROOT,
        "%.2f / %.2f",
        Spread.of(rounds, m -> m.millis("ending_p50_us")).median(),
        Spread.of(rounds, m -> m.millis("ending_p99_us")).median());
  }
}
