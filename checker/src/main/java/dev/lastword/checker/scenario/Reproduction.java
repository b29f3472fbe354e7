package dev.lastword.checker.scenario;

/**
 * How a fault is seen without the checker.
 *
 * @param code of the check
 * @param shell commands for a POSIX shell with curl; {@code ""} if curl cannot show the fault
 * @param script for Python 3, with nothing but its own library
 */
public record Reproduction(String code, String shell, String script) {
  /** Whether a check's fault is one of losing answers. */
  public static boolean shows(String code) {
    return Reproducing.codes().contains(code);
  }
}
