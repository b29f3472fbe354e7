package dev.lastword.gateway;

/** When another upstream of a route may answer what one did not. */
final class Failover {
  private Failover() {}

  /**
   * Whether a status says that this upstream does not answer now, and nothing about the request:
   * 408, 429 and all from 500 on but 501 and 505, which another one would say too.
   */
  static boolean isWorthIt(int status) {
    return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
  }
}
