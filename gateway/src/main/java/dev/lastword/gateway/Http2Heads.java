package dev.lastword.gateway;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Heads of requests and responses in HTTP/2 (RFC 9113 §8). What cannot be said in HTTP/1.1 without
 * being read otherwise is refused: requests go on to upstreams in that.
 */
final class Http2Heads {
  private static final String VERSION = "2";
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

  /** Fields of a connection, which HTTP/2 does not carry (§8.2.2). */
  private static final Set<String> CONNECTIONS =
      Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

  private Http2Heads() {}

  /** What is wrong with a request's head; known at the field where it is found. */
  private static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Problem problem;

    RefusedException(Problem problem) {
      super(problem.code());
      this.problem = problem;
    }
  }

  /**
   * Judges the head of a request.
   *
   * @param end whether no body follows
   */
  static RequestHeads.Verdict read(Http2Headers headers, boolean end, Limits limits) {
    try {
      return new RequestHeads.Accepted(head(headers, end, limits));
    } catch (RefusedException e) {
      return new RequestHeads.Refused(e.problem);
    } catch (IllegalArgumentException e) { // a name or a value that is none
      return new RequestHeads.Refused(
          Problem.of(400, "malformed_request", "a header field is malformed"));
    }
  }

  private static RequestHead head(Http2Headers headers, boolean end, Limits limits)
      throws RefusedException {
    if (headers.size() > limits.headerFieldsMax() + 4) { // its four pseudo-header fields
      throw new RefusedException(
          Problem.tooMuch(
              431, "header_too_large", "number of header fields", limits.headerFieldsMax()));
    }
    var method = method(headers);
    var target = target(headers, limits);
    var fields = fields(headers);
    long length = length(fields, end);
    if (length > limits.bodyBytesMax()) {
      throw new RefusedException(RequestHeads.bodyTooLarge(limits));
    }
    var expect = fields.get(HttpHeaderNames.EXPECT);
    if (expect != null && !expect.equalsIgnoreCase("100-continue")) {
      throw new RefusedException(RequestHeads.expectation());
    }
    return new RequestHead(method, VERSION, target, authority(headers, fields), fields, length);
  }

  private static HttpMethod method(Http2Headers headers) throws RefusedException {
    var method = headers.method();
    if (method == null || !TOKEN.matcher(method).matches()) {
      throw new RefusedException(Problem.badField(":method", "the method of the request"));
    }
    if (method.toString().equals("CONNECT")) {
      throw new RefusedException(RequestHeads.connect());
    }
    return HttpMethod.valueOf(method.toString());
  }

  private static String target(Http2Headers headers, Limits limits) throws RefusedException {
    var path = headers.path() == null ? "" : headers.path().toString();
    if (path.length() > limits.requestLineBytesMax()) {
      throw new RefusedException(
          Problem.tooMuch(414, "target_too_large", ":path", limits.requestLineBytesMax()));
    }
    if (!path.startsWith("/") || RequestTarget.parse(path).isEmpty()) {
      throw new RefusedException(RequestHeads.malformedTarget());
    }
    if (RequestTarget.climbs(path)) {
      throw new RefusedException(RequestHeads.climbingTarget());
    }
    return path;
  }

  /** Fields as HTTP/1.1 has them; {@code Cookie} in one piece again (§8.2.3). */
  private static HttpHeaders fields(Http2Headers headers) {
    var fields = new DefaultHttpHeaders(); // it looks at names and values
    for (var field : headers) {
      var name = field.getKey();
      if (name.length() == 0 || name.charAt(0) == ':') {
        continue;
      }
      var value = field.getValue().toString();
      var before =
          HttpHeaderNames.COOKIE.contentEqualsIgnoreCase(name)
              ? fields.get(HttpHeaderNames.COOKIE)
              : null;
      if (before == null) {
        fields.add(name.toString(), value);
      } else {
        fields.set(HttpHeaderNames.COOKIE, before + "; " + value);
      }
    }
    return fields;
  }

  /** Whom it was sent to; {@code Host} may say it in place of, or like, {@code :authority}. */
  private static Optional<Authority> authority(Http2Headers headers, HttpHeaders fields)
      throws RefusedException {
    var hosts = fields.getAll(HttpHeaderNames.HOST);
    var named = headers.authority() == null ? "" : headers.authority().toString();
    if (hosts.size() > 1 || (named.isEmpty() && hosts.isEmpty())) {
      throw new RefusedException(
          Problem.badField(":authority", "one name of the host that is asked is needed"));
    }
    var authority = Authority.parse(named.isEmpty() ? hosts.getFirst() : named);
    boolean agree = hosts.isEmpty() || Authority.parse(hosts.getFirst()).equals(authority);
    if (authority.isEmpty() || !agree) {
      throw new RefusedException(
          Problem.badField(":authority", "a host name or address, and a port if any"));
    }
    return authority;
  }

  private static long length(HttpHeaders fields, boolean end) throws RefusedException {
    var lengths = fields.getAll(HttpHeaderNames.CONTENT_LENGTH);
    if (lengths.size() > 1
        || (!lengths.isEmpty() && !LENGTH.matcher(lengths.getFirst()).matches())) {
      throw new RefusedException(RequestHeads.malformedFraming());
    }
    if (end) {
      return 0;
    }
    return lengths.isEmpty() ? RequestHead.UNKNOWN_LENGTH : Long.parseLong(lengths.getFirst());
  }

  /** The head of a response. */
  static Http2Headers response(int status, HttpHeaders headers, CharSequence date) {
    var out = new DefaultHttp2Headers(false, headers.size() + 2);
    out.status(Integer.toString(status));
    for (var fields = headers.iteratorCharSequence(); fields.hasNext(); ) {
      var field = fields.next();
      var name = AsciiString.of(field.getKey()).toLowerCase();
      if (!CONNECTIONS.contains(name.toString())) {
        out.add(name, value(field.getValue()));
      }
    }
    if (!headers.contains(HttpHeaderNames.DATE)) {
      out.set(HttpHeaderNames.DATE, date);
    }
    return out;
  }

  /** Latin-1 as HTTP carries it; no line ends, and no space around it (§8.2.1). */
  private static AsciiString value(CharSequence text) {
    var clean = text.toString().replace('\r', ' ').replace('\n', ' ').replace('\0', ' ');
    return new AsciiString(clean.strip());
  }
}
