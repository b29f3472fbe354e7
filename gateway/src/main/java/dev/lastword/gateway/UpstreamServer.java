package dev.lastword.gateway;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** One upstream server, with the connections to it that each loop keeps. */
final class UpstreamServer {
  private final IdentityHashMap<Loop, UpstreamPool> pools = new IdentityHashMap<>();

  /** Of loops that came later: of the gateways beside this one, in the same process. */
  private final Map<Loop, UpstreamPool> foreign = new ConcurrentHashMap<>();

  private final UpstreamContext context;

  UpstreamServer(UpstreamContext context, List<Loop> loops) {
    this.context = context;
    for (var loop : loops) {
      pools.put(loop, new UpstreamPool(loop, context));
    }
  }

  UpstreamPool poolOf(Loop loop) {
    var pool = pools.get(loop);
    return pool == null
        ? foreign.computeIfAbsent(loop, other -> new UpstreamPool(other, context))
        : pool;
  }
}
