package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpHeaderNames;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Who sees and stops everything: whoever sends the configured token as {@code Authorization:
 * Bearer}.
 *
 * @param token empty if there is no administrator
 */
record Administrator(String token) {
  private static final String SCHEME = "Bearer ";

  /** Whether a request comes from there; takes as long for every wrong token of its length. */
  boolean is(RequestHead head) {
    if (token.isEmpty()) {
      return false;
    }
    var shown = head.headers().get(HttpHeaderNames.AUTHORIZATION, "");
    return shown.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        && MessageDigest.isEqual(
            shown.substring(SCHEME.length()).strip().getBytes(StandardCharsets.UTF_8),
            token.getBytes(StandardCharsets.UTF_8));
  }

  /** What others are told where only an administrator may ask. */
  static Problem required() {
    return Owners.unauthorized("admin_required", "only the administrator may ask this")
        .member("setting", Setting.ADMIN_TOKEN.key());
  }

  static Problem notRelayed() {
    return Problem.of(
        403, "admin_not_relayed", "the administrator's token is shown to no upstream");
  }

  @Override
  public String toString() {
    return token.isEmpty() ? "no administrator" : "an administrator";
  }
}
