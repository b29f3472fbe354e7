package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpMethod;
import java.util.Optional;

/**
 * The key of a request that may be sent again: all that an owner sends under one key is one
 * request, and one answer (draft-ietf-httpapi-idempotency-key-header-07).
 *
 * @param value 1 to {@link #LENGTH_MAX} printable ASCII characters, without quotation marks
 */
record IdempotencyKey(String value) {
  static final String FIELD = "Idempotency-Key";
  static final int LENGTH_MAX = 255;

  /**
   * The key of a POST or PATCH; requests of other methods have none. The draft puts it into
   * quotation marks (RFC 8941 §3.3.3), most clients do not: both are the same key.
   */
  static Optional<IdempotencyKey> of(RequestHead request) throws StreamOrder.MalformedException {
    var values = request.headers().getAll(FIELD);
    if (values.isEmpty() || !(request.is(HttpMethod.POST) || request.is(HttpMethod.PATCH))) {
      return Optional.empty();
    }
    var key = unquoted(values.getFirst().strip());
    if (values.size() > 1 || !isKey(key)) {
      throw new StreamOrder.MalformedException(
          FIELD, "one key of 1 to " + LENGTH_MAX + " printable ASCII characters");
    }
    return Optional.of(new IdempotencyKey(key));
  }

  private static String unquoted(String value) {
    boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
    return quoted
        ? value.substring(1, value.length() - 1).replace("\\\"", "\"").replace("\\\\", "\\")
        : value;
  }

  private static boolean isKey(String key) {
    return !key.isEmpty()
        && key.length() <= LENGTH_MAX
        && key.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
  }
}
