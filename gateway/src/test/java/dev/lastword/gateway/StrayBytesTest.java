package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An upstream that says more than it was asked for: what it says too much reaches nobody, and no
 * later answer is taken for another's.
 */
class StrayBytesTest {
  private static final String STRAY =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nstolen";

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on("/second", x -> x.respond(200, "text/plain", "second"));
    upstream.on("/third", x -> x.respond(200, "text/plain", "third"));
    gateway = TestGateway.start(data, upstream);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  /** The next requests, of this client and of another, get their own answers. */
  private void othersGetTheirOwn(RawClient client) throws Exception {
    assertThat(client.reply().body()).as("the pipelined request").isEqualTo("second");
    try (var other = gateway.client()) {
      assertThat(other.get("/third").reply().body()).as("somebody else").isEqualTo("third");
      assertThat(other.get("/second").reply().body()).as("somebody else").isEqualTo("second");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + STRAY,
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\r\n" + STRAY,
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + STRAY,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + STRAY,
        "HTTP/1.1 204 No Content\r\n\r\n" + STRAY,
        "HTTP/1.1 204 No Content\r\nContent-Length: 83\r\n\r\n" + STRAY,
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 83\r\n\r\n" + STRAY,
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + STRAY + STRAY + STRAY,
      })
  void givenOneResponseTooMany_whenTheClientPipelines_thenNobodyGetsAnothersAnswer(String said)
      throws Exception {
    upstream.on("/first", x -> x.raw(said));
    try (var client = gateway.client()) {
      client.get("/first").get("/second");

      assertThat(client.reply().body()).isNotEqualTo("stolen");
      othersGetTheirOwn(client);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 83\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n"
      })
  void givenBodyOnHead_whenTheClientPipelines_thenItAnswersNothing(String head) throws Exception {
    upstream.on("/first", x -> x.raw(head + STRAY));
    try (var client = gateway.client()) {
      client.send("HEAD /first HTTP/1.1\r\nHost: localhost\r\n\r\n").get("/second");

      assertThat(client.head().status()).isEqualTo(200);
      othersGetTheirOwn(client);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HEAD 200 OK", "GET 204 No Content", "GET 304 Not Modified"})
  void givenBodyWhereThereIsNone_whenItComesAfterTheHead_thenItAnswersNothing(String how)
      throws Exception {
    var sent = new CountDownLatch(1);
    upstream.on(
        "/first",
        x -> {
          x.raw("HTTP/1.1 " + how.substring(how.indexOf(' ') + 1) + "\r\n\r\n");
          assertThat(sent.await(10, TimeUnit.SECONDS)).isTrue();
          x.raw(STRAY);
        });
    try (var client = gateway.client()) {
      client.send(
          how.substring(0, how.indexOf(' ')) + " /first HTTP/1.1\r\nHost: localhost\r\n\r\n");
      client.head();
      client.get("/second");
      sent.countDown();
      othersGetTheirOwn(client);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {STRAY, "\r\n", "H", "HTTP/1.1 100 Continue\r\n\r\n", "\u0000"})
  void givenIdleConnection_whenTheUpstreamSpeaksUnasked_thenItIsClosed(String unasked)
      throws Exception {
    var answered = new CountDownLatch(1);
    var closed = new CountDownLatch(1);
    upstream.on(
        "/first",
        x -> {
          x.respond(200, "text/plain", "first");
          assertThat(answered.await(10, TimeUnit.SECONDS)).isTrue();
          x.raw(unasked);
          if (x.peerCloses(10)) {
            closed.countDown();
          }
        });
    try (var client = gateway.client()) {
      assertThat(client.get("/first").reply().body()).isEqualTo("first");
      answered.countDown();
      assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
      client.get("/second");
      othersGetTheirOwn(client);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {STRAY, "\r\n", "H"})
  void givenEventStream_whenMoreFollowsItsBody_thenTheConnectionIsNotUsedAgain(String more)
      throws Exception {
    upstream.on(
        "/v1/chat/completions",
        x -> {
          x.stream().delta("Hello").finish().data("[DONE]");
          x.raw("0\r\n\r\n" + more);
        });
    try (var client = gateway.client()) {
      client.post("/v1/chat/completions", "{\"stream\":true}").get("/second");
      assertThat(client.reply().body()).contains("Hello").doesNotContain("stolen");
      othersGetTheirOwn(client);
    }
  }

  @Test
  void givenAnswerBeforeTheBodyWasSent_whenItIsOver_thenTheConnectionIsNotUsedAgain()
      throws Exception {
    var accepted = new AtomicInteger();
    try (var eager = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        var behind =
            TestGateway.start(
                data.resolve("eager"),
                "http://127.0.0.1:" + eager.getLocalPort(),
                Map.of(Setting.LOOPS, "1"))) {
      Thread.ofVirtual().start(() -> answerHeads(eager, accepted));
      try (var client = behind.client()) {
        client.send("POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf");
        assertThat(client.reply().body()).isEqualTo("early");
      }
      try (var other = behind.client()) {
        assertThat(other.post("/second", "{}").reply().body()).isEqualTo("early");
        assertThat(other.get("/third").reply().body()).isEqualTo("early");
      }
      assertThat(accepted.get()).as("one for the half request, one for the others").isEqualTo(2);
    }
  }

  /** Answers each head that comes, whatever is still to follow it. */
  private static void answerHeads(ServerSocket eager, AtomicInteger accepted) {
    try {
      while (true) {
        var connection = eager.accept();
        accepted.incrementAndGet();
        Thread.ofVirtual().start(() -> answerHeads(connection));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private static void answerHeads(Socket connection) {
    try (connection) {
      var in = new BufferedReader(new InputStreamReader(connection.getInputStream(), ISO_8859_1));
      for (var line = in.readLine(); line != null; line = in.readLine()) {
        if (line.isEmpty()) {
          connection
              .getOutputStream()
              .write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly".getBytes(ISO_8859_1));
        }
      }
    } catch (IOException e) {
      // the gateway has let go of it
    }
  }

  @Test
  void givenPipelinedRequestBehindABody_whenBothAreWhole_thenTheConnectionIsUsedAgain()
      throws Exception {
    try (var client = gateway.client()) {
      client.send(
          "POST /second HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbodyGET /third HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(client.reply().body()).isEqualTo("second");
      assertThat(client.reply().body()).isEqualTo("third");
    }
    assertThat(upstream.connections()).as("a clean exchange keeps its connection").isEqualTo(1);
  }
}
