package dev.lastword.checker.probe;

import java.net.URI;
import java.util.List;
import java.util.stream.Stream;

/**
 * One HTTP request, its places filled in.
 *
 * @param body empty for a request without one
 */
@SuppressWarnings("ArrayRecordComponent") // handed on as it is, never compared
public record Request(String method, URI uri, List<Header> headers, byte[] body) {
  private static final byte[] NONE = {};

  /** A GET of this address. */
  public static Request get(URI uri, List<Header> headers) {
    return new Request("GET", uri, headers, NONE);
  }

  /** This request with one header more. */
  public Request with(String name, String value) {
    var more = Stream.concat(headers.stream(), Stream.of(new Header(name, value))).toList();
    return new Request(method, uri, more, body);
  }

  /** This request without the headers of these names. */
  public Request without(List<String> names) {
    var fewer =
        headers.stream().filter(h -> names.stream().noneMatch(h.name()::equalsIgnoreCase)).toList();
    return new Request(method, uri, fewer, body);
  }

  /** Whether a header of this name is there. */
  public boolean has(String name) {
    return headers.stream().anyMatch(header -> header.name().equalsIgnoreCase(name));
  }
}
