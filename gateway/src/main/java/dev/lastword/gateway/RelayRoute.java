package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.stream.StreamOptions;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.Optional;

/** One route as requests are relayed on it. */
final class RelayRoute {
  private final RouteConfig config;
  private final List<UpstreamServer> servers;
  private final RouteQuotas quotas;
  private final Optional<StreamOptions> streams;

  /**
   * @param servers those of the configured upstreams, in their order
   * @param streams bounds of its streams, where they are not those of all
   */
  RelayRoute(
      RouteConfig config,
      List<UpstreamServer> servers,
      RouteQuotas quotas,
      Optional<StreamOptions> streams) {
    this.config = config;
    this.servers = servers;
    this.quotas = quotas;
    this.streams = streams;
  }

  RouteQuotas quotas() {
    return quotas;
  }

  Optional<StreamOptions> streams() {
    return streams;
  }

  RouteConfig config() {
    return config;
  }

  RoutePolicy policy() {
    return config.policy();
  }

  /** How many upstreams it has; they are counted from 0. */
  int upstreams() {
    return servers.size();
  }

  UpstreamTarget target(int upstream) {
    return config.upstreams().get(upstream);
  }

  UpstreamPool poolOf(int upstream, Loop loop) {
    return servers.get(upstream).poolOf(loop);
  }

  /** The path that the upstream is asked for, without its base path. */
  String askedPath(RequestHead request) {
    return config.asked(request.path());
  }

  /** Why a request is not taken, though its path is below this route's. */
  Optional<Problem> refusal(RequestHead request) {
    var path = request.path();
    if (!config.path().equals(RouteConfig.ROOT) && RequestTarget.climbs(config.rest(path))) {
      return Optional.of(Problem.of(400, "malformed_target", "the path leads out of its route"));
    }
    // It is answered with what the upstream was told, secrets included (RFC 9110 §9.3.8).
    return request.is(HttpMethod.TRACE) && !config.headers().isEmpty()
        ? Optional.of(Problem.of(405, "method_not_allowed", "TRACE is not relayed here"))
        : Optional.empty();
  }

  /** Whether the configuration names the dialect of a path, and so says that it streams. */
  boolean isConfigured(String path) {
    return policy().dialects().isNamed(path);
  }

  /**
   * The dialect of a response whose head is there.
   *
   * @param body what was kept of the request's body
   */
  Dialect dialectOf(RequestHead request, byte[] body, HttpHeaders response) {
    return policy().dialects().of(request.path(), askedPath(request), body, response);
  }
}
