package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No address has more connections than it may. */
class AddressCountsTest {
  @TempDir Path data;

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, 192.0.2.1, true",
    "192.0.2.1, 192.0.2.2, false",
    "2001:db8::1, 2001:db8::2, true", // one network of 64 bits
    "2001:db8:0:1::1, 2001:db8:0:2::1, false",
    "::ffff:192.0.2.1, 192.0.2.1, true",
    "0.0.0.1, ::1:0:0:0:0, false",
  })
  void givenTwoAddresses_thenThoseOfOneMachineCountAsOne(String first, String second, boolean one)
      throws Exception {
    var counts = new AddressCounts();
    assertThat(counts.enter(InetAddress.getByName(first), 1)).isTrue();
    assertThat(counts.enter(InetAddress.getByName(second), 1)).isEqualTo(!one);
    counts.leave(InetAddress.getByName(first));
    if (one) {
      assertThat(counts.enter(InetAddress.getByName(second), 1)).isTrue();
    }
    counts.leave(InetAddress.getByName(second));
    assertThat(counts.size()).as("nothing is kept of who has left").isZero();
  }

  @Test
  void givenThisMachine_thenItIsNotCounted() throws Exception {
    var counts = new AddressCounts();
    for (var local : new String[] {"127.0.0.1", "127.0.0.1", "::1", "::1"}) {
      assertThat(counts.enter(InetAddress.getByName(local), 1)).isTrue();
    }
    assertThat(counts.size()).isZero();
  }

  /** An address of this machine by which it sees itself as another one. */
  private static Optional<InetAddress> outside() throws Exception {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
        .findFirst();
  }

  @Test
  void givenOneConnectionTooManyOfAnAddress_thenItIsAnswered429_andRoomComesBack()
      throws Exception {
    var outside = outside();
    assumeTrue(outside.isPresent(), "this machine has only loopback addresses");
    try (var upstream = ScriptedUpstream.start();
        var gateway =
            TestGateway.start(
                data,
                upstream.url(),
                Map.of(Setting.LISTEN, "0.0.0.0:0", Setting.ADDRESS_CONNECTIONS, "2"))) {
      var address = new InetSocketAddress(outside.get(), gateway.gateway().address().getPort());
      try (var first = new RawClient(address);
          var second = new RawClient(address)) {
        assertThat(first.get("/healthz").reply().status()).isEqualTo(200);
        assertThat(second.get("/healthz").reply().status()).isEqualTo(200);
        try (var third = new RawClient(address)) {
          var reply = third.reply();
          assertThat(reply.status()).isEqualTo(429);
          assertThat(reply.header("retry-after")).isEqualTo("5");
          assertThat(reply.body())
              .contains("too_many_connections_of_address")
              .contains("limits.address-connections-max")
              .contains("\"limit\":2");
          assertThat(third.serverCloses()).isTrue();
        }
        assertThat(first.get("/healthz").reply().status()).isEqualTo(200);
      }
      Awaitility.await()
          .until(
              () -> {
                try (var again = new RawClient(address)) {
                  return again.get("/healthz").reply().status() == 200;
                }
              });
    }
  }
}
