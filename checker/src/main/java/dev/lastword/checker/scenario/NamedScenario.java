package dev.lastword.checker.scenario;

/** A scenario with its names. */
abstract class NamedScenario implements Scenario {
  private final String code;
  private final Severity severity;
  private final String title;
  private final String advice;

  NamedScenario(String code, Severity severity, String title, String advice) {
    this.code = code;
    this.severity = severity;
    this.title = title;
    this.advice = advice;
  }

  @Override
  public final String code() {
    return code;
  }

  @Override
  public final Severity severity() {
    return severity;
  }

  @Override
  public final String title() {
    return title;
  }

  @Override
  public final String advice() {
    return advice;
  }
}
