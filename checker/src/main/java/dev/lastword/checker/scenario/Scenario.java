package dev.lastword.checker.scenario;

/** One thing that is tried. */
public interface Scenario {
  /** How much a fault hurts. */
  enum Severity {
    /** Worth knowing. */
    LOW,
    /** People notice. */
    MEDIUM,
    /** Answers are lost, or shown to others. */
    HIGH
  }

  /** Its stable code, such as {@code LW001}. */
  String code();

  /** What it tries, in a few words. */
  String title();

  /** How much a fault hurts. */
  Severity severity();

  /** What to do about a fault, in a sentence. */
  String advice();

  /** Whether it does to the endpoint what all other checks would feel, so that it comes last. */
  default boolean disrupts() {
    return false;
  }

  /** Tries it. May be called beside other scenarios. */
  Verdict judge(Bench bench) throws InterruptedException;
}
