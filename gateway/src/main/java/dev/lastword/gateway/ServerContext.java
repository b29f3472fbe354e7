package dev.lastword.gateway;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all client connections of one server share. */
final class ServerContext {
  private static final Logger log = LoggerFactory.getLogger(ServerContext.class);

  /**
   * Of a connection beyond those that its address may have: another node of the cluster brings the
   * requests of many clients, and whether it is one its requests tell.
   */
  private static final AttributeKey<Boolean> BEYOND =
      AttributeKey.valueOf(ServerContext.class, "beyond");

  private volatile Limits limits;
  private volatile Forwarding forwarding;
  private final Route router;
  private final Descriptors descriptors;
  private final HeapPressure heap;
  private final GatewayMetrics metrics;

  /** Null where there is no cluster. */
  private final @Nullable Node node;

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

  ServerContext(
      Limits limits,
      Forwarding forwarding,
      Route router,
      Descriptors descriptors,
      HeapPressure heap,
      GatewayMetrics metrics,
      @Nullable Node node) {
    this.node = node;
    this.limits = limits;
    this.forwarding = forwarding;
    this.router = router;
    this.descriptors = descriptors;
    this.heap = heap;
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

  /** Believes others from now on. */
  void believe(Forwarding next) {
    forwarding = next;
  }

  /** A request as it counts, whatever proxies stand before it. */
  RequestHead seen(RequestHead head, Channel channel) {
    if (node != null && node.sent(head)) {
      var client = NodeFields.client(head.headers());
      if (client.isPresent()) {
        return Forwarding.passedOn(head, client.get());
      }
    }
    return channel.remoteAddress() instanceof InetSocketAddress remote
        ? forwarding.seen(head, remote.getAddress())
        : head;
  }

  /**
   * Counts a request that a proxy passes on as a connection of its client's would be.
   *
   * @return takes it back; null if there are too many, which has been counted then
   */
  @Nullable Runnable enter(RequestHead head, Channel channel) {
    if (channel.hasAttr(BEYOND) && !(node != null && node.sent(head))) {
      return null;
    }
    var client = head.client();
    if (client.isEmpty()
        || !(channel.remoteAddress() instanceof InetSocketAddress remote)
        || client.get().equals(remote.getAddress())) {
      return ServerContext::uncounted;
    }
    if (!addresses.enter(client.get(), limits.addressConnectionsMax())) {
      return null;
    }
    return () -> addresses.leave(client.get());
  }

  private static void uncounted() {
    // It is counted by its connection.
  }

  /** What a client is told whose address has as many as it may have. */
  Problem tooManyOfAddress(String what) {
    var problem =
        Problem.of(
                429,
                "too_many_connections_of_address",
                "as many " + what + " of this address are open as are allowed")
            .header("retry-after", "5")
            .member("field", Setting.ADDRESS_CONNECTIONS.key())
            .member("limit", limits.addressConnectionsMax());
    refused(problem);
    return problem;
  }

  /** How long a peer may take nothing now while bytes wait for it. */
  long stallMs() {
    return heap.stallMs(limits.stallMs());
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
    if (isProxy(accepted) || addresses.enter(accepted, limits.addressConnectionsMax())) {
      return Optional.empty();
    }
    if (node != null && connections.size() < limits.connectionsMax() / 2) {
      accepted.attr(BEYOND).set(true);
      return Optional.empty();
    }
    return Optional.of(tooManyOfAddress("connections"));
  }

  /** It is many clients at once, who are counted by their requests. */
  private boolean isProxy(Channel accepted) {
    return accepted.remoteAddress() instanceof InetSocketAddress remote
        && forwarding.trusted().contain(remote.getAddress());
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
