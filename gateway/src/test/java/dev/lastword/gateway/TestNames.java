package dev.lastword.gateway;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Names of hosts that a test takes away and gives back: those that end with {@code .names.test}.
 * All others are the system's. What was not found is asked for again after the ten seconds for
 * which a JVM remembers that.
 */
public final class TestNames extends InetAddressResolverProvider {
  private static final Set<String> KNOWN = ConcurrentHashMap.newKeySet();

  /** From now on it is this machine. */
  static void know(String name) {
    KNOWN.add(name);
  }

  @Override
  public String name() {
    return "names of tests";
  }

  @Override
  public InetAddressResolver get(Configuration configuration) {
    var system = configuration.builtinResolver();
    return new InetAddressResolver() {
      @Override
      public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
          throws UnknownHostException {
        if (!host.endsWith(".names.test")) {
          return system.lookupByName(host, policy);
        }
        if (!KNOWN.contains(host)) {
          throw new UnknownHostException(host);
        }
        return Stream.of(InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1}));
      }

      @Override
      public String lookupByAddress(byte[] address) throws UnknownHostException {
        return system.lookupByAddress(address);
      }
    };
  }
}
