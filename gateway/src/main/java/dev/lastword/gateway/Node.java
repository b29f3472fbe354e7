package dev.lastword.gateway;

import dev.lastword.cluster.Placement;
import dev.lastword.cluster.Shard;
import dev.lastword.cluster.Where;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What a process is in its cluster: where the streams are, the secret by which nodes know each
 * other, and the shards that it has beside its own, each served by a gateway without a listener.
 * Thread-safe.
 */
final class Node implements Reloadable {
  private final Placement placement;
  private final byte[] secret;
  private final Map<Shard, Route> takenOver = new ConcurrentHashMap<>();
  private final AtomicInteger handedOver = new AtomicInteger();
  private volatile Reloadable beside = next -> () -> {};

  /**
   * @param secret the same on every node, and known to nobody else
   */
  Node(Placement placement, String secret) {
    this.placement = placement;
    this.secret = secret.getBytes(StandardCharsets.UTF_8);
  }

  /** Other gateways of the process take a new configuration with the own. */
  void reloadsWith(Reloadable gateways) {
    beside = gateways;
  }

  @Override
  public Runnable prepare(Config next) {
    return beside.prepare(next);
  }

  Placement placement() {
    return placement;
  }

  /** What requests to other nodes carry. */
  String secret() {
    return new String(secret, StandardCharsets.UTF_8);
  }

  /** Whether a node has sent a request; takes as long for every wrong secret of its length. */
  boolean sent(RequestHead head) {
    var said = head.headers().get(NodeFields.NODE);
    return said != null && MessageDigest.isEqual(said.getBytes(StandardCharsets.UTF_8), secret);
  }

  /**
   * A request is handed over to another node from now on.
   *
   * @return says, once, that it is over
   */
  Runnable handingOver() {
    handedOver.incrementAndGet();
    var over = new AtomicBoolean();
    return () -> {
      if (over.compareAndSet(false, true)) {
        handedOver.decrementAndGet();
      }
    };
  }

  /** How many requests are handed over now. */
  int handedOver() {
    return handedOver.get();
  }

  /** A shard is answered for here from now on. */
  void serves(Shard shard, Route route) {
    takenOver.put(shard, route);
  }

  /** A shard is not answered for here any more. */
  void leaves(Shard shard) {
    takenOver.remove(shard);
  }

  /** Whether the gateway that listens has a shard itself. */
  boolean isOwn(Shard shard) {
    return shard.equals(placement.own());
  }

  /** Who answers here for a shard that was taken over; null if nobody does. */
  @Nullable Route takenOver(Shard shard) {
    return takenOver.get(shard);
  }

  /** The address of the node that has a shard, as far as it is another's and is known. */
  Where of(Shard shard) {
    return placement.of(shard);
  }

  List<Shard> shards() {
    return placement.shards();
  }
}
