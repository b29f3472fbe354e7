package dev.lastword.gateway;

import java.util.IdentityHashMap;
import java.util.List;

/** One upstream server, with the connections to it that each loop keeps. */
final class UpstreamServer {
  private final IdentityHashMap<Loop, UpstreamPool> pools = new IdentityHashMap<>();

  UpstreamServer(UpstreamContext context, List<Loop> loops) {
    for (var loop : loops) {
      pools.put(loop, new UpstreamPool(loop, context));
    }
  }

  UpstreamPool poolOf(Loop loop) {
    var pool = pools.get(loop);
    if (pool == null) {
      throw new IllegalStateException("a loop without a pool");
    }
    return pool;
  }
}
