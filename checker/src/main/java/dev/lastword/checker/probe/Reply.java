package dev.lastword.checker.probe;

import static java.nio.charset.StandardCharsets.UTF_8;

/** A whole response that was not read as a stream. */
@SuppressWarnings("ArrayRecordComponent") // handed on as it is, never compared
public record Reply(Head head, byte[] body) {
  /** The body as text. */
  public String text() {
    return new String(body, UTF_8);
  }
}
