package dev.lastword.library;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A gateway refuses what it is asked, or cannot be reached. */
public final class GatewayException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Statuses of what is for now. */
  private static final Set<Integer> PASSING = Set.of(0, 408, 425, 429, 502, 503, 504);

  private final int status;
  private final String code;

  GatewayException(int status, String code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.status = status;
    this.code = code;
  }

  /** It has answered, and no. */
  static GatewayException refused(GatewayClient.Reply reply) {
    var said = reply.detail();
    return new GatewayException(
        reply.status(),
        reply.code(),
        "the gateway answered %d %s%s"
            .formatted(reply.status(), reply.code(), said.isEmpty() ? "" : ": " + said),
        null);
  }

  /** It has not answered for as long as was waited. */
  static GatewayException unreachable(@Nullable Throwable cause) {
    return new GatewayException(
        0,
        "unreachable",
        "the gateway cannot be reached" + (cause == null ? "" : ": " + cause),
        cause);
  }

  /** The status that it answered with; 0 if it has not. */
  public int status() {
    return status;
  }

  /** Whether it may be asked again: it was not reached, or cannot do it now. */
  public boolean isPassing() {
    return PASSING.contains(status);
  }

  /** The code of its problem, such as {@code credentials_refused}; {@code unreachable}. */
  public String code() {
    return code;
  }
}
