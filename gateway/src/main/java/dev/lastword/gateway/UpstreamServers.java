package dev.lastword.gateway;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLException;

/** The upstream servers of all routes: routes that name the same one share its connections. */
final class UpstreamServers {
  private final Parts parts;
  private final Map<Key, UpstreamServer> servers = new HashMap<>();
  private final Map<Security, SslContext> secured = new HashMap<>();

  /** Servers of before, which are the same unless their certificates may have changed. */
  private final Map<Key, UpstreamServer> before;

  /** What makes two servers one. */
  private record Key(
      UpstreamTarget target,
      UpstreamTimeouts timeouts,
      Optional<Path> caFile,
      UpstreamProtocol protocol) {}

  /** How connections are secured. */
  private record Security(Optional<Path> caFile, boolean http2) {}

  /**
   * What connections to upstreams are made with.
   *
   * @param resolving where names are looked up, which blocks
   */
  record Parts(
      List<Loop> loops,
      Transport transport,
      Executor resolving,
      Descriptors descriptors,
      GatewayMetrics metrics) {}

  UpstreamServers(Parts parts) {
    this(parts, Map.of());
  }

  private UpstreamServers(Parts parts, Map<Key, UpstreamServer> before) {
    this.parts = parts;
    this.before = before;
  }

  /** For the next configuration: servers that stay keep their connections, others are forgotten. */
  UpstreamServers next() {
    return new UpstreamServers(parts, Map.copyOf(servers));
  }

  /**
   * The server of a target.
   *
   * @throws ConfigException if its certificates cannot be read
   */
  UpstreamServer of(UpstreamTarget target, RoutePolicy policy) {
    var key = new Key(target.at(""), policy.timeouts(), policy.caFile(), policy.protocol());
    var known = servers.get(key);
    if (known != null) {
      return known;
    }
    var server = key.caFile().isPresent() ? null : before.get(key);
    if (server == null) {
      server = open(key);
    }
    servers.put(key, server);
    return server;
  }

  /** Another node of the cluster, which is asked in HTTP/1.1. */
  UpstreamServer ofNode(UpstreamTarget target, UpstreamTimeouts timeouts) {
    return open(new Key(target, timeouts, Optional.empty(), UpstreamProtocol.HTTP1));
  }

  private UpstreamServer open(Key key) {
    var context =
        new UpstreamContext(
            key.target(),
            key.timeouts(),
            parts.transport(),
            key.protocol(),
            key.target().tls() ? tls(new Security(key.caFile(), false)) : null,
            key.target().tls() ? tls(new Security(key.caFile(), true)) : null,
            parts.resolving(),
            parts.descriptors(),
            parts.metrics());
    return new UpstreamServer(context, parts.loops());
  }

  private SslContext tls(Security security) {
    return secured.computeIfAbsent(security, UpstreamServers::contextOf);
  }

  private static SslContext contextOf(Security security) {
    try {
      var builder =
          SslContextBuilder.forClient()
              .sslProvider(SslProvider.JDK)
              .endpointIdentificationAlgorithm("HTTPS");
      security.caFile().ifPresent(file -> builder.trustManager(file.toFile()));
      if (security.http2()) {
        builder.applicationProtocolConfig(Tls.offering());
      }
      return builder.build();
    } catch (SSLException | IllegalArgumentException e) {
      throw new ConfigException("cannot set up TLS to the upstream: " + e.getMessage());
    }
  }
}
