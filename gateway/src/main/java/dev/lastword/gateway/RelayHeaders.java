package dev.lastword.gateway;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which fields cross the gateway: requests are built anew, and nothing that concerns one hop goes
 * on to the next.
 */
final class RelayHeaders {
  /** Fields of the gateway's own, which no upstream is told. */
  static final String OWN_PREFIX = "lastword-";

  private static final Set<String> HOP_BY_HOP =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "proxy-authorization",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  /**
   * What a {@code Connection} field names in vain: where a request ends, and whom it is for, is not
   * its client's to take out.
   */
  private static final Set<String> NEVER_OF_A_HOP = Set.of("content-length", "host");

  private static final Set<String> NOT_TO_UPSTREAM =
      Set.of("host", "expect", "content-length", "accept-encoding");
  private static final Set<String> NOT_OF_A_STREAM =
      Set.of("content-length", "content-encoding", "cache-control", "x-accel-buffering");

  private RelayHeaders() {}

  /**
   * What the upstream is asked with.
   *
   * @param fields what it is told in place of the client's fields of these names
   * @param pseudonym this process, for {@code Via}
   */
  static HttpHeaders toUpstream(
      RequestHead head, UpstreamTarget target, List<RouteConfig.Field> fields, String pseudonym) {
    var out = new DefaultHttpHeaders();
    out.set(HttpHeaderNames.HOST, target.authority());
    copy(head.headers(), out, NOT_TO_UPSTREAM, true);
    for (var field : fields) {
      out.remove(field.name());
      if (!field.value().isEmpty()) {
        out.set(field.name(), field.value());
      }
    }
    out.set(HttpHeaderNames.ACCEPT_ENCODING, "identity");
    out.add(HttpHeaderNames.VIA, head.version() + " " + pseudonym);
    frame(out, head);
    return out;
  }

  /** Says where a request's body ends as it was read, and not as its fields say. */
  static void frame(HttpHeaders out, RequestHead head) {
    out.remove(HttpHeaderNames.CONTENT_LENGTH);
    out.remove(HttpHeaderNames.TRANSFER_ENCODING);
    if (head.contentLength() == RequestHead.UNKNOWN_LENGTH) {
      out.set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    } else if (head.hasBody() || head.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
      out.set(HttpHeaderNames.CONTENT_LENGTH, head.contentLength());
    }
  }

  /** What a request says to whoever answers it, without what concerns one hop alone. */
  static HttpHeaders ofHop(HttpHeaders request) {
    var out = new DefaultHttpHeaders();
    copy(request, out, Set.of("expect"), false);
    return out;
  }

  /** Whether a request has been through this process before (RFC 9110 §7.6.3). */
  static boolean cameBy(HttpHeaders request, String pseudonym) {
    return request.getAll(HttpHeaderNames.VIA).stream().anyMatch(via -> via.contains(pseudonym));
  }

  /** What the client is answered with where the response passes through. */
  static HttpHeaders toClient(HttpHeaders upstream) {
    var out = new DefaultHttpHeaders();
    copy(upstream, out, Set.of(), false);
    return out;
  }

  /** What the client of a stream is answered with; the body is ours from here on. */
  static HttpHeaders toClientOfStream(HttpHeaders upstream, String streamId) {
    var out = new DefaultHttpHeaders();
    copy(upstream, out, NOT_OF_A_STREAM, true);
    out.set("lastword-stream", streamId);
    out.add("link", "</v1/stream/" + streamId + ">; rel=\"alternate\"");
    streamed(out);
    return out;
  }

  /** What the client is told of a head whose body is another one than was announced. */
  static HttpHeaders toClientOfError(HttpHeaders upstream) {
    var out = new DefaultHttpHeaders();
    copy(upstream, out, NOT_OF_A_STREAM, true);
    out.set(HttpHeaderNames.CONTENT_TYPE, "application/json");
    out.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    return out;
  }

  /** Adds the address by which a reader without credentials resumes. */
  static void link(HttpHeaders out, String url) {
    out.set("lastword-resume", url);
    out.set("referrer-policy", "no-referrer");
  }

  /** Keeps proxies from holding events back. */
  static void streamed(HttpHeaders out) {
    out.set(HttpHeaderNames.CACHE_CONTROL, "no-cache, no-transform");
    out.set("x-accel-buffering", "no");
  }

  private static void copy(
      HttpHeaders from, HttpHeaders to, Set<String> without, boolean withoutOwn) {
    var named = namedByConnection(from);
    for (var fields = from.iteratorCharSequence(); fields.hasNext(); ) {
      var field = fields.next();
      var name = field.getKey().toString().toLowerCase(Locale.ROOT);
      boolean stays =
          HOP_BY_HOP.contains(name)
              || without.contains(name)
              || named.contains(name)
              || (withoutOwn && name.startsWith(OWN_PREFIX));
      if (!stays) {
        to.add(field.getKey(), field.getValue());
      }
    }
  }

  private static Set<String> namedByConnection(HttpHeaders headers) {
    var values = headers.getAll(HttpHeaderNames.CONNECTION);
    if (values.isEmpty()) {
      return Set.of();
    }
    var names = new HashSet<String>();
    for (var value : values) {
      for (var name : value.split(",", -1)) {
        names.add(name.strip().toLowerCase(Locale.ROOT));
      }
    }
    names.removeAll(NEVER_OF_A_HOP);
    return names;
  }
}
