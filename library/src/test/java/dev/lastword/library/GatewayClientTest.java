package dev.lastword.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.library.GatewayClient.Call;
import dev.lastword.stream.Owner;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of requests whose other end has gone without a word. */
@Timeout(60)
class GatewayClientTest {
  private static final Call CALL =
      Call.get("/api/streams", Owner.of("ann")).within(Duration.ofMillis(500));

  private final List<Socket> connections = new CopyOnWriteArrayList<>();

  @SuppressWarnings("NullAway.Init") // opened before each test
  private ServerSocket server;

  @BeforeEach
  void open() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    for (var connection : connections) {
      connection.close();
    }
  }

  /** Says the same on each connection, and then nothing, whatever is asked. */
  private void say(String... said) {
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  var connection = server.accept();
                  int nth = Math.min(connections.size(), said.length - 1);
                  connections.add(connection);
                  if (connection.getInputStream().read(new byte[4_096]) > 0) {
                    connection
                        .getOutputStream()
                        .write(said[nth].getBytes(StandardCharsets.US_ASCII));
                  }
                }
              } catch (IOException e) {
                // closed
              }
            });
  }

  private GatewayClient client(Duration patience) {
    return new GatewayClient(
        HttpClient.newHttpClient(),
        URI.create("http://127.0.0.1:" + server.getLocalPort()),
        Owner::value,
        "process",
        patience,
        true);
  }

  @Test
  void givenABodyThatStandsStill_thenItIsGivenUp() throws Exception {
    say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it");
    try (var client = client(Duration.ZERO)) {
      assertThatThrownBy(() -> client.ask(CALL))
          .isInstanceOf(GatewayException.class)
          .hasCauseInstanceOf(HttpTimeoutException.class);
    }
  }

  @Test
  void givenNoAnswer_thenItIsAskedAgainOnAnotherConnection() throws Exception {
    say("", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    try (var client = client(Duration.ofSeconds(30))) {
      assertThat(client.ask(CALL).body()).isEqualTo("{}");
    }
    assertThat(connections).hasSizeGreaterThan(1);
  }
}
