package dev.lastword.checker.scenario;

import java.util.List;

/** Everything that is tried, in the order of the codes. */
public final class Scenarios {
  private static final List<Scenario> ALL =
      List.of(
          new LeaveAtTerminal(),
          new LeaveAtEnding(),
          new SavedAtTerminal(),
          new LeaveHalfWay(),
          new Refresh(),
          new StopOrLeave(),
          new SameAgain(),
          new OneTerminal(),
          new HonestEnd(),
          new WholeContent(),
          new ManyReaders(),
          new Silence(),
          new Delivery(),
          new Framing(),
          new Strangers(),
          new StalledReader(),
          new ReconnectAfterEnd(),
          new InBrowser(),
          new ServerKilled(),
          new LongSilence(),
          new Injection(),
          new RealSdks(),
          new SavedAtEnding(),
          new SavedOnce(),
          new ComesBackForEver());

  private Scenarios() {}

  /** All of them. */
  public static List<Scenario> all() {
    return ALL;
  }
}
