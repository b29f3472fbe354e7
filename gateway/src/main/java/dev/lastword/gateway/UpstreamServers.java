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
import org.jspecify.annotations.Nullable;

/** The upstream servers of all routes: routes that name the same one share its connections. */
final class UpstreamServers {
  private final Parts parts;
  private final Map<Key, UpstreamServer> servers = new HashMap<>();
  private final Map<Optional<Path>, SslContext> secured = new HashMap<>();

  /** Servers of before, which are the same unless their certificates may have changed. */
  private final Map<Key, UpstreamServer> before;

  /** What makes two servers one. */
  private record Key(UpstreamTarget target, UpstreamTimeouts timeouts, Optional<Path> caFile) {}

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
    var key = new Key(target.at(""), policy.timeouts(), policy.caFile());
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

  private UpstreamServer open(Key key) {
    var context =
        new UpstreamContext(
            key.target(),
            key.timeouts(),
            parts.transport(),
            key.target().tls() ? tls(key.caFile()) : null,
            parts.resolving(),
            parts.descriptors(),
            parts.metrics());
    return new UpstreamServer(context, parts.loops());
  }

  private @Nullable SslContext tls(Optional<Path> caFile) {
    return secured.computeIfAbsent(caFile, UpstreamServers::contextOf);
  }

  private static SslContext contextOf(Optional<Path> caFile) {
    try {
      var builder =
          SslContextBuilder.forClient()
              .sslProvider(SslProvider.JDK)
              .endpointIdentificationAlgorithm("HTTPS");
      caFile.ifPresent(file -> builder.trustManager(file.toFile()));
      return builder.build();
    } catch (SSLException | IllegalArgumentException e) {
      throw new ConfigException("cannot set up TLS to the upstream: " + e.getMessage());
    }
  }
}
