package dev.lastword.reader;

import java.net.URI;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The stream that a gateway, or an application with Lastword in it, has answered with.
 *
 * @param id of the stream
 * @param rest where it is read again; of the same origin as what was asked, whose credentials go
 *     there
 * @param isOwnUrl whether this is its own URL, where every event of the stream has an id
 */
record GatewayStream(String id, URI rest, boolean isOwnUrl) {
  private static final Pattern ALTERNATE =
      Pattern.compile("<([^<>\\s]*)>\\s*;\\s*rel=\"?alternate\"?");

  /** What a response's head says; empty where nothing of the kind has answered. */
  static Optional<GatewayStream> of(HttpResponse<?> response, boolean isGet) {
    var asked = response.request().uri();
    return response
        .headers()
        .firstValue("Lastword-Stream")
        .map(
            id ->
                alternate(response, asked)
                    .map(rest -> new GatewayStream(id, rest, rest.equals(asked)))
                    .orElseGet(
                        () ->
                            isGet
                                ? new GatewayStream(id, asked, true)
                                : new GatewayStream(id, asked.resolve("/v1/stream/" + id), false)));
  }

  private static Optional<URI> alternate(HttpResponse<?> response, URI asked) {
    return response.headers().allValues("Link").stream()
        .map(ALTERNATE::matcher)
        .filter(link -> link.find())
        .map(link -> asked.resolve(link.group(1)))
        .filter(
            there ->
                asked.getScheme().equals(there.getScheme())
                    && asked.getRawAuthority().equals(there.getRawAuthority()))
        .findFirst();
  }
}
