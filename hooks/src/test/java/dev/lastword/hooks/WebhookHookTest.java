package dev.lastword.hooks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.SocketFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookHookTest {
  private static final String SECRET = "whsec_bGFzdHdvcmQgc2lnbnMgdGhpcw==";
  private static final Predicate<InetAddress> LOOPBACK = InetAddress::isLoopbackAddress;

  private ScriptedEndpoint endpoint;

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private WebhookHook hook;

  @BeforeEach
  void start() throws IOException {
    endpoint = new ScriptedEndpoint();
  }

  @AfterEach
  void stop() throws IOException {
    if (hook != null) {
      hook.close();
    }
    endpoint.close();
  }

  private WebhookHook open(String url, int callsMax, Duration timeout) {
    hook =
        new WebhookHook(
            new WebhookHook.Options(
                URI.create(url),
                List.of(SECRET),
                LOOPBACK,
                callsMax,
                timeout,
                Optional.empty(),
                SocketFactory.getDefault(),
                response -> "signed." + response.events()));
    return hook;
  }

  private WebhookHook open() {
    return open("http://127.0.0.1:" + endpoint.port() + "/saved", 4, Duration.ofSeconds(10));
  }

  private boolean isSaved() throws Exception {
    return Responses.isSaved(hook.save(Responses.numbered(1)));
  }

  private SaveException failure() throws Exception {
    return Responses.failure(hook.save(Responses.numbered(1)));
  }

  @Test
  void givenAnEndpoint_whenItAnswers2xx_thenItIsSaved_andTheCallIsSigned() throws Exception {
    open();
    endpoint.thenStatus(204);

    assertThat(isSaved()).isTrue();

    var call = endpoint.calls().getFirst();
    assertThat(call.fields()).containsEntry("webhook-id", "stream-of-hooks-000001");
    assertThat(call.fields().get("content-type")).startsWith("application/json");
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec("lastword signs this".getBytes(UTF_8), "HmacSHA256"));
    mac.update(
        ("stream-of-hooks-000001." + call.fields().get("webhook-timestamp") + ".").getBytes(UTF_8));
    assertThat(call.fields().get("webhook-signature"))
        .isEqualTo("v1," + Base64.getEncoder().encodeToString(mac.doFinal(call.body())));
    assertThat(new String(call.body(), UTF_8))
        .startsWith(
            "{\"type\":\"response.completed\",\"timestamp\":\"2025-11-24T16:00:01.250Z\",\"data\":{\"stream\":\"stream-of-hooks-000001\",")
        .contains(
            "\"receipt\":\"signed.4\"",
            "\"facts\":{\"chat\":\"c-1\"}",
            "\"usage\":{\"total_tokens\":7}",
            "\"final\":{\"object\":\"chat.completion\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "301, UNREACHABLE", "304, UNREACHABLE", "400, REJECTED", "401, REJECTED", "404, REJECTED",
    "408, UNREACHABLE", "409, UNREACHABLE", "410, REJECTED", "413, REJECTED", "422, REJECTED",
    "425, UNREACHABLE", "429, UNREACHABLE", "500, UNREACHABLE", "503, UNREACHABLE",
        "599, UNREACHABLE"
  })
  void givenAnotherStatus_thenItSaysWhetherToCallAgain(int status, Kind kind) throws Exception {
    open();
    endpoint.thenStatus(status, "Location: http://127.0.0.1:" + endpoint.port() + "/other");

    var failure = failure();

    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure).hasMessage("it answered " + status);
    assertThat(endpoint.calls()).as("a redirect is not followed").hasSize(1);
  }

  @Test
  void givenItFailsInEveryWay_whenItIsWellAgain_thenTheNextCallIsSaved() throws Exception {
    open("http://127.0.0.1:" + endpoint.port() + "/saved", 4, Duration.ofMillis(300));
    endpoint
        .then(ScriptedEndpoint::reset) // it has the data, and nobody knows
        .then(socket -> socket.close())
        .then(socket -> ScriptedEndpoint.write(socket, "HTTP/1.1 nonsense\r\n\r\n"))
        .then(socket -> ScriptedEndpoint.write(socket, "HTTP/1.1 200 OK\r\n"))
        .thenStatus(200);

    for (int i = 0; i < 4; i++) {
      assertThat(failure().kind()).as("call %d", i).isEqualTo(Kind.UNREACHABLE);
    }
    assertThat(isSaved()).isTrue();
    assertThat(endpoint.calls()).hasSize(5);
  }

  /** As services of Compose files are called. */
  @Test
  void givenANameWithAnUnderscore_thenItIsLookedUpAsAnyOther() throws Exception {
    open("http://my_service.invalid:8000/hook", 1, Duration.ofSeconds(5));

    assertThat(failure().getMessage()).contains("UnknownHost", "my_service.invalid");
  }

  @Test
  void givenNobodyListens_orTheNameIsNone_thenItIsCalledAgain() throws Exception {
    int port;
    try (var closed = new ServerSocket(0)) {
      port = closed.getLocalPort();
      open("http://127.0.0.1:" + port + "/", 1, Duration.ofSeconds(5));
    }
    assertThat(failure().kind()).isEqualTo(Kind.UNREACHABLE);

    hook.close();
    open("https://no-such-host.invalid/?key=hidden", 1, Duration.ofSeconds(5));
    var failure = failure();
    assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(failure.getMessage()).contains("UnknownHost").doesNotContain("hidden");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://169.254.169.254/latest",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
        "https://[fe80::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://0.0.0.0/",
        "http://1.1.1.1/",
        "https://2130706433/"
      })
  void givenAnAddressThatMayNotBeCalled_whenItIsWrittenOut_thenTheHookIsNotMade(String url) {
    assertThatThrownBy(
            () ->
                new WebhookHook(
                    new WebhookHook.Options(
                        URI.create(url),
                        List.of(SECRET),
                        it -> false,
                        1,
                        Duration.ofSeconds(1),
                        Optional.empty(),
                        SocketFactory.getDefault(),
                        response -> "signed." + response.events())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("allow");
  }

  @Test
  void givenANameThatLeadsToAnAddressThatMayNotBeCalled_thenItIsNotConnectedTo() throws Exception {
    hook =
        new WebhookHook(
            new WebhookHook.Options(
                URI.create("http://localhost:" + endpoint.port() + "/"),
                List.of(SECRET),
                it -> false,
                1,
                Duration.ofSeconds(5),
                Optional.empty(),
                SocketFactory.getDefault(),
                response -> "signed." + response.events()));

    var failure = failure();

    assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(failure.getMessage()).contains("not public", "'allow'");
    assertThat(endpoint.calls()).isEmpty();
  }

  @Test
  void givenMoreCallsThanAtOnce_thenTheOthersWait_andAllAreMade() throws Exception {
    open("http://127.0.0.1:" + endpoint.port() + "/", 3, Duration.ofSeconds(20));
    var go = new CountDownLatch(1);
    var now = new AtomicInteger();
    var most = new AtomicInteger();
    for (int i = 0; i < 60; i++) {
      endpoint.then(
          socket -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            go.await();
            now.decrementAndGet();
            ScriptedEndpoint.write(socket, "HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n");
          });
    }
    var calls = IntStream.range(0, 60).mapToObj(i -> hook.save(Responses.numbered(i))).toList();
    Awaitility.await().until(() -> endpoint.calls().size() == 3);
    go.countDown();

    for (var call : calls) {
      assertThat(Responses.isSaved(call)).isTrue();
    }
    assertThat(most).hasValue(3);
  }

  @Test
  void givenAnEndpointThatIsSlow_whenManyAreCalledAtOnce_thenNoneWaitsForAnother()
      throws Exception {
    int many = 500;
    open("http://127.0.0.1:" + endpoint.port() + "/", many, Duration.ofSeconds(60));
    var all = new CountDownLatch(many);
    for (int i = 0; i < many; i++) {
      endpoint.then(
          socket -> {
            all.countDown();
            all.await();
            ScriptedEndpoint.write(socket, "HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n");
          });
    }

    var calls = IntStream.range(0, many).mapToObj(i -> hook.save(Responses.numbered(i))).toList();

    for (var call : calls) {
      assertThat(Responses.isSaved(call)).isTrue();
    }
  }

  @Test
  void givenAnEndpointThatWantsToBeAskedAgainAtOnce_thenItIsNotAskedByTheSameCall()
      throws Exception {
    open();
    endpoint.thenStatus(503, "Retry-After: 0").thenStatus(204);

    assertThat(failure().kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(endpoint.calls()).hasSize(1);
  }

  @Test
  void givenACallThatIsGivenUp_thenItIsStopped_andOneThatWaitsIsNotMade() throws Exception {
    open("http://127.0.0.1:" + endpoint.port() + "/", 1, Duration.ofSeconds(20));
    var left = new CountDownLatch(1);
    endpoint
        .then(
            socket -> {
              if (socket.getInputStream().read() < 0) {
                left.countDown();
              }
            })
        .thenStatus(204);
    var runs = hook.save(Responses.numbered(1)).toCompletableFuture();
    var waits = hook.save(Responses.numbered(2)).toCompletableFuture();
    Awaitility.await().until(() -> endpoint.calls().size() == 1);

    waits.cancel(true);
    runs.cancel(true);

    left.await();
    assertThat(Responses.isSaved(hook.save(Responses.numbered(3)))).isTrue();
    assertThat(endpoint.calls())
        .extracting(call -> call.fields().get("webhook-id"))
        .containsExactly("stream-of-hooks-000001", "stream-of-hooks-000003");
  }

  @Test
  void givenTwoSecrets_thenBothSign() {
    var fields =
        new Signature(List.of("the key that is new", "the key that was"))
            .fields("id", 7, new byte[0]);
    assertThat(String.valueOf(fields.get("webhook-signature")).split(" ", -1))
        .hasSize(2)
        .doesNotHaveDuplicates();
    assertThatThrownBy(() -> new Signature(List.of("whsec_not base64!")))
        .hasMessageContaining("Base64");
  }
}
