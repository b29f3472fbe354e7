package dev.lastword.gateway;

import dev.lastword.stream.StreamOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The routes as they are now. A request keeps the one that it was taken by; what is configured anew
 * holds for those that come after.
 */
final class RelayRoutes implements Reloadable {
  private final StreamOptions options;
  private final RouteQuotas all;

  /** By path: what is there on a route is counted on, whatever becomes of its configuration. */
  private final Map<String, RouteQuotas> quotas = new HashMap<>();

  private UpstreamServers servers;
  private volatile RouteTable table;

  /**
   * Finds the servers of the configured routes.
   *
   * @param servers none yet
   * @param all quotas of all routes together
   * @throws ConfigException if the certificates of one cannot be read
   */
  RelayRoutes(Config config, UpstreamServers servers, RouteQuotas all) {
    this.options = config.streams();
    this.all = all;
    this.servers = servers;
    this.table = tableOf(config, servers);
  }

  /** The route of a path; empty if none takes it. */
  Optional<RelayRoute> of(String path) {
    return table.of(path);
  }

  RouteQuotas all() {
    return all;
  }

  @Override
  public Runnable prepare(Config next) {
    var nextServers = servers.next();
    var nextTable = tableOf(next, nextServers);
    return () -> {
      servers = nextServers;
      table = nextTable;
      next.routes().forEach(route -> quotasOf(route).allow(route.policy().bounds()));
    };
  }

  private RouteTable tableOf(Config config, UpstreamServers from) {
    return new RouteTable(config.routes().stream().map(route -> routeOf(route, from)).toList());
  }

  private RelayRoute routeOf(RouteConfig route, UpstreamServers from) {
    var policy = route.policy();
    return new RelayRoute(
        route,
        route.upstreams().stream().map(target -> from.of(target, policy)).toList(),
        quotasOf(route),
        Optional.of(policy.streams()).filter(own -> !own.equals(options)));
  }

  private RouteQuotas quotasOf(RouteConfig route) {
    return quotas.computeIfAbsent(route.path(), path -> all.part(route.policy().bounds()));
  }
}
