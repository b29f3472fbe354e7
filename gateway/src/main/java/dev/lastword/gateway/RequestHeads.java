package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Judges the heads of HTTP/1.1 requests: what one reader could read otherwise than the next is
 * refused.
 */
final class RequestHeads {
  private static final Pattern CODED_BEFORE_CHUNKED =
      Pattern.compile("\\s*(?!chunked\\s*,)[a-z-]+\\s*,\\s*chunked\\s*", Pattern.CASE_INSENSITIVE);

  private RequestHeads() {}

  /** What became of a head. */
  sealed interface Verdict {}

  /** It is proper. */
  record Accepted(RequestHead head) implements Verdict {}

  /** It is not, and the connection cannot go on. */
  record Refused(Problem problem) implements Verdict {}

  /** What HTTP/1.1 alone needs to know of a request. */
  record Traits(boolean keepAlive, boolean http10, boolean expectsContinue) {}

  static Traits traits(HttpRequest request) {
    return new Traits(
        HttpUtil.isKeepAlive(request),
        request.protocolVersion().equals(HttpVersion.HTTP_1_0),
        request.headers().containsValue(HttpHeaderNames.EXPECT, HttpHeaderValues.CONTINUE, true));
  }

  static Verdict read(HttpRequest request, Limits limits) {
    var version = request.protocolVersion();
    if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
      return refused(505, "version_unsupported", "this server speaks HTTP/1.1");
    }
    if (request.headers().size() > limits.headerFieldsMax()) {
      return new Refused(
          Problem.tooMuch(
              431, "header_too_large", "number of header fields", limits.headerFieldsMax()));
    }
    var hosts = request.headers().getAll(HttpHeaderNames.HOST);
    if (hosts.size() > 1 || (hosts.isEmpty() && version.equals(HttpVersion.HTTP_1_1))) {
      return new Refused(Problem.badField("Host", "exactly one Host field is needed"));
    }
    var host = hosts.stream().findFirst().flatMap(Authority::parse);
    if (host.isEmpty() && !hosts.isEmpty()) {
      return new Refused(Problem.badField("Host", "a host name or address, and a port if any"));
    }
    if (request.method().equals(HttpMethod.CONNECT)) {
      return new Refused(connect());
    }
    var expect = request.headers().get(HttpHeaderNames.EXPECT);
    if (expect != null && !expect.equalsIgnoreCase("100-continue")) {
      return new Refused(expectation());
    }
    return target(request, host, limits);
  }

  private static Verdict target(HttpRequest request, Optional<Authority> host, Limits limits) {
    var target = RequestTarget.parse(request.uri()).orElse(null);
    if (target == null) {
      return new Refused(malformedTarget());
    }
    var pathAndQuery = target.pathAndQuery();
    int question = pathAndQuery.indexOf('?');
    if (RequestTarget.climbs(question < 0 ? pathAndQuery : pathAndQuery.substring(0, question))) {
      return new Refused(climbingTarget());
    }
    if (isCodedBeforeChunked(request)) {
      return refused(501, "coding_unsupported", "no transfer coding but chunked is supported");
    }
    long length = bodyLength(request);
    if (length < RequestHead.UNKNOWN_LENGTH) {
      return new Refused(malformedFraming());
    }
    if (length > limits.bodyBytesMax()) {
      return new Refused(bodyTooLarge(limits));
    }
    return new Accepted(
        new RequestHead(
            request.method(),
            request.protocolVersion().majorVersion()
                + "."
                + request.protocolVersion().minorVersion(),
            pathAndQuery,
            target.authority().or(() -> host),
            request.headers(),
            length));
  }

  /** Codings that we cannot undo, in a body whose end could be told (RFC 9112 §6.1, §6.3). */
  private static boolean isCodedBeforeChunked(HttpRequest request) {
    var codings = request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    return codings.size() == 1
        && CODED_BEFORE_CHUNKED.matcher(codings.getFirst()).matches()
        && request.protocolVersion().equals(HttpVersion.HTTP_1_1);
  }

  /**
   * Bytes of the body, {@link RequestHead#UNKNOWN_LENGTH} if chunked, less if that is not clear.
   */
  private static long bodyLength(HttpRequest request) {
    var coding = request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (!coding.isEmpty()) {
      boolean chunked =
          coding.size() == 1
              && coding.getFirst().equalsIgnoreCase("chunked")
              && request.protocolVersion().equals(HttpVersion.HTTP_1_1);
      return chunked ? RequestHead.UNKNOWN_LENGTH : -2;
    }
    var length = request.headers().get(HttpHeaderNames.CONTENT_LENGTH);
    if (length == null) {
      return 0;
    }
    boolean digits =
        !length.isEmpty()
            && length.length() <= 18
            && length.chars().allMatch(c -> c >= '0' && c <= '9');
    return digits ? Long.parseLong(length) : -2;
  }

  static Problem problemOf(Throwable failure, Limits limits) {
    return switch (failure) {
      case TooLongHttpLineException e ->
          Problem.tooMuch(414, "target_too_large", "request line", limits.requestLineBytesMax());
      case TooLongHttpHeaderException e ->
          Problem.tooMuch(431, "header_too_large", "header", limits.headerBytesMax());
      default -> Problem.of(400, "malformed_request", "this is not a proper HTTP/1.1 request");
    };
  }

  static Problem connect() {
    return Problem.of(501, "method_unsupported", "CONNECT is not supported");
  }

  static Problem expectation() {
    return Problem.of(417, "expectation_unsupported", "only 100-continue can be expected");
  }

  static Problem malformedTarget() {
    return Problem.of(
        400,
        "malformed_target",
        "the request target has to be a path such as /v1/models, or a whole http URL; in ASCII");
  }

  static Problem climbingTarget() {
    return Problem.of(400, "malformed_target", "the path leads out of its root");
  }

  static Problem malformedFraming() {
    return Problem.of(400, "malformed_framing", "the length of the body cannot be told");
  }

  static Problem bodyTooLarge(Limits limits) {
    return Problem.tooMuch(413, "body_too_large", "body", limits.bodyBytesMax());
  }

  static Problem headTooSlow(Limits limits) {
    return Problem.of(
            408,
            "head_too_slow",
            "the head of the request took longer than " + limits.headerReadMs() + " ms")
        .member("limit", limits.headerReadMs());
  }

  static Problem bodyTooSlow(Limits limits) {
    return Problem.of(408, "body_too_slow", "the body of the request arrived too slowly")
        .member("limit", limits.bodyReadMs());
  }

  private static Refused refused(int status, String code, String detail) {
    return new Refused(Problem.of(status, code, detail));
  }
}
