package dev.lastword.gateway;

import dev.lastword.gateway.StreamOrder.MalformedException;
import java.util.Map;

/**
 * Why an application ends a stream that is not whole.
 *
 * @param interrupted whether it goes away itself
 * @param code for machines, such as {@code model_unreachable}
 * @param message one sentence for a person, which readers are shown
 */
record FailOrder(boolean interrupted, String code, String message) {
  static final int BODY_BYTES_MAX = 8_192;

  private static final int MESSAGE_LENGTH_MAX = 1_000;

  static FailOrder of(byte[] body) throws MalformedException {
    Map<String, String> members = Texts.of(body);
    var code = members.getOrDefault("code", "");
    var message = members.getOrDefault("message", "");
    var outcome = members.getOrDefault("outcome", "failed");
    Texts.allow(members, "outcome", "code", "message");
    if (!outcome.equals("failed") && !outcome.equals("interrupted")) {
      throw new MalformedException("outcome", "failed or interrupted");
    }
    if (!code.matches("[a-z0-9_]{1,64}")) {
      throw new MalformedException("code", "1 to 64 characters of a-z 0-9 _");
    }
    if (message.isEmpty() || message.length() > MESSAGE_LENGTH_MAX) {
      throw new MalformedException("message", "1 to " + MESSAGE_LENGTH_MAX + " characters");
    }
    return new FailOrder(outcome.equals("interrupted"), code, message);
  }
}
