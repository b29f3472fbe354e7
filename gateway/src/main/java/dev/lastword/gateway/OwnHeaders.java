package dev.lastword.gateway;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;

/** The fields that every answer of the gateway's own carries. */
final class OwnHeaders {
  /** How a stream has ended, of which a reader has everything. */
  static final String OUTCOME = "lastword-outcome";

  /** An answer is no page: nothing in it is loaded or run, whatever a browser takes it for. */
  private static final String NOTHING = "default-src 'none'; frame-ancestors 'none'";

  private OwnHeaders() {}

  /** The fields of an answer that is not to be kept. */
  static HttpHeaders of(String contentType) {
    var headers = guarded(contentType);
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    return headers;
  }

  /** The fields of an answer that is the same for everybody, and may be kept for a while. */
  static HttpHeaders kept(String contentType, int seconds) {
    var headers = guarded(contentType);
    headers.set(HttpHeaderNames.CACHE_CONTROL, "public, max-age=" + seconds);
    return headers;
  }

  /** The fields of an event stream under its own URL. */
  static HttpHeaders ofEvents(String streamId) {
    var headers = guarded("text/event-stream");
    headers.set("lastword-stream", streamId);
    RelayHeaders.streamed(headers);
    return headers;
  }

  private static HttpHeaders guarded(String contentType) {
    var headers = new DefaultHttpHeaders();
    headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
    headers.set("x-content-type-options", "nosniff");
    headers.set(HttpHeaderNames.CONTENT_SECURITY_POLICY, NOTHING);
    headers.set("referrer-policy", "no-referrer"); // a link's token stands in its address
    return headers;
  }
}
