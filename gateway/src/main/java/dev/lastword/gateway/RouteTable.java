package dev.lastword.gateway;

import static java.util.Comparator.comparingInt;

import java.util.List;
import java.util.Optional;

/** Which route takes a request. */
final class RouteTable {
  /** The longest path first. */
  private final List<RelayRoute> routes;

  RouteTable(List<RelayRoute> routes) {
    this.routes =
        routes.stream()
            .sorted(comparingInt((RelayRoute route) -> route.config().path().length()).reversed())
            .toList();
  }

  /** The route of a path: of those that take it the longest; empty if none does. */
  Optional<RelayRoute> of(String path) {
    for (var route : routes) {
      if (route.config().takes(path)) {
        return Optional.of(route);
      }
    }
    return Optional.empty();
  }
}
