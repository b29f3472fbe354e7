package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom a request is taken to come from, and what goes on of what proxies said. */
class ForwardingTest {
  /** Trusted: two networks of proxies. */
  private static final Forwarding FORWARDING =
      new Forwarding(
          new TrustedProxies(
              Stream.of("10.0.0.0/8", "2001:db8:ff::/48")
                  .map(word -> AddressBlock.parse(word).orElseThrow())
                  .toList()));

  @TempDir Path data;

  /** Fields as {@code name=value}, with {@code &} between them. */
  private static HttpHeaders fields(String text) {
    var headers = new DefaultHttpHeaders();
    for (var field : text.split("&", -1)) {
      if (!field.isEmpty()) {
        var parts = field.split("=", 2);
        headers.add(parts[0], parts[1]);
      }
    }
    return headers;
  }

  private static RequestHead seen(String peer, HttpHeaders headers) throws Exception {
    var head =
        new RequestHead(
            HttpMethod.GET, "1.1", "/", Authority.parse("inner.example:8080"), headers, 0);
    return FORWARDING.seen(head, InetAddress.getByName(peer));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // who comes by themselves is who they are, whatever they say
        "192.0.2.9 | X-Forwarded-For=198.51.100.1 | 192.0.2.9",
        "192.0.2.9 | Forwarded=for=198.51.100.1 | 192.0.2.9",
        "192.0.2.9 | X-Forwarded-For=10.0.0.1 | 192.0.2.9",
        // a proxy that says nothing asks for itself
        "10.0.0.1 | | 10.0.0.1",
        // one hop
        "10.0.0.1 | X-Forwarded-For=198.51.100.1 | 198.51.100.1",
        "10.0.0.1 | Forwarded=for=198.51.100.1;proto=https;by=10.0.0.1 | 198.51.100.1",
        "10.0.0.1 | Forwarded=FOR=198.51.100.1 | 198.51.100.1",
        // the nearest that is not trusted; what stands before it the client wrote
        "10.0.0.1 | X-Forwarded-For=203.0.113.66, 198.51.100.1 | 198.51.100.1",
        "10.0.0.1 | X-Forwarded-For=203.0.113.66, 198.51.100.1, 10.0.0.2 | 198.51.100.1",
        "10.0.0.1 | X-Forwarded-For=10.9.9.9, 198.51.100.1 | 198.51.100.1",
        "10.0.0.1 | Forwarded=for=203.0.113.66, for=198.51.100.1, for=10.0.0.2 | 198.51.100.1",
        // several lines are one list
        "10.0.0.1 | X-Forwarded-For=203.0.113.66&X-Forwarded-For=198.51.100.1 | 198.51.100.1",
        "10.0.0.1 | X-Forwarded-For=198.51.100.1&X-Forwarded-For=10.0.0.2 | 198.51.100.1",
        "10.0.0.1 | Forwarded=for=203.0.113.66&Forwarded=for=198.51.100.1, for=10.0.0.3 | 198.51.100.1",
        // all trusted: the first
        "10.0.0.1 | X-Forwarded-For=10.0.0.3, 10.0.0.2 | 10.0.0.3",
        // IPv6, ports, quotes
        "10.0.0.1 | X-Forwarded-For=2001:db8::5 | 2001:db8:0:0:0:0:0:5",
        "10.0.0.1 | X-Forwarded-For=[2001:db8::5]:4711 | 2001:db8:0:0:0:0:0:5",
        "10.0.0.1 | X-Forwarded-For=198.51.100.1:4711 | 198.51.100.1",
        "10.0.0.1 | X-Forwarded-For=::ffff:198.51.100.1 | 198.51.100.1",
        "2001:db8:ff::1 | X-Forwarded-For=198.51.100.1, 2001:db8:ff:1::2 | 198.51.100.1",
        "10.0.0.1 | Forwarded=for=\"[2001:db8::5]:4711\" | 2001:db8:0:0:0:0:0:5",
        "10.0.0.1 | Forwarded=for=\"[2001:db8::5]\";host=\"a,b;c=\\\"d\" | 2001:db8:0:0:0:0:0:5",
        "10.0.0.1 | Forwarded=for=\"198.51.100.1:_hidden\" | 198.51.100.1",
        "10.0.0.1 | Forwarded=host=\"x, for=203.0.113.66\";for=198.51.100.1 | 198.51.100.1",
        // hidden, unknown, garbage: as far as it is known
        "10.0.0.1 | X-Forwarded-For=unknown | 10.0.0.1",
        "10.0.0.1 | X-Forwarded-For=198.51.100.1, unknown, 10.0.0.2 | 10.0.0.2",
        "10.0.0.1 | Forwarded=for=_hidden | 10.0.0.1",
        "10.0.0.1 | Forwarded=proto=https | 10.0.0.1",
        "10.0.0.1 | Forwarded=for=203.0.113.66;for=198.51.100.1 | 10.0.0.1",
        "10.0.0.1 | Forwarded=for=\"198.51.100.1 | 10.0.0.1",
        "10.0.0.1 | Forwarded=for=\"198.51.100.1\"x | 10.0.0.1",
        "10.0.0.1 | Forwarded=for=[2001:db8::5 | 10.0.0.1",
        "10.0.0.1 | Forwarded=;;,,= | 10.0.0.1",
        "10.0.0.1 | X-Forwarded-For=, | 10.0.0.1",
        "10.0.0.1 | X-Forwarded-For=198.51.100.1:99999999 | 10.0.0.1",
        "10.0.0.1 | X-Forwarded-For=198.51.100 | 10.0.0.1",
        "10.0.0.1 | X-Forwarded-For=localhost | 10.0.0.1",
        "10.0.0.1 | X-Forwarded-For=fe80::1%eth0 | 10.0.0.1",
        // a proxy speaks one of the two: what it does not look at the client can write
        "10.0.0.1 | Forwarded=for=203.0.113.66&X-Forwarded-For=198.51.100.1 | 10.0.0.1",
        "10.0.0.1 | Forwarded=for=198.51.100.1&X-Forwarded-For=198.51.100.1 | 198.51.100.1",
      })
  void givenAChain_thenTheClientIsTheNearestThatIsNotTrusted(
      String peer, String fields, String client) throws Exception {
    var head = seen(peer, fields(fields == null ? "" : fields));
    assertThat(head.client()).contains(InetAddress.getByName(client));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "192.0.2.9 | X-Forwarded-For=1.1.1.1&Forwarded=for=1.1.1.1&X-Real-IP=1.1.1.1&x-forwarded-proto=https&X-Forwarded-Odd=1&A=b | A=b",
        "10.0.0.1 | X-Forwarded-For=203.0.113.66, 198.51.100.1 | x-forwarded-for=198.51.100.1, 10.0.0.1",
        "10.0.0.1 | X-Forwarded-For=203.0.113.66&X-Forwarded-For=198.51.100.1:80 , 10.0.0.2 | x-forwarded-for=198.51.100.1, 10.0.0.2, 10.0.0.1",
        "10.0.0.1 | Forwarded=for=1.1.1.1, for=198.51.100.1;proto=https | forwarded=for=198.51.100.1;proto=https, for=10.0.0.1&x-forwarded-for=198.51.100.1, 10.0.0.1",
        "2001:db8:ff::1 | Forwarded=for=\"[2001:db8::5]\" | forwarded=for=\"[2001:db8::5]\", for=\"[2001:db8:ff:0:0:0:0:1]\"&x-forwarded-for=2001:db8:0:0:0:0:0:5, 2001:db8:ff:0:0:0:0:1",
        "10.0.0.1 | X-Forwarded-For=198.51.100.1&X-Real-IP=1.1.1.1&X-Forwarded-Proto=https | x-forwarded-for=198.51.100.1, 10.0.0.1&x-real-ip=198.51.100.1&x-forwarded-proto=https",
        "10.0.0.1 | X-Forwarded-For=unknown | x-forwarded-for=10.0.0.1",
        "10.0.0.1 | Forwarded=for=203.0.113.66&X-Forwarded-For=198.51.100.1&X-Forwarded-Host=h | ",
        "10.0.0.1 | A=b | A=b&x-forwarded-for=10.0.0.1",
      })
  void givenAChain_thenTheUpstreamIsToldWhatIsBelieved(String peer, String fields, String passed)
      throws Exception {
    var headers = fields(fields);
    seen(peer, headers);
    assertThat(lowered(headers)).isEqualTo(lowered(fields(passed == null ? "" : passed)));
  }

  private static Map<String, List<String>> lowered(HttpHeaders headers) {
    var map = new HashMap<String, List<String>>();
    for (var name : headers.names()) {
      map.put(name.toLowerCase(java.util.Locale.ROOT), new ArrayList<>(headers.getAll(name)));
    }
    return map;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "192.0.2.9 | X-Forwarded-Host=evil.example | inner.example",
        "10.0.0.1 | X-Forwarded-Host=chat.example | chat.example",
        "10.0.0.1 | X-Forwarded-Host=evil.example, chat.example | chat.example",
        "10.0.0.1 | X-Forwarded-Host=evil.example&X-Forwarded-Host=chat.example:443 | chat.example",
        "10.0.0.1 | Forwarded=for=1.1.1.1;host=evil.example, for=198.51.100.1;host=\"chat.example:443\" | chat.example",
        "10.0.0.1 | Forwarded=for=198.51.100.1 | inner.example",
        "10.0.0.1 | X-Forwarded-Host=a b | inner.example",
        "10.0.0.1 | Forwarded=for=1.1.1.1;host=evil.example&X-Forwarded-For=2.2.2.2&X-Forwarded-Host=h.example | inner.example",
      })
  void givenANameOfTheProxies_thenItIsBelievedOnlyFromThem(String peer, String fields, String host)
      throws Exception {
    assertThat(seen(peer, fields(fields)).authority().map(Authority::host)).contains(host);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.0.1, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.1.2.3, 10.1.2.3, true",
    "10.1.2.3, 10.1.2.4, false",
    "10.1.2.3/8, 10.9.9.9, true", // bits beyond the mask do not count
    "192.168.128.0/17, 192.168.128.1, true",
    "192.168.128.0/17, 192.168.127.255, false",
    "0.0.0.0/0, 203.0.113.1, true",
    "0.0.0.0/0, 2001:db8::1, false",
    "::/0, 203.0.113.1, false",
    "2001:db8::/33, 2001:db8:7fff::1, true",
    "2001:db8::/33, 2001:db8:8000::1, false",
    "::ffff:10.0.0.0/104, 10.9.9.9, true",
    "::1, ::1, true",
  })
  void givenABlock_thenItHoldsTheAddressesThatBeginSo(String block, String address, boolean in)
      throws Exception {
    assertThat(AddressBlock.parse(block)).map(read -> in == isIn(read, address)).contains(true);
  }

  private static boolean isIn(AddressBlock block, String address) {
    try {
      return block.contains(InetAddress.getByName(address));
    } catch (java.net.UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/",
        "10.0.0/8",
        "::/129",
        "proxy.example",
        "*",
        "10.0.0.1/8/8",
        "[::1]",
        "fe80::1%lo",
        "::ffff:10.0.0.0/95"
      })
  void givenWhatIsNoBlock_thenTheStartSaysSo(String word) {
    var settings = new Settings(Map.of());
    settings.set(Setting.TRUSTED_PROXIES, word, "test");
    assertThatThrownBy(() -> Config.of(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("'access.trusted-proxies' has to be addresses such as");
  }

  // --- through the front door

  private TestGateway start(ScriptedUpstream upstream, Map<Setting, String> set) {
    upstream.on("/u", x -> x.respond(200, "text/plain", String.valueOf(x.headers())));
    upstream.on("/silent", x -> x.peerCloses(30));
    return TestGateway.start(data, upstream.url(), set);
  }

  @Test
  void givenNobodyIsTrusted_thenTheUpstreamIsToldNothingThatAClientMadeUp() throws Exception {
    try (var upstream = ScriptedUpstream.start();
        var gateway = start(upstream, Map.of())) {
      gateway.get("/u", "X-Forwarded-For", "1.1.1.1", "Forwarded", "for=1.1.1.1", "X-Real-IP", "x");
      assertThat(upstream.last().headers())
          .doesNotContainKeys("x-forwarded-for", "forwarded", "x-real-ip");
    }
  }

  @Test
  void givenATrustedProxy_thenAClientsRequestsCountOnTheClientsAddress() throws Exception {
    var set = new HashMap<Setting, String>();
    set.put(Setting.TRUSTED_PROXIES, "127.0.0.0/8");
    set.put(Setting.ADDRESS_CONNECTIONS, "2");
    var client = "X-Forwarded-For: 1.1.1.1, 198.51.100.1";
    try (var upstream = ScriptedUpstream.start();
        var gateway = start(upstream, set);
        var first = gateway.client();
        var second = gateway.client();
        var third = gateway.client()) {
      first.post("/silent", "{}", client);
      second.post("/silent", "{}", "X-Forwarded-For: 2.2.2.2, 198.51.100.1");
      Awaitility.await()
          .until(() -> gateway.get("/metrics").body().contains("lastword_upstream_calls 2.0"));

      var refused = third.get("/u", client).reply();
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.header("retry-after")).isEqualTo("5");
      assertThat(refused.body()).contains("too_many_connections_of_address");
      var other = third.get("/u", "X-Forwarded-For: 198.51.100.2").reply();
      assertThat(other.status()).as("on the same connection").isEqualTo(200);
      assertThat(other.body()).contains("198.51.100.2, 127.0.0.1");

      first.reset();
      Awaitility.await().until(() -> third.get("/u", client).reply().status() == 200);

      set.put(Setting.TRUSTED_PROXIES, "");
      gateway.reload();
      assertThat(third.get("/u", client).reply().status()).isEqualTo(200);
      assertThat(upstream.last().headers()).doesNotContainKey("x-forwarded-for");
    }
  }

  @Test
  void givenATrustedProxyOverHttp2_thenItIsTheSame() throws Exception {
    try (var upstream = ScriptedUpstream.start();
        var gateway =
            start(
                upstream,
                Map.of(
                    Setting.TRUSTED_PROXIES, "127.0.0.1; ::1", Setting.ADDRESS_CONNECTIONS, "1"));
        var proxy = new RawHttp2(gateway.gateway().address())) {
      for (int i = 0; i < 3; i++) {
        int stream =
            proxy.request(
                true,
                ":method",
                "GET",
                ":scheme",
                "http",
                ":path",
                "/u",
                ":authority",
                "localhost",
                "x-forwarded-for",
                "198.51.100.1");
        assertThat(proxy.answer(stream).status).isEqualTo(200);
        assertThat(upstream.last().headers().get("x-forwarded-for"))
            .isEqualTo("198.51.100.1, 127.0.0.1");
      }
      proxy.request(
          true,
          ":method",
          "GET",
          ":scheme",
          "http",
          ":path",
          "/silent",
          ":authority",
          "localhost",
          "x-forwarded-for",
          "198.51.100.1");
      int refused =
          proxy.request(
              true,
              ":method",
              "GET",
              ":scheme",
              "http",
              ":path",
              "/u",
              ":authority",
              "localhost",
              "x-forwarded-for",
              "198.51.100.1");
      assertThat(proxy.answer(refused).status).isEqualTo(429);
    }
  }

  @Test
  void givenAProxyThatAsksByAnotherName_thenPagesOfThePublicOneMayWrite() throws Exception {
    try (var upstream = ScriptedUpstream.start();
        var gateway =
            start(
                upstream,
                Map.of(
                    Setting.TRUSTED_PROXIES, "127.0.0.1", Setting.ACCESS_HOSTS, "chat.example"))) {
      var page = new String[] {"Origin", "https://chat.example"};
      assertThat(gateway.post("/u", "{}", page).statusCode()).isEqualTo(403);
      assertThat(
              gateway
                  .post("/u", "{}", page[0], page[1], "X-Forwarded-Host", "chat.example")
                  .statusCode())
          .isEqualTo(200);
      assertThat(gateway.get("/u", "X-Forwarded-Host", "evil.example").statusCode()).isEqualTo(421);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"X-Forwarded-Host: localhost", "Forwarded: for=1.1.1.1;host=localhost"})
  void givenAPageWhoseNameWasMadeToResolveHere_whenItWritesAsAProxyDoes_thenItIsRefused(
      String field) throws Exception {
    try (var upstream = ScriptedUpstream.start();
        var gateway = start(upstream, Map.of(Setting.TRUSTED_PROXIES, "127.0.0.1"))) {
      for (var path : List.of("/api/streams", "/u")) {
        try (var page = gateway.client()) {
          var head = "GET " + path + " HTTP/1.1\r\nHost: evil.example\r\n" + field + "\r\n\r\n";
          assertThat(page.send(head).reply().status()).as(path).isEqualTo(421);
        }
      }
    }
  }

  @Test
  void givenSomethingElseThanAnAddress_thenNothingIsLookedUp() {
    assertThat(AddressBlock.address("localhost")).isEqualTo(Optional.empty());
    assertThat(ForwardedFields.node("localhost:80")).isEqualTo(Optional.empty());
  }
}
