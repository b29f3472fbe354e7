package dev.lastword.gateway;

import java.net.InetAddress;
import java.util.List;

/**
 * The addresses of proxies that are believed when they say for whom they ask.
 *
 * @param blocks none to believe nobody
 */
record TrustedProxies(List<AddressBlock> blocks) {
  static final TrustedProxies NONE = new TrustedProxies(List.of());

  boolean contain(InetAddress address) {
    return blocks.stream().anyMatch(block -> block.contains(address));
  }
}
