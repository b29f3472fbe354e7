package dev.lastword.gateway;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * What browsers are told about pages of other origins (Fetch §3.2), on own paths and on relayed
 * ones alike: the pages of {@link Access#origins} may ask with credentials and see all fields of
 * the answer. Pages of other sites may not, whatever an upstream says of itself.
 */
final class Cors {
  private static final String ORIGIN = "access-control-allow-origin";
  private static final String CREDENTIALS = "access-control-allow-credentials";
  private static final String PREFIX = "access-control-";
  private static final String METHOD = "access-control-request-method";
  private static final String FIELDS = "access-control-request-headers";

  /** How long a browser need not ask again, in seconds. */
  private static final String MAX_AGE = "600";

  private static final Pattern TOKENS =
      Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*");

  /** Fields that a page sees in any case, and those that it never does. */
  private static final Set<String> NOT_EXPOSED =
      Set.of(
          "cache-control",
          "content-language",
          "content-length",
          "content-type",
          "expires",
          "last-modified",
          "pragma",
          "set-cookie",
          "set-cookie2",
          "vary");

  private final Supplier<Access> access;

  /**
   * @param access which may change while it runs
   */
  Cors(Supplier<Access> access) {
    this.access = access;
  }

  /**
   * Answers a preflight, which no route has to know of; of any other request it sees to the fields
   * of the answer.
   *
   * @return whether it was answered
   */
  boolean answers(Exchange exchange) {
    var request = exchange.request();
    var origin = request.headers().get(HttpHeaderNames.ORIGIN);
    boolean preflight =
        origin != null && request.is(HttpMethod.OPTIONS) && request.headers().contains(METHOD);
    if (origin != null && access.get().isAccepted(origin)) {
      if (preflight) {
        permit(exchange, origin);
      } else {
        exchange.amend(headers -> grant(headers, origin));
      }
      return preflight;
    }
    if (access.get().isForeign(request)) {
      if (preflight) {
        Access.foreign().send(exchange);
        return true;
      }
      exchange.amend(Cors::withdraw);
    }
    if (!access.get().origins().isEmpty()) {
      exchange.amend(Cors::vary);
    }
    return false;
  }

  private void permit(Exchange exchange, String origin) {
    var asked = exchange.request().headers();
    var headers = new DefaultHttpHeaders();
    allow(headers, origin);
    copy(asked.get(METHOD, ""), headers, "access-control-allow-methods");
    copy(asked.get(FIELDS, ""), headers, "access-control-allow-headers");
    headers.set("access-control-max-age", MAX_AGE);
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    exchange.respond(204, headers, Unpooled.EMPTY_BUFFER);
  }

  private static void copy(String asked, HttpHeaders headers, String name) {
    if (TOKENS.matcher(asked).matches()) {
      headers.set(name, asked);
    }
  }

  private void grant(HttpHeaders headers, String origin) {
    withdraw(headers); // the upstream's word is not ours
    var exposed = new TreeSet<String>();
    for (var name : headers.names()) {
      exposed.add(name.toLowerCase(Locale.ROOT));
    }
    exposed.removeAll(NOT_EXPOSED);
    if (!exposed.isEmpty()) {
      headers.set("access-control-expose-headers", String.join(", ", exposed));
    }
    allow(headers, origin);
  }

  /** A page that is accepted only because all are gets no credentials. */
  private void allow(HttpHeaders headers, String origin) {
    if (access.get().names(origin)) {
      headers.set(ORIGIN, origin);
      headers.set(CREDENTIALS, "true");
    } else {
      headers.set(ORIGIN, "*");
    }
    vary(headers);
  }

  private static void withdraw(HttpHeaders headers) {
    for (var name : headers.names()) {
      if (name.toLowerCase(Locale.ROOT).startsWith(PREFIX)) {
        headers.remove(name);
      }
    }
  }

  private static void vary(HttpHeaders headers) {
    if (!headers.containsValue(HttpHeaderNames.VARY, HttpHeaderNames.ORIGIN, true)) {
      headers.add(HttpHeaderNames.VARY, "Origin");
    }
  }
}
