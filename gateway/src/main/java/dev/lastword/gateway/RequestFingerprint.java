package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpHeaderNames;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Map;

/**
 * By which two requests are the same: method, target, how the body is to be read, and each of its
 * bytes. Other fields are the client's own business.
 */
record RequestFingerprint(String value) {
  private static final String ATTRIBUTE = "request";

  /** As long as a body has not come. */
  static final RequestFingerprint NONE = new RequestFingerprint("");

  /** SHA-256 over the parts, each behind its length. */
  static RequestFingerprint of(RequestHead request, byte[] body) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      add(digest, request.method().name());
      add(digest, request.target());
      add(digest, request.headers().get(HttpHeaderNames.CONTENT_TYPE, ""));
      add(digest, request.headers().get(HttpHeaderNames.CONTENT_ENCODING, ""));
      digest.update(body);
      var text = Base64.getUrlEncoder().withoutPadding().encodeToString(digest.digest());
      return new RequestFingerprint(text);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static void add(MessageDigest digest, String word) {
    var bytes = word.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    digest.update(bytes);
  }

  /** Writes it down with a stream. */
  void writeTo(Map<String, String> attributes) {
    attributes.put(ATTRIBUTE, value);
  }

  /** Whether a stream is the answer to this very request. */
  boolean isOf(Map<String, String> attributes) {
    return value.equals(attributes.get(ATTRIBUTE));
  }
}
