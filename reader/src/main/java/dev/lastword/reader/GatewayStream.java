package dev.lastword.reader;

import java.net.URI;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The stream that a gateway, or an application with Lastword in it, has answered with.
 *
 * @param id of the stream
 * @param rest where it is read again; of the same origin as what was asked, whose credentials go
 *     there; empty where a redirect has led to another one
 * @param isOwnUrl whether this is its own URL, where every event of the stream has an id
 */
record GatewayStream(String id, Optional<URI> rest, boolean isOwnUrl) {
  private static final Pattern ALTERNATE =
      Pattern.compile("<([^<>\\s]*)>\\s*;\\s*rel=\"?alternate\"?");

  /**
   * What a response's head says; empty where nothing of the kind has answered.
   *
   * @param asked what the application has asked, and whose origin it trusts
   */
  static Optional<GatewayStream> of(HttpResponse<?> response, URI asked, boolean isGet) {
    var answering = response.request().uri(); // behind all redirects
    return response
        .headers()
        .firstValue("Lastword-Stream")
        .map(
            id -> {
              var link = alternate(response, answering);
              var own = isGet ? answering : answering.resolve("/v1/stream/" + id);
              return new GatewayStream(
                  id,
                  Optional.of(link.orElse(own)).filter(there -> isOfOrigin(there, asked)),
                  link.map(answering::equals).orElse(isGet));
            });
  }

  private static Optional<URI> alternate(HttpResponse<?> response, URI base) {
    return response.headers().allValues("Link").stream()
        .map(ALTERNATE::matcher)
        .filter(Matcher::find)
        .map(link -> base.resolve(link.group(1)))
        .filter(there -> isOfOrigin(there, base))
        .findFirst();
  }

  private static boolean isOfOrigin(URI there, URI origin) {
    return origin.getScheme().equals(there.getScheme())
        && origin.getRawAuthority().equals(there.getRawAuthority());
  }
}
