package dev.lastword.gateway;

import dev.lastword.cluster.Where;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.net.URI;
import java.util.HashSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Calls of other nodes, with the connections to each that every loop keeps. Thread-safe. */
final class NodeCalls {
  /**
   * A node that does not accept is gone; of one that is silent the leases tell, not a clock here:
   * what it is asked may be a relayed request, and its upstream may take its time.
   */
  private static final UpstreamTimeouts TIMEOUTS =
      new UpstreamTimeouts(3_000, 86_400_000, 86_400_000, 20_000, 0);

  private final Node node;
  private final UpstreamServers servers;
  private final Map<URI, UpstreamServer> known = new ConcurrentHashMap<>();

  /** Each is one of this gateway's own clients, who are counted where they come in. */
  private final Quota calls = new Quota(Integer.MAX_VALUE, null);

  NodeCalls(Node node, UpstreamServers servers) {
    this.node = node;
    this.servers = servers;
  }

  /** How many run now. */
  int now() {
    return calls.now();
  }

  /**
   * Asks a node, from a loop.
   *
   * @param withBody whether the body follows
   */
  UpstreamCall call(
      Loop loop,
      URI address,
      HttpMethod method,
      String target,
      HttpHeaders headers,
      boolean withBody,
      UpstreamListener listener) {
    if (!headers.contains(HttpHeaderNames.HOST)) {
      headers.set(HttpHeaderNames.HOST, address.getAuthority()); // its client spoke HTTP/1.0
    }
    var asked = new DefaultHttpRequest(HttpVersion.HTTP_1_1, method, target, headers);
    calls.add(1);
    return of(address).poolOf(loop).call(asked, withBody, listener, calls);
  }

  private UpstreamServer of(URI address) {
    var here = known.get(address);
    return here == null ? open(address) : here;
  }

  private synchronized UpstreamServer open(URI address) {
    forgetOthers(address);
    return known.computeIfAbsent(
        address, uri -> servers.ofNode(UpstreamTarget.parse(uri.toString()).at(""), TIMEOUTS));
  }

  /** Nodes come and go, and with them their addresses. */
  private void forgetOthers(URI fresh) {
    var now = new HashSet<URI>();
    now.add(fresh);
    for (var shard : node.shards()) {
      if (node.of(shard) instanceof Where.At(URI address)) {
        now.add(address);
      }
    }
    known.keySet().retainAll(now);
  }
}
