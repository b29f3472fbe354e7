package dev.lastword.gateway;

import io.netty.handler.ssl.SslContext;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What the connections to one upstream share, on all loops. */
final class UpstreamContext {
  private final UpstreamTarget target;
  private final UpstreamTimeouts timeouts;
  private final Transport transport;
  private final @Nullable SslContext tls;
  private final Executor resolving;
  private final Descriptors descriptors;
  private final GatewayMetrics metrics;

  /**
   * @param tls null for plain TCP
   * @param resolving where names are looked up, which blocks
   */
  UpstreamContext(
      UpstreamTarget target,
      UpstreamTimeouts timeouts,
      Transport transport,
      @Nullable SslContext tls,
      Executor resolving,
      Descriptors descriptors,
      GatewayMetrics metrics) {
    this.target = target;
    this.timeouts = timeouts;
    this.transport = transport;
    this.tls = tls;
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
