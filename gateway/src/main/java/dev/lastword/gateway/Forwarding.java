package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tells whom a request came from, and by which name it was asked, where proxies stand between: what
 * they say is believed as far as they are trusted, from the nearest on. What nobody vouches for
 * goes no further.
 *
 * @param trusted whose word counts
 */
record Forwarding(TrustedProxies trusted) {
  /**
   * The chain as far as it is believed.
   *
   * @param client the nearest address that is not trusted, or the last that is known
   * @param hops between that and the peer, the client's in front
   */
  private record Way(InetAddress client, List<ForwardedFields.Hop> hops) {}

  /**
   * The head as it counts: with its client, the name that the client asked by, and of the fields of
   * proxies only those that are believed, which end with the peer. Changes its fields.
   *
   * @param peer whose connection it came by
   */
  RequestHead seen(RequestHead head, InetAddress peer) {
    var headers = head.headers();
    if (!trusted.contain(peer)) {
      strip(headers);
      return head.from(peer, head.authority());
    }
    boolean both =
        headers.contains(ForwardedFields.FORWARDED) && headers.contains(ForwardedFields.X_FOR);
    var standard = way(ForwardedFields.ofForwarded(headers), peer);
    var usual = way(ForwardedFields.ofX(headers), peer);
    if (both && !standard.client().equals(usual.client())) {
      // A proxy speaks one of the two, and passes on what it was sent of the other.
      strip(headers);
      return head.from(peer, head.authority());
    }
    var way = headers.contains(ForwardedFields.FORWARDED) ? standard : usual;
    var authority = authority(headers, standard).or(head::authority);
    pass(headers, standard, way, peer);
    return head.from(way.client(), authority);
  }

  /**
   * The head of a request that another node of the cluster passes on, as it saw it: what is still
   * in its fields it has believed.
   *
   * @param client whose request it is
   */
  static RequestHead passedOn(RequestHead head, InetAddress client) {
    var headers = head.headers();
    var way = new Way(client, ForwardedFields.ofForwarded(headers));
    return head.from(client, authority(headers, way).or(head::authority));
  }

  private Way way(List<ForwardedFields.Hop> hops, InetAddress peer) {
    var client = peer;
    var believed = new ArrayList<ForwardedFields.Hop>();
    for (int i = hops.size() - 1; i >= 0 && trusted.contain(client); i--) {
      var hop = hops.get(i);
      if (hop.from().isEmpty()) {
        break;
      }
      client = hop.from().get();
      believed.addFirst(hop);
    }
    return new Way(client, believed);
  }

  /** The name that the client asked by, where the nearest proxy asks by another one. */
  private static Optional<Authority> authority(HttpHeaders headers, Way standard) {
    var names = headers.getAll(ForwardedFields.X_HOST);
    if (!names.isEmpty()) {
      var last = names.getLast();
      return Authority.parse(last.substring(last.lastIndexOf(',') + 1).strip());
    }
    return standard.hops().stream()
        .findFirst()
        .flatMap(hop -> ForwardedFields.parameter(hop.text(), "host"))
        .flatMap(Authority::parse);
  }

  private static void strip(HttpHeaders headers) {
    if (!headers.isEmpty()) {
      for (var name : List.copyOf(headers.names())) {
        if (isOfProxies(name)) {
          headers.remove(name);
        }
      }
    }
  }

  private static boolean isOfProxies(String name) {
    var lower = name.toLowerCase(Locale.ROOT);
    return lower.equals(ForwardedFields.FORWARDED)
        || lower.startsWith(ForwardedFields.X_PREFIX)
        || lower.equals(ForwardedFields.X_REAL_IP);
  }

  /** As a proxy does: the believed part of the chain, and at its end whom it was heard from. */
  private static void pass(HttpHeaders headers, Way standard, Way way, InetAddress peer) {
    if (headers.contains(ForwardedFields.FORWARDED)) {
      var node = text(peer);
      headers.set(
          ForwardedFields.FORWARDED,
          chain(
              standard,
              ForwardedFields.Hop::text,
              "for=" + (node.indexOf(':') < 0 ? node : "\"[" + node + "]\"")));
    }
    headers.set(
        ForwardedFields.X_FOR,
        chain(way, hop -> hop.from().map(Forwarding::text).orElse("unknown"), text(peer)));
    if (headers.contains(ForwardedFields.X_REAL_IP)) {
      headers.set(ForwardedFields.X_REAL_IP, text(way.client()));
    }
  }

  private static String chain(Way way, Function<ForwardedFields.Hop, String> form, String end) {
    return Stream.concat(way.hops().stream().map(form), Stream.of(end))
        .collect(Collectors.joining(", "));
  }

  /** Without a zone, which means nothing elsewhere. */
  private static String text(InetAddress address) {
    var text = address.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }
}
