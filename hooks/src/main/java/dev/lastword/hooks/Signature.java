package dev.lastword.hooks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The header fields of a call (Standard Webhooks 1.0.0, "signature scheme"): HMAC-SHA-256 over id,
 * timestamp and body, once for each secret.
 */
final class Signature {
  private static final String ALGORITHM = "HmacSHA256";
  private static final String ENCODED = "whsec_";

  private final List<byte[]> keys;

  /**
   * @throws IllegalArgumentException if there is none, or one is not as it says
   */
  Signature(List<String> secrets) {
    if (secrets.isEmpty()) {
      throw new IllegalArgumentException("a webhook needs a secret");
    }
    this.keys = secrets.stream().map(Signature::key).toList();
  }

  private static byte[] key(String secret) {
    if (!secret.startsWith(ENCODED)) {
      return secret.getBytes(UTF_8);
    }
    try {
      return Base64.getDecoder().decode(secret.substring(ENCODED.length()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "a secret that begins with whsec_ has to go on in Base64", e);
    }
  }

  /**
   * The fields of one call.
   *
   * @param seconds since 1970, of this call
   */
  Map<String, String> fields(String id, long seconds, byte[] body) {
    var ahead = (id + "." + seconds + ".").getBytes(UTF_8);
    return Map.of(
        "webhook-id",
        id,
        "webhook-timestamp",
        Long.toString(seconds),
        "webhook-signature",
        keys.stream()
            .map(key -> "v1," + Base64.getEncoder().encodeToString(sign(key, ahead, body)))
            .collect(Collectors.joining(" ")));
  }

  private static byte[] sign(byte[] key, byte[] ahead, byte[] body) {
    try {
      var mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      mac.update(ahead);
      return mac.doFinal(body);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + ALGORITHM, e);
    }
  }
}
