package dev.lastword.gateway;

import io.netty.handler.ssl.SslContext;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What the connections to one upstream share, on all loops. */
final class UpstreamContext {
  private final UpstreamTarget target;
  private final UpstreamTimeouts timeouts;
  private final Transport transport;
  private final UpstreamProtocol protocol;
  private final @Nullable SslContext tls;
  private final @Nullable SslContext negotiatingTls;
  private final Executor resolving;
  private final Descriptors descriptors;
  private final GatewayMetrics metrics;

  /**
   * @param tls null for plain TCP
   * @param negotiatingTls that offers HTTP/2, too; null for plain TCP
   * @param resolving where names are looked up, which blocks
   */
  UpstreamContext(
      UpstreamTarget target,
      UpstreamTimeouts timeouts,
      Transport transport,
      UpstreamProtocol protocol,
      @Nullable SslContext tls,
      @Nullable SslContext negotiatingTls,
      Executor resolving,
      Descriptors descriptors,
      GatewayMetrics metrics) {
    this.target = target;
    this.timeouts = timeouts;
    this.transport = transport;
    this.protocol = protocol;
    this.tls = tls;
    this.negotiatingTls = negotiatingTls;
    this.resolving = resolving;
    this.descriptors = descriptors;
    this.metrics = metrics;
  }

  UpstreamTarget target() {
    return target;
  }

  UpstreamTimeouts timeouts() {
    return timeouts;
  }

  Transport transport() {
    return transport;
  }

  @Nullable SslContext tls() {
    return tls;
  }

  /** The same, with HTTP/2 among what is offered. */
  @Nullable SslContext negotiatingTls() {
    return negotiatingTls;
  }

  UpstreamProtocol protocol() {
    return protocol;
  }

  /** Whether it may turn out that calls share a connection. */
  boolean mayShare() {
    return target.tls()
        ? protocol != UpstreamProtocol.HTTP1
        : protocol == UpstreamProtocol.PRIOR_KNOWLEDGE;
  }

  Executor resolving() {
    return resolving;
  }

  Descriptors descriptors() {
    return descriptors;
  }

  void spokeUnasked() {
    metrics.upstreamFailed("unasked_bytes");
  }
}
