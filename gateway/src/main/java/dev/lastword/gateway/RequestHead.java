package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a request says before its body, whatever protocol carried it.
 *
 * @param version of HTTP that the client spoke, such as {@code 1.1}
 * @param target path and query as sent; starts with {@code /}
 * @param authority whom it was sent to: of a target in absolute form, else the {@code Host} field;
 *     empty only where HTTP/1.0 left it out
 * @param contentLength bytes of the body, 0 for none, {@link #UNKNOWN_LENGTH} if only its end will
 *     tell
 * @param client whose request it is: the peer, or whom a trusted proxy asks for; empty until that
 *     is known
 * @param askedByPeer whom the peer has sent it to: a trusted proxy says for another name than its
 *     client did
 */
record RequestHead(
    HttpMethod method,
    String version,
    String target,
    Optional<Authority> authority,
    HttpHeaders headers,
    long contentLength,
    Optional<InetAddress> client,
    Optional<Authority> askedByPeer) {
  static final long UNKNOWN_LENGTH = -1;

  /** As it was read, of nobody in particular. */
  RequestHead(
      HttpMethod method,
      String version,
      String target,
      Optional<Authority> authority,
      HttpHeaders headers,
      long contentLength) {
    this(method, version, target, authority, headers, contentLength, Optional.empty(), authority);
  }

  /**
   * The same, of a client.
   *
   * @param asked whom the client sent it to
   */
  RequestHead from(InetAddress address, Optional<Authority> asked) {
    return new RequestHead(
        method, version, target, asked, headers, contentLength, Optional.of(address), askedByPeer);
  }

  /** The same request with another target and other fields. */
  RequestHead with(String newTarget, HttpHeaders newHeaders) {
    return new RequestHead(
        method, version, newTarget, authority, newHeaders, contentLength, client, askedByPeer);
  }

  /** The same request with other fields, and without a body. */
  RequestHead bodiless(HttpHeaders newHeaders) {
    return new RequestHead(method, version, target, authority, newHeaders, 0, client, askedByPeer);
  }

  /** The client's address, for the log. */
  String clientText() {
    return client.map(InetAddress::getHostAddress).orElse("-");
  }

  /** As sent, without the query; starts with {@code /}. */
  String path() {
    int question = target.indexOf('?');
    return question < 0 ? target : target.substring(0, question);
  }

  /** As sent, without the question mark; empty for none. */
  String query() {
    int question = target.indexOf('?');
    return question < 0 ? "" : target.substring(question + 1);
  }

  boolean hasBody() {
    return contentLength != 0;
  }

  boolean is(HttpMethod wanted) {
    return method.equals(wanted);
  }

  /**
   * The decoded value of the last query parameter of a name, or null: who adds to an address that
   * has one means the one that was added.
   */
  @Nullable String queryParameter(String name) {
    String value = null;
    for (var pair : query().split("&", -1)) {
      int equals = pair.indexOf('=');
      var key = equals < 0 ? pair : pair.substring(0, equals);
      if (decoded(key).equals(name)) {
        value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
      }
    }
    return value;
  }

  /** The target without the query parameters of a name, whichever way the name is written. */
  String targetWithout(String name) {
    var rest =
        Arrays.stream(query().split("&", -1))
            .filter(pair -> !decoded(pair.split("=", 2)[0]).equals(name))
            .collect(Collectors.joining("&"));
    return rest.isEmpty() ? path() : path() + "?" + rest;
  }

  private static String decoded(String text) {
    try {
      return java.net.URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text; // a stray percent sign stands for itself; whoever reads the value judges it
    }
  }
}
