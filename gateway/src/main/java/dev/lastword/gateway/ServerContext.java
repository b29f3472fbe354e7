package dev.lastword.gateway;

import io.netty.channel.Channel;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all client connections of one server share. */
final class ServerContext {
  private static final Logger log = LoggerFactory.getLogger(ServerContext.class);

  private volatile Limits limits;
  private final Route router;
  private final Descriptors descriptors;
  private final GatewayMetrics metrics;
  private final AddressCounts addresses = new AddressCounts();
  private final Set<Channel> connections = ConcurrentHashMap.newKeySet();

  /**
   * How long accepting counts as short of room after it was: longer than a sweep takes to come by
   * everybody. It goes on as soon as there is some room, and would be short again at once.
   */
  private static final long CROWDED_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final AtomicBoolean crowded = new AtomicBoolean();
  private volatile long crowdedNanos = System.nanoTime() - CROWDED_NANOS;
  private volatile Consumer<Boolean> accepting = wanted -> {};
  private volatile boolean leaving;

  ServerContext(Limits limits, Route router, Descriptors descriptors, GatewayMetrics metrics) {
    this.limits = limits;
    this.router = router;
    this.descriptors = descriptors;
    this.metrics = metrics;
    metrics.gauge("lastword.connections", "Client connections open now", connections::size);
    metrics.gauge(
        "lastword.sockets", "Sockets open now, of clients and to the upstream", descriptors::open);
    metrics.gauge(
        "lastword.pending.bytes.max",
        "Most bytes that wait for any one client now",
        this::pendingBytesMax);
  }

  Limits limits() {
    return limits;
  }

  /** Other limits from now on, for what is begun from now on. */
  void limit(Limits next) {
    limits = next;
  }

  Descriptors descriptors() {
    return descriptors;
  }

  Route router() {
    return router;
  }

  /** Whether connections end with their running exchange. */
  boolean leaving() {
    return leaving;
  }

  void leave() {
    leaving = true;
  }

  /** Most bytes that wait for any one client now. */
  long pendingBytesMax() {
    return connections.stream().mapToLong(ServerContext::pendingBytes).max().orElse(0);
  }

  private static long pendingBytes(Channel channel) {
    var out = channel.unsafe().outboundBuffer();
    return out == null ? 0 : out.totalPendingWriteBytes();
  }

  /** Why a connection that was just accepted is not served, if it is not. */
  Optional<Problem> refusal(Channel accepted) {
    if (connections.size() >= limits.connectionsMax()) {
      return Optional.of(
          Problem.unavailable(
              "too_many_connections", "as many connections are open as are allowed"));
    }
    int max = limits.addressConnectionsMax();
    if (!addresses.enter(accepted, max)) {
      var problem =
          Problem.of(
                  429,
                  "too_many_connections_of_address",
                  "as many connections of this address are open as are allowed")
              .member("field", Setting.ADDRESS_CONNECTIONS.key())
              .member("limit", max);
      refused(problem);
      return Optional.of(problem);
    }
    return Optional.empty();
  }

  /**
   * Who stops and goes on accepting connections: it stops while the descriptors run short, and the
   * kernel keeps who comes meanwhile.
   */
  void acceptingBy(Consumer<Boolean> switching) {
    accepting = switching;
    descriptors.whenRoomToAccept(
        () -> {
          if (crowded.compareAndSet(true, false)) {
            log.info("server.accepting sockets={}", descriptors.open());
            switching.accept(true);
          }
        });
  }

  /** A connection was accepted. On its loop. */
  void accepted(Channel channel) {
    descriptors.opened(channel);
    if (!descriptors.roomToAccept() && crowded.compareAndSet(false, true)) {
      crowdedNanos = System.nanoTime();
      log.warn("server.accepting_paused sockets={} hint=\"ulimit -n\"", descriptors.open());
      accepting.accept(false);
      // Whoever has closed meanwhile found nothing paused.
      descriptors.tellIfRoom();
    }
  }

  /** Whether clients wait to be accepted: connections without a request are not kept then. */
  boolean crowded(long now) {
    return crowded.get() || now - crowdedNanos < CROWDED_NANOS;
  }

  void connected(Channel channel) {
    connections.add(channel);
  }

  void disconnected(Channel channel) {
    connections.remove(channel);
  }

  void refused(Problem problem) {
    metrics.rejected(problem.code());
    log.debug("http.refused code={}", problem.code());
  }

  void stalled() {
    metrics.rejected("stalled");
  }

  /** An HTTP/2 client broke the protocol, or a bound of it. */
  void brokenOff(String code) {
    metrics.rejected(code);
    log.debug("http.broken_off code={}", code);
  }

  /** A client could not agree with us on TLS, or did not show what it has to. */
  void handshakeFailed(Throwable cause) {
    metrics.rejected("tls_handshake");
    log.debug("tls.handshake_failed cause={}", cause.toString());
  }

  void failed(Throwable cause) {
    if (cause instanceof IOException) {
      log.debug("http.connection_lost cause={}", cause.toString());
    } else {
      log.error("http.connection_failed", cause);
    }
  }
}
