package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Who may ask, told by the name that a request was sent to and by the site whose page sent it.
 *
 * <p>A page whose name was made to resolve to this machine (DNS rebinding) sends that name as
 * {@code Host}, and any page can send what a form can send. Neither needs an answer that the
 * browser lets it read. The upstream cannot refuse the former, for it is told its own name.
 *
 * @param loopback whether only this machine reaches the listener: then only names of this machine
 *     are accepted
 * @param hosts names accepted beside those, or all that are accepted beyond loopback; empty for any
 *     there; {@code *.example.com} is every name below, {@code *} every name
 * @param origins whose pages may write although they are of another site; {@code *} all
 */
record Access(boolean loopback, Set<String> hosts, Set<String> origins) {
  private static final Set<HttpMethod> SAFE =
      Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.TRACE);
  private static final String ANY = "*";

  /** The same names and origins on the listener that there is already. */
  Access heardOn(Access now) {
    return new Access(now.loopback, hosts, origins);
  }

  /** The same at another address. */
  Access at(InetSocketAddress address) {
    return new Access(address.getAddress().isLoopbackAddress(), hosts, origins);
  }

  /** Why a request is not answered, if it is not. */
  Optional<Problem> refusal(RequestHead head) {
    if (!accepts(head)) {
      return Optional.of(
          Problem.of(421, "host_refused", "this server does not answer for this name")
              .member("field", "Host")
              .member("setting", Setting.ACCESS_HOSTS.key()));
    }
    return !SAFE.contains(head.method()) && isForeign(head)
        ? Optional.of(foreign())
        : Optional.empty();
  }

  /** What a page of another site is told that would write, or start a stream. */
  static Problem foreign() {
    return Problem.of(403, "origin_refused", "a page of another site may only read here")
        .member("field", "Origin")
        .member("setting", Setting.ACCESS_ORIGINS.key());
  }

  /**
   * On loopback a trusted proxy is on this machine, and so may be a browser: what a page has
   * written into a field counts for no more than the name that it was asked by.
   */
  private boolean accepts(RequestHead head) {
    return accepts(head.authority()) && (!loopback || accepts(head.askedByPeer()));
  }

  private boolean accepts(Optional<Authority> asked) {
    if (asked.isEmpty()) {
      return true; // HTTP/1.0, which no browser speaks
    }
    var authority = asked.get();
    if (loopback ? authority.isLoopback() : hosts.isEmpty()) {
      return true;
    }
    return hosts.stream().anyMatch(accepted -> covers(accepted, authority.host()));
  }

  private static boolean covers(String accepted, String host) {
    return accepted.equals(ANY)
        || accepted.equals(host)
        || (accepted.startsWith("*.") && host.endsWith(accepted.substring(1)));
  }

  /** Whether a page of another site sent it, and none of {@link #origins}. */
  boolean isForeign(RequestHead head) {
    var origin = head.headers().get(HttpHeaderNames.ORIGIN);
    if (origin != null && isAccepted(origin)) {
      return false;
    }
    var site = head.headers().get("sec-fetch-site");
    if (site != null) {
      return site.equals("cross-site") && !(origin != null && bothHere(origin, head));
    }
    return origin != null && !ofSameName(origin, head) && !bothHere(origin, head);
  }

  /** Whether the pages of an origin may write, by name or because all may. */
  boolean isAccepted(String origin) {
    return origins.contains(ANY) || names(origin);
  }

  /** Whether the configuration names an origin. */
  boolean names(String origin) {
    return origins.contains(origin.toLowerCase(Locale.ROOT));
  }

  private static boolean ofSameName(String origin, RequestHead head) {
    var asked = head.authority().map(Authority::host);
    return asked.isPresent() && asked.equals(authorityOf(origin).map(Authority::host));
  }

  /** To a browser {@code localhost} and {@code 127.0.0.1} are two sites; both are this machine. */
  private static boolean bothHere(String origin, RequestHead head) {
    return head.authority().filter(Authority::isLoopback).isPresent()
        && authorityOf(origin).filter(Authority::isLoopback).isPresent();
  }

  private static Optional<Authority> authorityOf(String origin) {
    int scheme = origin.indexOf("://");
    return scheme < 0 ? Optional.empty() : Authority.parse(origin.substring(scheme + 3));
  }

  /** Whether a word of the configuration is a host name, with {@code *.} before it or not. */
  static boolean isHost(String word) {
    var name = word.startsWith("*.") ? word.substring(2) : word;
    return word.equals(ANY)
        || Authority.parse(name).filter(a -> a.port() < 0 && a.host().equals(name)).isPresent();
  }

  /** Whether a word of the configuration is an origin as browsers send it. */
  static boolean isOrigin(String word) {
    if (word.equals(ANY)) {
      return true;
    }
    try {
      var uri = new URI(word);
      return uri.getScheme() != null
          && authorityOf(word).isPresent()
          && word.equals(uri.getScheme() + "://" + uri.getRawAuthority());
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
