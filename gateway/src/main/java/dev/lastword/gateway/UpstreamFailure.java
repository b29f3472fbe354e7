package dev.lastword.gateway;

/** Why an upstream gave no proper answer. */
enum UpstreamFailure {
  UNREACHABLE(502, "upstream_unreachable", "the upstream cannot be reached"),
  NO_HEAD(504, "upstream_timeout", "the upstream did not begin to answer in time"),
  MALFORMED(502, "upstream_malformed", "the upstream's answer is not proper HTTP"),
  CLOSED(
      502, "upstream_closed", "the upstream closed the connection before its answer was complete"),
  RESET(502, "upstream_reset", "the connection to the upstream broke"),
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

  Problem problem() {
    return Problem.of(status, code, message);
  }
}
