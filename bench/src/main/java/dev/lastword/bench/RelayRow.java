package dev.lastword.bench;

import java.util.Locale;

/// One system's row in the table of the relay.
///
/// @param rounds of this system
record RelayRow(Rounds rounds) {
  private static final String NONE = Rounds.NONE;

  String[] cells() {
    boolean direct = rounds.system().equals(SystemUnderTest.DIRECT);
    return new String[] {
      rounds.system(),
      rounds.figure(Measurement::perSecond, 0),
      direct ? NONE : rounds.figure(Measurement::cpuMicrosPerEvent, 1),
      direct
          ? NONE
          : rounds.compared(
              SystemUnderTest.NGINX, Measurement::cpuMicrosPerEvent, (own, nginx) -> own / nginx),
      rounds.figure(m -> m.millis("p50_us"), 2),
      rounds.figure(m -> m.millis("p99_us"), 2),
      direct
          ? NONE
          : rounds.compared(
              SystemUnderTest.DIRECT, m -> m.millis("p50_us"), (own, floor) -> own - floor),
      direct
          ? NONE
          : rounds.compared(
              SystemUnderTest.DIRECT, m -> m.millis("p99_us"), (own, floor) -> own - floor),
      endings(),
      direct ? NONE : rounds.figure(Measurement::switchesPerEvent, 2),
      direct ? NONE : rounds.figure(m -> m.rssBytes() / 1048576.0, 0),
      direct ? NONE : rounds.figure(m -> m.pssBytes() / 1048576.0, 0),
      Long.toString(rounds.own().stream().mapToLong(Measurement::wrong).sum()),
      rounds.figure(Measurement::toolMicrosPerEvent, 1),
      rounds.figure(Measurement::sourceLagMillis, 1),
      rounds.figure(Measurement::otherCores, 2)
    };
  }

  private String endings() {
    if (rounds.own().stream().anyMatch(m -> m.window().number("endings") == 0)) {
      return NONE;
    }
    return String.format(
        Locale.ROOT,
        "%.2f / %.2f",
        Spread.of(rounds.own(), m -> m.millis("ending_p50_us")).median(),
        Spread.of(rounds.own(), m -> m.millis("ending_p99_us")).median());
  }
}
