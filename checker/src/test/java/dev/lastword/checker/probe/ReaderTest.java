package dev.lastword.checker.probe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.SseEvent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a reader waits, and what it makes of bytes. */
final class ReaderTest {
  private static Connector connector(Duration limit) {
    return new Connector(() -> (SSLSocketFactory) SSLSocketFactory.getDefault(), limit);
  }

  private static void answer(ServerSocket server) {
    try (var socket = server.accept()) {
      Thread.sleep(1_500);
      socket
          .getOutputStream()
          .write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(UTF_8));
    } catch (IOException e) {
      // the reader has given up, which is what is tested
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void givenAnAnswerThatTakesLongerThanAConnection_whenExchanged_thenItIsWaitedFor()
      throws Exception {
    try (var server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      threads.execute(() -> answer(server));
      var request =
          Request.get(URI.create("http://127.0.0.1:" + server.getLocalPort() + "/"), List.of());
      var reader =
          new Reader(
              connector(Duration.ofMillis(500)), Duration.ofSeconds(60), Duration.ofSeconds(60));

      try (var wire = reader.open(request)) {
        assertThat(wire.exchange(request).text()).isEqualTo("ok");
      }
    }
  }

  private static List<String> events(String bytes) {
    var events = new ArrayList<SseEvent>();
    var body = new SseBody(1 << 20, events::add);
    for (byte each : bytes.getBytes(UTF_8)) {
      body.feed(new byte[] {each}, 1);
    }
    return events.stream().map(each -> each.type() + "=" + each.data()).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\uFEFF"})
  void givenAByteOrderMark_whenItStandsAheadOfAField_thenTheFieldCounts(String mark) {
    assertThat(events(mark + "data: x\nevent: y\n\ndata: z\n\n"))
        .containsExactly("y=x", "message=z");
    assertThat(events(mark + "event: y\n\n")).containsExactly("y=");
  }
}
