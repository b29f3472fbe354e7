package dev.lastword.gateway;

/** Why an upstream gave no proper answer. */
enum UpstreamFailure {
  UNREACHABLE(502, "upstream_unreachable", "the upstream cannot be reached"),
  NO_HEAD(504, "upstream_timeout", "the upstream did not begin to answer in time"),
  MALFORMED(502, "upstream_malformed", "the upstream's answer is not proper HTTP"),
  CLOSED(
      502, "upstream_closed", "the upstream closed the connection before its answer was complete"),
  KEPT_CLOSED(
      502,
      "upstream_kept_closed",
      "the upstream closed a kept connection when it was asked; it may have seen the request, so it"
          + " was not asked twice"),
  NO_ROOM(503, "overloaded", "as many connections are open as the system allows"),
  RESET(502, "upstream_reset", "the connection to the upstream broke"),
  BROKEN_OFF(502, "upstream_reset", "the upstream broke its answer off"),
  REFUSED(502, "upstream_refused", "the upstream refused to take the request, and did not see it"),
  IDLE(504, "upstream_idle", "the upstream fell silent in the middle of its answer");

  private final int status;
  private final String code;
  private final String message;

  UpstreamFailure(int status, String code, String message) {
    this.status = status;
    this.code = code;
    this.message = message;
  }

  String code() {
    return code;
  }

  String message() {
    return message;
  }

  /** Whether the connection ended, and nothing was wrong with what had been said on it. */
  boolean isGoodbye() {
    return this == CLOSED || this == RESET;
  }

  Problem problem() {
    return status == 503 ? Problem.unavailable(code, message) : Problem.of(status, code, message);
  }
}
