package dev.lastword.bench;

/// What one round has shown of one system.
///
/// @param system its name
/// @param asked events per second that were asked for
/// @param seconds length of the window
/// @param window what the readers saw in it
/// @param source what the source sent in it
/// @param used what the system used in it; nothing for the source itself
/// @param rssBytes of the system at the window's end
/// @param pssBytes proportional set size right after it
/// @param toolMicros CPU time of source and readers in it
/// @param otherCores cores that anything else on the machine was busy with; much of it spoils the
///   round
/// @param whole what the readers saw from the first event to the last
record Measurement(
    String system,
    double asked,
    double seconds,
    Line window,
    Line source,
    ProcessUsage used,
    long rssBytes,
    long pssBytes,
    long toolMicros,
    double otherCores,
    Line whole) {

  long events() {
    return window.number("events");
  }

  double perSecond() {
    return events() / seconds;
  }

  double deliveredPercent() {
    return 100 * perSecond() / asked;
  }

  double cpuMicrosPerEvent() {
    return (double) used.cpuMicros() / events();
  }

  double switchesPerEvent() {
    return (double) used.voluntarySwitches() / events();
  }

  double toolMicrosPerEvent() {
    return (double) toolMicros / events();
  }

  /// How late the source was with one event in a hundred, in milliseconds: when the tool itself
  /// lacks CPU.
  double sourceLagMillis() {
    return source.number("lag_p99_us") / 1000.0;
  }

  double millis(String field) {
    return window.number(field) / 1000.0;
  }

  /// Everything that is not as sent, over the whole round: lost, repeated, out of order, altered,
  /// cut off, refused.
  long wrong() {
    return wrong(whole);
  }

  /// The same of readers' totals.
  static long wrong(Line whole) {
    long sum = 0;
    for (var field :
        new String[] {
          "lost", "backward", "crossed", "malformed", "truncated", "refused", "left_over"
        }) {
      sum += whole.number(field);
    }
    return sum;
  }

  /// Whether the system kept up: nothing wrong, and at least 99 % of what was asked arrived within
  /// the window.
  boolean keptUp() {
    return wrong() == 0 && deliveredPercent() >= 99;
  }
}
