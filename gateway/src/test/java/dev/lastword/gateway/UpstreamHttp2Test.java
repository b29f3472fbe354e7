package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Upstreams that speak HTTP/2: many calls on one connection, and none harms another. */
class UpstreamHttp2Test {
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASKED =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final int MAX_CONCURRENT_STREAMS = 3;
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int NO_ERROR = 0;
  private static final int PROTOCOL_ERROR = 1;
  private static final int INTERNAL_ERROR = 2;
  private static final int REFUSED_STREAM = 7;
  private static final int CANCEL = 8;

  @TempDir Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private TestGateway gateway;

  private FramedUpstream upstream;

  @BeforeEach
  void start() throws Exception {
    upstream = closing(FramedUpstream.start());
    gateway = with(upstream, Map.of());
  }

  private <T extends AutoCloseable> T closing(T resource) {
    open.add(resource);
    return resource;
  }

  private TestGateway with(FramedUpstream to, Map<Setting, String> set) {
    var all = new HashMap<Setting, String>();
    all.put(Setting.UPSTREAM_HTTP2, "prior-knowledge");
    all.put(Setting.LOOPS, "1");
    all.putAll(set);
    return closing(
        TestGateway.start(folder.resolve("data" + open.size()), to.url(), Map.copyOf(all)));
  }

  @AfterEach
  void stop() throws Exception {
    for (var resource : open.reversed()) {
      resource.close();
    }
  }

  private CompletableFuture<HttpResponse<String>> asking(String target, String... fields) {
    return sending(gateway.request(target, fields).GET().build());
  }

