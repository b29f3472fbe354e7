package dev.lastword.gateway.demo;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class DemoBalancerTest {
  private static final String KILL = "POST /demo/kill HTTP/1.1\r\nHost: a\r\n";

  private final AtomicInteger killed = new AtomicInteger();
  private ServerSocket echo;
  private DemoBalancer balancer;

  /** Behind it is a server that says what it hears. */
  @BeforeEach
  void start() throws IOException {
    var here = InetAddress.getLoopbackAddress();
    echo = new ServerSocket(0, 10, here);
    Thread.ofVirtual().start(this::serve);
    balancer =
        DemoBalancer.start(
            new InetSocketAddress(here, 0),
            List.of((InetSocketAddress) echo.getLocalSocketAddress()),
            Map.of("POST /demo/kill", () -> "{\"killed\":" + killed.incrementAndGet() + "}"));
  }

  private void serve() {
    try {
      while (true) {
        var client = echo.accept();
        Thread.ofVirtual()
            .start(
                () -> {
                  try (client) {
                    client.getInputStream().transferTo(client.getOutputStream());
                  } catch (IOException e) {
                    // the balancer has closed it
                  }
                });
      }
    } catch (IOException e) {
      // it was closed
    }
  }

  @AfterEach
  void stop() throws IOException {
    balancer.close();
    echo.close();
  }

  @Test
  void givenARequestOfItsOwn_thenItIsAnsweredWithoutAServer() throws IOException {
    echo.close();
    try (var client = client()) {
      say(client, KILL + "\r\n");

      assertThat(rest(client)).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\n{\"killed\":1}");
    }
  }

  @Test
  void givenAKeptConnection_whenItsNextRequestIsOfItsOwn_thenItIsAnsweredAndTheLast()
      throws IOException {
    try (var client = client()) {
      var first = "POST /v1/chat HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nbody\r\n";
      say(client, first);
      assertThat(read(client, first.length())).isEqualTo(first);

      say(client, KILL + "Origin: http://a\r\nContent-Length: 0\r\n\r\n");

      assertThat(rest(client)).startsWith("HTTP/1.1 200 OK\r\n").endsWith("{\"killed\":1}");
    }
  }

  @Test
  void givenABodyThatLooksLikeOne_thenItIsPassedOn() throws IOException {
    var body = KILL + "\r\n";
    var request =
        "POST /v1/chat HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(body.length(), body);
    try (var client = client()) {
      say(client, request + "GET /next HTTP/1.1\r\n\r\n");

      assertThat(read(client, request.length())).isEqualTo(request);
      assertThat(read(client, 22)).isEqualTo("GET /next HTTP/1.1\r\n\r\n");
      assertThat(killed).hasValue(0);
    }
  }

  @Test
  void givenWhatIsNotUnderstood_thenAllThatFollowsIsPassedOnAsItComes() throws IOException {
    for (var first :
        List.of(
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "POST /up HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET /socket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
            "no HTTP at all\r\n\r\n")) {
      try (var client = client()) {
        var all = first + KILL + "\r\n";
        say(client, all);
        assertThat(read(client, all.length())).isEqualTo(all);
      }
    }
    assertThat(killed).hasValue(0);
  }

  @Test
  void givenAPageOfAnotherSite_whenItAsks_thenNothingIsDone() throws IOException {
    try (var client = client()) {
      say(client, KILL + "Origin: http://elsewhere.example\r\n\r\n");

      assertThat(rest(client)).startsWith("HTTP/1.1 403 ");
      assertThat(killed).hasValue(0);
    }
  }

  private Socket client() throws IOException {
    return new Socket(balancer.address().getAddress(), balancer.address().getPort());
  }

  private static void say(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  private static String read(Socket client, int bytes) throws IOException {
    return new String(client.getInputStream().readNBytes(bytes), ISO_8859_1);
  }

  private static String rest(Socket client) throws IOException {
    return new String(client.getInputStream().readAllBytes(), ISO_8859_1);
  }
}
