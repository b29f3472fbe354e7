package dev.lastword.gateway;

import io.netty.handler.ssl.SslContext;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What the upstream connections of all loops share. */
final class UpstreamContext {
  private final UpstreamTarget target;
  private final UpstreamTimeouts timeouts;
  private final Transport transport;
  private final @Nullable SslContext tls;
  private final Executor resolving;
  private final Descriptors descriptors;
  private final GatewayMetrics metrics;
  private final int callsMax;
  private final AtomicInteger calls = new AtomicInteger();
  private final String pseudonym;

  /**
   * @param tls null for plain TCP
   * @param resolving where names are looked up, which blocks
   * @param callsMax calls that may run at once
   */
  UpstreamContext(
      UpstreamTarget target,
      UpstreamTimeouts timeouts,
      Transport transport,
      @Nullable SslContext tls,
      Executor resolving,
      Descriptors descriptors,
      GatewayMetrics metrics,
      int callsMax) {
    this.target = target;
    this.timeouts = timeouts;
    this.transport = transport;
    this.tls = tls;
    this.resolving = resolving;
    this.descriptors = descriptors;
    this.metrics = metrics;
    this.callsMax = callsMax;
    var random = new byte[4];
    new SecureRandom().nextBytes(random);
    this.pseudonym = "lastword-" + HexFormat.of().formatHex(random);
    metrics.gauge("lastword.upstream.calls", "Calls to the upstream that run now", calls::get);
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

  /** How this process is named in {@code Via} (RFC 9110 §7.6.3): no other has the same name. */
  String pseudonym() {
    return pseudonym;
  }

  /** Counts one call more, if one more may run. */
  boolean begin() {
    if (calls.incrementAndGet() <= callsMax) {
      return true;
    }
    calls.decrementAndGet();
    return false;
  }

  void ended() {
    calls.decrementAndGet();
  }

  int callsMax() {
    return callsMax;
  }

  void spokeUnasked() {
    metrics.upstreamFailed("unasked_bytes");
  }
}