  private CompletableFuture<HttpResponse<String>> posting(String target, String body) {
    return sending(
        gateway
            .request(target)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  private CompletableFuture<HttpResponse<String>> sending(HttpRequest request) {
    var answer = new CompletableFuture<HttpResponse<String>>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                answer.complete(gateway.send(request));
              } catch (Exception e) {
                answer.completeExceptionally(e);
              }
            });
    return answer;
  }

  private static HttpResponse<String> got(CompletableFuture<HttpResponse<String>> answer)
      throws Exception {
    return answer.get(20, TimeUnit.SECONDS);
  }

  // --- how it is asked

  @Test
  void givenTwoCalls_thenTheyRunOnOneConnection_andEachGetsItsOwnAnswer() throws Exception {
    var first = posting(CHAT, ASKED);
    var peer = upstream.peer();
    var one = peer.request();
    var second = posting(CHAT, ASKED);
    var two = peer.request();
    assertThat(two.stream()).isGreaterThan(one.stream());

    peer.stream(one.stream()).stream(two.stream());
    peer.delta(one.stream(), "of one").delta(two.stream(), "of two");
    peer.finish(two.stream());
    assertThat(got(second).body()).contains("of two", "[DONE]").doesNotContain("of one");
    peer.finish(one.stream());
    assertThat(got(first).body()).contains("of one", "[DONE]").doesNotContain("of two");

    var id = got(first).headers().firstValue("lastword-stream").orElseThrow();
    assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("completed");
    assertThat(upstream.connections()).isEqualTo(1);
  }

  @Test
  void givenRequest_thenItsHeadIsOfHttp2_withoutWhatConcernsOneHop() throws Exception {
    var answer =
        sending(
            gateway
                .request("/x/y?a=%20b")
                .header("Cookie", "a=1; b=2")
                .header("X-Mine", "Yes")
                .header("TE", "trailers")
                .POST(HttpRequest.BodyPublishers.ofString("some"))
                .build());
    var peer = upstream.peer();
    var request = peer.request();
    assertThat(request.field(":method")).isEqualTo("POST");
    assertThat(request.field(":scheme")).isEqualTo("http");
    assertThat(request.field(":authority")).isEqualTo("127.0.0.1:" + upstream.port());
    assertThat(request.field(":path")).isEqualTo("/x/y?a=%20b");
    assertThat(request.field("cookie")).isEqualTo("a=1; b=2");
    assertThat(request.field("x-mine")).isEqualTo("Yes");
    assertThat(request.field("content-length")).isEqualTo("4");
    assertThat(request.names().subList(0, 4)).allMatch(name -> name.startsWith(":"));
    assertThat(request.names().subList(4, request.names().size()))
        .noneMatch(name -> name.startsWith(":"))
        .allMatch(name -> name.equals(name.toLowerCase(java.util.Locale.ROOT)))
        .doesNotContain("host", "connection", "transfer-encoding", "upgrade", "te", "keep-alive");
    assertThat(peer.wholeBody(request.stream())).isEqualTo("some");
    assertThat(peer.told(2)).as("pushes are allowed").isZero();
    peer.respond(request.stream(), 200, "fine");
    assertThat(got(answer).body()).isEqualTo("fine");
  }

  @Test
  void givenHundredCallsAtOnce_thenTheyShareOneConnection() throws Exception {
    var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
    for (int i = 0; i < 100; i++) {
      answers.add(asking("/u" + i));
    }
    var peer = upstream.peer();
    var asked = new ArrayList<FramedUpstream.Request>();
    for (int i = 0; i < 100; i++) {
      asked.add(peer.request());
    }
    for (var request : asked.reversed()) {
      peer.respond(request.stream(), 200, request.field(":path"));
    }
    for (int i = 0; i < 100; i++) {
      assertThat(got(answers.get(i)).body()).isEqualTo("/u" + i);
    }
    assertThat(upstream.connections()).isEqualTo(1);
  }

  @Test
  void givenUpstreamThatTakesTwoAtOnce_thenAsManyConnectionsAreOpenedAsAreNeeded()
      throws Exception {
    var narrow = closing(FramedUpstream.start(MAX_CONCURRENT_STREAMS, 2));
    gateway = with(narrow, Map.of());
    var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
    for (int i = 0; i < 6; i++) {
      answers.add(asking("/u" + i));
    }
    for (int i = 0; i < 3; i++) {
      var peer = narrow.peer();
      var one = peer.request();
      var two = peer.request();
      assertThat(peer.isQuiet()).isTrue();
      peer.respond(one.stream(), 200, one.field(":path"));
      peer.respond(two.stream(), 200, two.field(":path"));
    }
    for (int i = 0; i < 6; i++) {
      assertThat(got(answers.get(i)).body()).isEqualTo("/u" + i);
    }
  }

  @Test
  void givenUpstreamThatTakesNone_thenThatIsAStatus_andNoEndlessConnecting() throws Exception {
    var closed = closing(FramedUpstream.start(MAX_CONCURRENT_STREAMS, 0));
    gateway = with(closed, Map.of());
    var answer = got(asking("/u"));
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body()).contains("upstream_refused");
    assertThat(closed.connections()).isEqualTo(1);
  }

  // --- what becomes of one stream

  @Test
  void givenCancel_thenItsStreamIsReset_andTheOneBesideItGoesOn() throws Exception {
    var first = posting(CHAT, ASKED);
    var peer = upstream.peer();
    var one = peer.request();
    var second = posting(CHAT, ASKED);
    var two = peer.request();
    peer.stream(one.stream()).delta(one.stream(), "a");
    peer.stream(two.stream()).delta(two.stream(), "b");
    Awaitility.await().until(() -> gateway.json("/api/streams").get("streams").size() == 2);
    var id = gateway.json("/api/streams").get("streams").get(0).get("id").asString();

    gateway.post("/api/streams/" + id + "/cancel", "");
    Awaitility.await().until(() -> !peer.resets().isEmpty());
    int gone = peer.resets().iterator().next();
    int left = gone == one.stream() ? two.stream() : one.stream();
    assertThat(peer.reset(gone)).isEqualTo(CANCEL);

    // What was on its way is no mistake of the upstream's.
    peer.delta(gone, "late").delta(gone, "later").fields(gone, true, "x-late", "1");
    peer.delta(left, "goes on").finish(left);
    var other = got(left == one.stream() ? first : second);
    assertThat(other.body()).contains("goes on", "[DONE]").doesNotContain("late");
    assertThat(peer.resets()).containsExactly(gone);
    assertThat(peer.goaway()).isEqualTo(-1);
  }

  @Test
  void givenRefusedStream_thenItIsAskedOnceMore_withItsBody() throws Exception {
    var answer = posting(CHAT, ASKED);
    var peer = upstream.peer();
    var refused = peer.request();
    peer.wholeBody(refused.stream());
    peer.resetting(refused.stream(), REFUSED_STREAM);

    var next = upstream.peer();
    var again = next.request();
    assertThat(next.wholeBody(again.stream())).isEqualTo(ASKED);
    next.stream(again.stream()).delta(again.stream(), "at last").finish(again.stream());
    assertThat(got(answer).body()).contains("at last", "[DONE]");
  }

  @Test
  void givenUpstreamThatAlwaysRefuses_thenThatIsAStatus() throws Exception {
    var answer = posting(CHAT, ASKED);
    for (int i = 0; i < 4; i++) {
      var peer = upstream.peer();
      peer.resetting(peer.request().stream(), REFUSED_STREAM);
    }
    assertThat(got(answer).statusCode()).isEqualTo(502);
    assertThat(got(answer).body()).contains("upstream_refused");
  }

  @Test
  void givenRefusalAfterTheHead_thenItIsNotBelieved_andNotAskedAgain() throws Exception {
    var answer = posting(CHAT, ASKED);
    var peer = upstream.peer();
    var request = peer.request();
    peer.stream(request.stream());
    peer.resetting(request.stream(), REFUSED_STREAM);
    assertThat(got(answer).statusCode()).isEqualTo(502);
    assertThat(upstream.connections()).isEqualTo(1);
    assertThat(peer.isQuiet()).isTrue();
  }

  @Test
  void givenResetForAnotherReason_thenThePostIsNotAskedTwice() throws Exception {
    var answer = posting(CHAT, ASKED);
    var peer = upstream.peer();
    peer.resetting(peer.request().stream(), INTERNAL_ERROR);
    assertThat(got(answer).statusCode()).isEqualTo(502);
    assertThat(got(answer).body()).contains("upstream_reset");
    assertThat(peer.isQuiet()).isTrue();
    assertThat(upstream.connections()).isEqualTo(1);
  }

  @Test
  void givenBreakInTheMiddle_thenTheStreamIsFailed_withItsPartialKept() throws Exception {
    var response = gateway.request(CHAT).POST(HttpRequest.BodyPublishers.ofString(ASKED)).build();
    var answer = new CompletableFuture<String>();
    Thread.ofVirtual()
        .start(
            () -> {
              try (var client = java.net.http.HttpClient.newHttpClient()) {
                answer.complete(
                    client
                        .send(response, BodyHandlers.ofInputStream())
                        .headers()
                        .firstValue("lastword-stream")
                        .orElseThrow());
              } catch (Exception e) {
                answer.completeExceptionally(e);
              }
            });
    var peer = upstream.peer();
    var request = peer.request();
    peer.stream(request.stream()).delta(request.stream(), "half");
    Awaitility.await().until(() -> gateway.json("/api/streams").get("streams").size() == 1);
    peer.resetting(request.stream(), INTERNAL_ERROR);
    var id = gateway.json("/api/streams").get("streams").get(0).get("id").asString();
    assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("failed");
    assertThat(gateway.json("/api/streams/" + id + "/response").get("text").asString())
        .isEqualTo("half");
    assertThat(peer.isQuiet()).isTrue();
  }

  // --- goodbyes

  @Test
  void givenGoodbye_thenWhatIsBeyondIsAskedElsewhere_andWhatIsNotIsAnsweredThere()
      throws Exception {
    var first = posting(CHAT, ASKED);
    var peer = upstream.peer();
    var one = peer.request();
    var second = posting(CHAT, ASKED);
    var two = peer.request();
    peer.wholeBody(two.stream());
    peer.goodbye(one.stream(), NO_ERROR);

    var next = upstream.peer();
    var again = next.request();
    assertThat(next.wholeBody(again.stream())).isEqualTo(ASKED);
    next.stream(again.stream()).delta(again.stream(), "elsewhere").finish(again.stream());
    assertThat(got(second).body()).contains("elsewhere", "[DONE]");

    peer.stream(one.stream()).delta(one.stream(), "here").finish(one.stream());
    assertThat(got(first).body()).contains("here", "[DONE]");
    Awaitility.await().until(peer::isClosed);
    assertThat(upstream.connections()).isEqualTo(2);
  }

  @Test
  void givenGoodbyeThatDeniesWhatWasAnswered_thenItIsNotAskedAgain() throws Exception {
    var answer = posting(CHAT, ASKED);
    var peer = upstream.peer();
    var request = peer.request();
    peer.stream(request.stream()).delta(request.stream(), "content");
    Awaitility.await().until(() -> gateway.json("/api/streams").get("streams").size() == 1);
    peer.goodbye(0, NO_ERROR);
    var id = gateway.json("/api/streams").get("streams").get(0).get("id").asString();
    assertThat(gateway.ended(id).get("outcome").asString()).isEqualTo("failed");
    assertThat(answer).satisfies(done -> Awaitility.await().until(done::isDone));
    assertThat(upstream.connections()).isEqualTo(1);
  }

  @Test
  void givenConnectionThatEndsWithoutAWord_thenAPostIsNotAskedTwice_butAGetIs() throws Exception {
    var warm = asking("/warm");
    var peer = upstream.peer();
    peer.respond(peer.request().stream(), 200, "warm");
    got(warm);
    var post = posting(CHAT, ASKED);
    peer.request();
    var get = asking("/u");
    peer.request();
    peer.close();

    assertThat(got(post).statusCode()).isEqualTo(502);
    assertThat(got(post).body()).contains("upstream_kept_closed");
    var next = upstream.peer();
    var again = next.request();
    assertThat(again.field(":path")).isEqualTo("/u");
    next.respond(again.stream(), 200, "there");
    assertThat(got(get).body()).isEqualTo("there");
    assertThat(next.isQuiet()).isTrue();
  }

  // --- flow

  @Test
  void givenUpstreamThatGivesNoWindow_thenTheUploadWaits_andGoesOnWhenItDoes() throws Exception {
    var slow = closing(FramedUpstream.start(INITIAL_WINDOW_SIZE, 1_000).givingWindow(false));
    gateway = with(slow, Map.of());
    var body = "x".repeat(3_000_000);
    var answer = posting("/upload", body);
    var peer = slow.peer();
    var request = peer.request();
    Awaitility.await().until(() -> peer.body(request.stream()).length() == 1_000);

    var beside = asking("/beside");
    var other = peer.request();
    peer.respond(other.stream(), 200, "not held up");
    assertThat(got(beside).body()).isEqualTo("not held up");
    assertThat(peer.body(request.stream())).hasSize(1_000);

    peer.window(request.stream(), 10_000);
    Awaitility.await().until(() -> peer.body(request.stream()).length() == 11_000);
    peer.window(request.stream(), 10_000_000);
    assertThat(peer.wholeBody(request.stream())).isEqualTo(body);
    peer.respond(request.stream(), 200, "taken");
    assertThat(got(answer).body()).isEqualTo("taken");
  }

  @Test
  void givenClientThatTakesNothing_thenItsStreamGetsNoWindow_andTheOneBesideItDoes()
      throws Exception {
    try (var stalled = new RawClient(gateway.gateway().address(), 4 << 10)) {
      stalled.get("/large");
      var peer = upstream.peer();
      var large = peer.request();
      peer.fields(large.stream(), false, ":status", "200", "content-type", "application/zip");
      int window = peer.told(INITIAL_WINDOW_SIZE);
      int sent = 0;
      while (sent < 30_000_000 && hasRoom(peer, large.stream(), sent + 16_000)) {
        peer.data(large.stream(), "z".repeat(16_000), false);
        sent += 16_000;
      }
      assertThat(sent).as("bytes that nobody takes").isLessThan(30_000_000);

      var beside = asking("/beside");
      var other = peer.request();
      peer.fields(other.stream(), false, ":status", "200", "content-type", "text/plain");
      for (int i = 0; i < 200; i++) {
        int needed = (i + 1) * 10_000 - window;
        Awaitility.await()
            .pollDelay(java.time.Duration.ZERO)
            .until(() -> peer.granted(other.stream()) >= needed);
        peer.data(other.stream(), "y".repeat(10_000), i == 199);
      }
      assertThat(got(beside).body()).hasSize(2_000_000);

      // Once it is taken the rest comes.
      var whole = new CompletableFuture<Integer>();
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  var head = stalled.head();
                  whole.complete(stalled.body(head, Long.MAX_VALUE).body().length());
                } catch (java.io.IOException e) {
                  whole.completeExceptionally(e);
                }
              });
      for (int i = 0; i < 50; i++) {
        assertThat(hasRoom(peer, large.stream(), sent + 16_000)).isTrue();
        peer.data(large.stream(), "z".repeat(16_000), i == 49);
        sent += 16_000;
      }
      assertThat(whole.get(20, TimeUnit.SECONDS)).isEqualTo(sent);
    }
  }

  /** Whether a stream's window has room for this many bytes, or has it soon. */
  private static boolean hasRoom(FramedUpstream.Peer peer, int stream, int bytes) {
    try {
      Awaitility.await()
          .pollDelay(java.time.Duration.ZERO)
          .atMost(3, TimeUnit.SECONDS)
          .until(() -> bytes <= peer.told(INITIAL_WINDOW_SIZE) + peer.granted(stream));
      return true;
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      return false;
    }
  }

  // --- shapes of responses

  @Test
  void givenInformationAndTrailers_thenTheAnswerIsWhole() throws Exception {
    var answer = asking("/u");
    var peer = upstream.peer();
    int stream = peer.request().stream();
    peer.fields(stream, false, ":status", "103", "link", "</a>; rel=preload");
    peer.fields(
        stream, false, ":status", "200", "content-type", "text/plain", "content-length", "3");
    peer.data(stream, "abc", false).data(stream, "", false);
    peer.fields(stream, true, "x-checksum", "1");
    assertThat(got(answer).statusCode()).isEqualTo(200);
    assertThat(got(answer).body()).isEqualTo("abc");
    assertThat(got(answer).headers().firstValue("x-checksum")).isEmpty();
  }

  @Test
  void givenAnswersWithoutABody_thenTheyAreWhole() throws Exception {
    var head =
        sending(gateway.request("/u").method("HEAD", HttpRequest.BodyPublishers.noBody()).build());
    var peer = upstream.peer();
    peer.fields(peer.request().stream(), true, ":status", "200", "content-length", "77");
    assertThat(got(head).headers().firstValue("content-length")).hasValue("77");

    var none = asking("/none");
    peer.fields(peer.request().stream(), true, ":status", "204");
    assertThat(got(none).statusCode()).isEqualTo(204);

    var unchanged = asking("/unchanged");
    peer.fields(
        peer.request().stream(), true, ":status", "304", "content-length", "5", "etag", "x");
    assertThat(got(unchanged).statusCode()).isEqualTo(304);

    var empty = asking("/empty");
    peer.fields(peer.request().stream(), true, ":status", "200");
    assertThat(got(empty).body()).isEmpty();
    assertThat(upstream.connections()).isEqualTo(1);
  }

  @Test
  void givenAnswerBeforeTheRequestIsWhole_thenItIsGiven_andTheRestIsNotSent() throws Exception {
    var slow = closing(FramedUpstream.start(INITIAL_WINDOW_SIZE, 1_000).givingWindow(false));
    gateway = with(slow, Map.of());
    var answer = posting("/upload", "x".repeat(500_000));
    var peer = slow.peer();
    var request = peer.request();
    peer.respond(request.stream(), 413, "too much");
    assertThat(got(answer).statusCode()).isEqualTo(413);
    assertThat(got(answer).body()).isEqualTo("too much");
    assertThat(peer.reset(request.stream())).isEqualTo(CANCEL);
  }

  /** Heads and bodies that are none; {@code |} stands between fields, the body behind {@code #}. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "content-type|text/plain",
        ":status|99",
        ":status|0200",
        ":status|2000",
        ":status|101",
        ":status|200|connection|close",
        ":status|200|transfer-encoding|chunked",
        ":status|200|upgrade|websocket",
        ":status|200|X-Upper|1",
        ":status|200|x-line|a\r\nb: c",
        ":status|200|bad name|1",
        "x-first|1|:status|200",
        ":status|200|:status|200",
        ":status|200|:path|/x",
        ":status|200|content-length|3|content-length|4",
        ":status|200|content-length|x",
        ":status|200|content-length|-1",
      })
  void givenHeadThatIsNone_thenThatIs502_andNothingElseIsAskedOnItsConnection(String head)
      throws Exception {
    var answer = asking("/u");
    var peer = upstream.peer();
    int stream = peer.request().stream();
    peer.fields(stream, false, head.split("\\|"));
    assertThat(got(answer).statusCode()).isEqualTo(502);
    assertThat(got(answer).body()).contains("upstream_malformed");
    assertThat(peer.reset(stream)).isEqualTo(PROTOCOL_ERROR);

    var next = asking("/next");
    var other = upstream.peer();
    other.respond(other.request().stream(), 200, "fine");
    assertThat(got(next).body()).isEqualTo("fine");
    assertThat(peer.isQuiet()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ab", "abcd"})
  void givenBodyOfAnotherLengthThanWasSaid_thenTheAnswerIsNotWhole(String body) throws Exception {
    try (var client = gateway.client()) {
      client.get("/u");
      var peer = upstream.peer();
      int stream = peer.request().stream();
      peer.fields(stream, false, ":status", "200", "content-length", "3");
      peer.data(stream, body, true);
      var head = client.head();
      assertThat(head.status()).isEqualTo(200);
      assertThat(client.body(head, Long.MAX_VALUE).end()).isNotEqualTo(RawClient.End.CLEAN);
    }
  }

  @Test
  void givenBodyThatIsMissing_thenTheAnswerIsNotWhole() throws Exception {
    try (var client = gateway.client()) {
      client.get("/u");
      var peer = upstream.peer();
      peer.fields(peer.request().stream(), true, ":status", "200", "content-length", "3");
      var head = client.head();
      assertThat(client.body(head, Long.MAX_VALUE).end()).isNotEqualTo(RawClient.End.CLEAN);
    }
  }

  @Test
  void givenHeadThatIsTooLarge_thenThatIs502() throws Exception {
    var answer = asking("/u");
    var peer = upstream.peer();
    int stream = peer.request().stream();
    var fields = new ArrayList<>(List.of(":status", "200"));
    for (int i = 0; i < 70; i++) {
      fields.addAll(List.of("x-field-" + i, "v".repeat(1_000)));
    }
    var block = RawHttp2.block(fields.toArray(String[]::new));
    int at = 0;
    int type = RawHttp2.HEADERS;
    for (; block.length - at > 16_000; at += 16_000) {
      peer.send(
          RawHttp2.bytes(type, 0, stream, java.util.Arrays.copyOfRange(block, at, at + 16_000)));
      type = RawHttp2.CONTINUATION;
    }
    peer.send(
        RawHttp2.bytes(
            type,
            RawHttp2.END_HEADERS,
            stream,
            java.util.Arrays.copyOfRange(block, at, block.length)));
    assertThat(got(answer).statusCode()).isEqualTo(502);
  }

  @Test
  void givenPushThatNobodyAllowed_thenTheConnectionEnds_andItsCallsFail() throws Exception {
    var answer = asking("/u");
    var peer = upstream.peer();
    int stream = peer.request().stream();
    peer.push(stream, 2);
    assertThat(got(answer).statusCode()).isEqualTo(502);
    Awaitility.await().until(peer::isClosed);
    assertThat(peer.goaway()).isEqualTo(PROTOCOL_ERROR);
  }

  @Test
  void givenAnswerThatNobodyAskedFor_thenNobodyGetsIt() throws Exception {
    var warm = asking("/warm");
    var peer = upstream.peer();
    int stream = peer.request().stream();
    peer.respond(stream, 200, "warm");
    got(warm);
    peer.respond(stream + 2, 200, "for nobody");
    var answer = asking("/u");
    Awaitility.await().until(peer::isClosed);
    var next = upstream.peer();
    next.respond(next.request().stream(), 200, "mine");
    assertThat(got(answer).body()).isEqualTo("mine");
  }

  // --- connections that do not stand, or stand too long

  @Test
  void givenUpstreamThatSpeaksHttp1_whenHttp2IsKnownToBeSpoken_thenThatIs502() throws Exception {
    var http1 = closing(ScriptedUpstream.start());
    http1.on("/u", x -> x.respond(200, "text/plain", "u"));
    var set = Map.of(Setting.UPSTREAM_HTTP2, "prior-knowledge", Setting.CONNECT, "1000");
    gateway = closing(TestGateway.start(folder.resolve("http1"), http1.url(), set));
    assertThat(gateway.get("/u").statusCode()).isEqualTo(502);
  }

  @Test
  void givenIdleConnection_thenItIsSaidGoodbye() throws Exception {
    gateway = with(upstream, Map.of(Setting.KEEP, "1000"));
    var answer = asking("/u");
    var peer = upstream.peer();
    peer.respond(peer.request().stream(), 200, "u");
    got(answer);
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(peer::isClosed);
    assertThat(peer.goaway()).isEqualTo(NO_ERROR);
  }

  @Test
  void givenConnectionsThatAreNotKept_thenEachCallRunsOnTheOneThatWasOpenedForIt()
      throws Exception {
    gateway = with(upstream, Map.of(Setting.KEEP, "0"));
    for (int i = 0; i < 2; i++) {
      var answer = asking("/u");
      var peer = upstream.peer();
      peer.respond(peer.request().stream(), 200, "u");
      assertThat(got(answer).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void givenUpstreamThatOwesAnAnswer_whenItIsSilent_thenItIsAskedWhetherItIsThere()
      throws Exception {
    gateway = with(upstream, Map.of(Setting.PING, "1000"));
    var answer = asking("/u");
    var peer = upstream.peer();
    int stream = peer.request().stream();
    Awaitility.await().atMost(15, TimeUnit.SECONDS).until(() -> peer.pings() >= 2);
    assertThat(answer).isNotDone();
    peer.answerPings(false);
    Awaitility.await().atMost(15, TimeUnit.SECONDS).until(peer::isClosed);
    assertThat(got(answer).statusCode()).isEqualTo(502);
    assertThat(stream).isPositive();
  }

  // --- the next upstream

  @ParameterizedTest
  @ValueSource(strings = {"reset", "refused", "goodbye", "closed", "status", "malformed"})
  void givenTwoUpstreams_whenTheFirstFailsBeforeContent_thenTheSecondIsAsked(String failure)
      throws Exception {
    var second = closing(FramedUpstream.start());
    gateway = withRoute(upstream, second);
    var answer = posting(CHAT, ASKED);
    var peer = upstream.peer();
    int stream = peer.request().stream();
    peer.wholeBody(stream);
    switch (failure) {
      case "reset" -> peer.stream(stream).resetting(stream, INTERNAL_ERROR);
      case "refused" -> {
        peer.resetting(stream, REFUSED_STREAM);
        for (int i = 0; i < 3; i++) {
          var again = upstream.peer();
          again.resetting(again.request().stream(), REFUSED_STREAM);
        }
      }
      case "goodbye" -> {
        peer.stream(stream);
        peer.goodbye(0, INTERNAL_ERROR);
      }
      case "closed" -> peer.close();
      case "status" -> peer.respond(stream, 503, "busy");
      default -> peer.fields(stream, false, ":status", "200", "connection", "close");
    }
    var other = second.peer();
    var asked = other.request();
    assertThat(other.wholeBody(asked.stream())).isEqualTo(ASKED);
    other.stream(asked.stream()).delta(asked.stream(), "of two").finish(asked.stream());
    assertThat(got(answer).body()).contains("of two", "[DONE]");
  }

  private TestGateway withRoute(FramedUpstream one, FramedUpstream two) throws Exception {
    var file =
        Files.writeString(
            folder.resolve("two.yaml"),
            "routes: [{ path: /, http2: prior-knowledge, upstreams: [%s, %s] }]"
                .formatted(one.url(), two.url()));
    return closing(TestGateway.ofFile(folder.resolve("two"), file, Map.of()));
  }
}
