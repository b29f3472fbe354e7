package dev.lastword.gateway;

import io.netty.channel.Channel;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Open connections of each address. IPv6 is counted by networks of 64 bits: of those a single
 * machine has as many addresses as it likes. This machine's own are not counted: a proxy in front
 * of the gateway is all of its users.
 *
 * <p>Thread-safe.
 */
final class AddressCounts {
  private final ConcurrentHashMap<Network, Integer> counts = new ConcurrentHashMap<>();

  /** An IPv4 address, or the first half of an IPv6 one. */
  private record Network(boolean v6, long bits) {
    static Network of(InetAddress address) {
      var bytes = ByteBuffer.wrap(address.getAddress());
      return address instanceof Inet6Address
          ? new Network(true, bytes.getLong())
          : new Network(false, bytes.getInt());
    }
  }

  /**
   * Counts a connection until it is closed; false if its address has as many as it may have.
   *
   * @param max connections of one address, at least 1
   */
  boolean enter(Channel channel, int max) {
    if (!(channel.remoteAddress() instanceof InetSocketAddress remote)) {
      return true;
    }
    var address = remote.getAddress();
    if (!enter(address, max)) {
      return false;
    }
    channel.closeFuture().addListener(_ -> leave(address));
    return true;
  }

  boolean enter(InetAddress address, int max) {
    if (address.isLoopbackAddress()) {
      return true;
    }
    boolean[] entered = {false};
    counts.compute(
        Network.of(address),
        (_, now) -> {
          int count = now == null ? 0 : now;
          entered[0] = count < max;
          return entered[0] ? Integer.valueOf(count + 1) : now;
        });
    return entered[0];
  }

  void leave(InetAddress address) {
    if (!address.isLoopbackAddress()) {
      counts.computeIfPresent(Network.of(address), (_, now) -> now == 1 ? null : now - 1);
    }
  }

  /** Addresses that have connections now. */
  int size() {
    return counts.size();
  }
}
