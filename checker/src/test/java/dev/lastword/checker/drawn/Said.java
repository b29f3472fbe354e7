package dev.lastword.checker.drawn;

/**
 * One event of a drawn answer.
 *
 * @param type {@code ""} for an event without one
 * @param text what it adds to the answer, {@code ""} if it adds nothing
 * @param role what it is to a reader who waits for the end
 */
record Said(String type, String data, String text, Role role) {
  enum Role {
    PART,
    ENDING,
    TERMINAL
  }

  static Said other(String type, String data) {
    return new Said(type, data, "", Role.PART);
  }

  static Said other(String data) {
    return other("", data);
  }

  Said as(Role role) {
    return new Said(type, data, text, role);
  }
}
