package dev.lastword.gateway;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.util.AsciiString;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Heads of requests to an upstream and of its responses, in HTTP/2 (RFC 9113 §8.3). A response that
 * could not be said in HTTP/1.1 is malformed: it goes on to clients in that.
 */
final class UpstreamHeads {
  private static final Pattern STATUS = Pattern.compile("[1-5][0-9][0-9]");
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

  /** Fields of a connection, which HTTP/2 does not carry (§8.2.2). */
  private static final Set<String> CONNECTIONS =
      Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te");

  private static final Set<String> COMMON =
      Set.of(
          ":method",
          ":scheme",
          ":authority",
          "accept",
          "accept-encoding",
          "accept-language",
          "content-type",
          "user-agent",
          "via");

  /**
   * What is compressed by itself alone (RFC 7541 §7.1.3): whoever else asks on the same connection
   * could guess it from how short it became.
   */
  static final Http2HeadersEncoder.SensitivityDetector SECRETS =
      (name, _) -> !COMMON.contains(name.toString());

  private UpstreamHeads() {}

  /** The head of a request; its fields come from {@link RelayHeaders}. */
  static Http2Headers request(HttpRequest request, boolean tls) {
    var fields = request.headers();
    var out = new DefaultHttp2Headers(false, fields.size() + 4);
    out.method(request.method().asciiName());
    out.scheme(tls ? "https" : "http");
    out.authority(fields.get(HttpHeaderNames.HOST, ""));
    out.path(request.uri());
    for (var all = fields.iteratorCharSequence(); all.hasNext(); ) {
      var field = all.next();
      var name = AsciiString.of(field.getKey()).toLowerCase();
      if (!CONNECTIONS.contains(name.toString()) && !name.contentEquals("host")) {
        out.add(name, AsciiString.of(field.getValue().toString().strip()));
      }
    }
    return out;
  }

  /**
   * The status of a response.
   *
   * @throws IllegalArgumentException if there is none
   */
  static int status(Http2Headers head) {
    var status = head.status();
    if (status == null || !STATUS.matcher(status).matches()) {
      throw new IllegalArgumentException("status"); // outside of RFC 9110 §15
    }
    return Integer.parseInt(status.toString());
  }

  /**
   * The fields of a response.
   *
   * @throws IllegalArgumentException if one of them is malformed, or does not belong into HTTP/2
   */
  static HttpHeaders response(Http2Headers head) {
    var fields = new DefaultHttpHeaders(); // it looks at names and values
    for (var field : head) {
      var name = field.getKey().toString();
      if (name.startsWith(":")) {
        continue;
      }
      if (CONNECTIONS.contains(name) || !name.equals(name.toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException("field"); // §8.2
      }
      fields.add(name, field.getValue().toString());
    }
    return fields;
  }

  /**
   * The announced length of a body, or -1.
   *
   * @throws IllegalArgumentException if it is malformed, or there are several
   */
  static long length(HttpHeaders fields) {
    var lengths = fields.getAll(HttpHeaderNames.CONTENT_LENGTH);
    if (lengths.isEmpty()) {
      return -1;
    }
    if (lengths.size() > 1 || !LENGTH.matcher(lengths.getFirst()).matches()) {
      throw new IllegalArgumentException("length");
    }
    return Long.parseLong(lengths.getFirst());
  }
}
