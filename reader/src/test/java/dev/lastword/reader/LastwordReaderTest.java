package dev.lastword.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.reader.ReaderException.Kind;
import dev.lastword.sse.SseEvent;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A reader of endpoints that break, fall silent, begin again, refuse and end in every way. */
@Timeout(60)
class LastwordReaderTest {
  private static final ReaderOptions QUICK =
      ReaderOptions.DEFAULT
          .withSilence(Duration.ofSeconds(15))
          .withPatience(Duration.ofSeconds(20));

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<String> got = new ArrayList<>();

  @SuppressWarnings("NullAway.Init")
  private ScriptedEndpoint endpoint;

  @BeforeEach
  void start() throws Exception {
    endpoint = new ScriptedEndpoint();
  }

  @AfterEach
  void stop() throws Exception {
    endpoint.close();
    client.close();
  }

  private static String event(int number) {
    return "retry: 1\nid: %d\ndata: d%d\n\n".formatted(number, number);
  }

  /** Of a gateway. */
  private static String numbered(int number) {
    return "retry: 1\nid: 3-%d\ndata: d%d\n\n".formatted(number, number);
  }

  private LastwordReader get(ReaderOptions options) {
    return LastwordReader.of(
        client,
        HttpRequest.newBuilder(endpoint.uri("/feed?x=1"))
            .header("Authorization", "Bearer a")
            .build(),
        "",
        options);
  }

  private LastwordReader post() {
    return LastwordReader.of(
        client,
        HttpRequest.newBuilder(endpoint.uri("/v1/chat/completions"))
            .header("Authorization", "Bearer a")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString("{}"))
            .build(),
        "",
        QUICK);
  }

  private void readAll(LastwordReader reader) throws InterruptedException {
    for (Optional<SseEvent> event = reader.next(); event.isPresent(); event = reader.next()) {
      got.add(event.get().data());
    }
  }

  private ReaderException failure(LastwordReader reader) {
    try {
      readAll(reader);
    } catch (ReaderException e) {
      assertThatThrownBy(reader::next).as("from then on").isSameAs(e);
      return e;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("it was read to its end: " + got);
  }

  @Test
  void givenAConnectionThatBreaks_thenTheRestIsAskedFor_withTheSameFields() throws Exception {
    endpoint
        .thenBroken(event(1) + event(2) + "id: 3\ndata: ha")
        .thenEvents(event(3) + "id: 4\ndata: [DONE]\n\n");
    try (var reader = get(QUICK)) {
      readAll(reader);

      assertThat(got).containsExactly("d1", "d2", "d3", "[DONE]");
      assertThat(reader.lastEventId()).isEqualTo("4");
      assertThat(reader.next()).isEmpty();
    }
    assertThat(endpoint.asked()).hasSize(2);
    var second = endpoint.asked().get(1);
    assertThat(second.target()).isEqualTo("/feed?x=1");
    assertThat(second.fields())
        .containsEntry("last-event-id", "2")
        .containsEntry("authorization", "Bearer a")
        .containsEntry("accept", "text/event-stream");
    assertThat(endpoint.asked().getFirst().fields()).doesNotContainKey("last-event-id");
  }

  @Test
  void givenSilence_thenItCountsAsBroken_andAHeartbeatDoesNot() throws Exception {
    endpoint
        .then(
            (request, out) -> {
              out.write(
                  (ScriptedEndpoint.head("200 OK") + ScriptedEndpoint.chunk(event(1)))
                      .getBytes(StandardCharsets.UTF_8));
              for (int i = 0; i < 4; i++) {
                Thread.sleep(700);
                out.write(ScriptedEndpoint.chunk(": hb\n").getBytes(StandardCharsets.UTF_8));
              }
              out.write(ScriptedEndpoint.chunk(event(2)).getBytes(StandardCharsets.UTF_8));
              Thread.sleep(60_000);
            })
        .thenStatus("204 No Content");
    try (var reader = get(QUICK.withSilence(Duration.ofSeconds(2)))) {
      readAll(reader);
    }
    assertThat(got).containsExactly("d1", "d2");
    assertThat(endpoint.asked().get(1).fields()).containsEntry("last-event-id", "2");
  }

  @Test
  void givenABodyThatEndsEarly_thenTheRestIsAskedFor_untilThereIsNoMore() throws Exception {
    endpoint.thenEvents(event(1)).thenEvents(event(2)).thenEvents("").thenEvents("");
    try (var reader = get(QUICK)) {
      readAll(reader);
    }
    assertThat(got).containsExactly("d1", "d2");
    assertThat(endpoint.asked()).hasSize(4);
  }

  @Test
  void givenNoIds_thenTheBodysEndIsTheEnd_andABrokenConnectionIsNot() throws Exception {
    endpoint.thenEvents("data: a\n\ndata: b\n\n").thenBroken("data: c\n\n");
    try (var reader = get(QUICK)) {
      readAll(reader);
    }
    assertThat(got).containsExactly("a", "b");

    got.clear();
    try (var reader = get(QUICK)) {
      assertThat(failure(reader).kind()).isEqualTo(Kind.BROKEN);
    }
    assertThat(got).containsExactly("c");
    assertThat(endpoint.asked()).hasSize(2);
  }

  @Test
  void givenAnEndpointThatBeginsAgain_orWithTheLastEvent_thenNothingIsHandedOutTwice()
      throws Exception {
    endpoint
        .thenBroken(event(1) + event(2))
        .thenBroken(event(1) + event(2) + event(3))
        .thenBroken(event(3) + event(4))
        .thenStatus("204 No Content");
    try (var reader = get(QUICK)) {
      readAll(reader);
    }
    assertThat(got).containsExactly("d1", "d2", "d3", "d4");
  }

  @Test
  void givenAnEndpointThatBeginsAgainAndEndsSooner_thenThatIsAGap() throws Exception {
    endpoint.thenBroken(event(1) + event(2) + event(3)).thenEvents(event(1) + event(2));
    try (var reader = get(QUICK)) {
      assertThat(failure(reader).kind()).isEqualTo(Kind.GAP);
    }
    assertThat(got).containsExactly("d1", "d2", "d3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"400 Bad", "401 No", "404 None", "410 Gone", "302 Found"})
  void givenAStatusThatAnotherTryDoesNotChange_thenItSaysSo(String status) throws Exception {
    endpoint.thenBroken(event(1)).thenStatus(status);
    try (var reader = get(QUICK)) {
      var failure = failure(reader);
      assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
      assertThat(failure.status()).isEqualTo(Integer.parseInt(status.substring(0, 3)));
      assertThat(reader.lastEventId()).isEqualTo("1");
    }
    assertThat(got).containsExactly("d1");
  }

  @Test
  void givenAnAnswerThatIsNoEventStream_thenItSaysSo() throws Exception {
    endpoint.thenStatus("200 OK", "Content-Type: text/html");
    try (var reader = get(QUICK)) {
      assertThat(failure(reader)).hasMessageContaining("text/html");
    }
  }

  @Test
  void givenAnEndpointThatIsBusy_thenItIsAskedAgain_afterAsLongAsItSays() throws Exception {
    endpoint
        .thenStatus("503 Busy", "Retry-After: 1")
        .thenStatus("429 Slowly")
        .thenEvents("data: [DONE]\n\n");
    long before = System.nanoTime();
    try (var reader = get(QUICK)) {
      readAll(reader);
    }
    assertThat(got).containsExactly("[DONE]");
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(Duration.ofSeconds(1));
  }

  @Test
  void givenNobodyThere_thenItGivesUp_afterItsPatience() throws Exception {
    var uri = endpoint.uri("/");
    endpoint.close();
    try (var reader =
        LastwordReader.of(
            client,
            HttpRequest.newBuilder(uri).build(),
            "7",
            QUICK.withPatience(Duration.ofMillis(300)))) {
      assertThat(failure(reader).kind()).isEqualTo(Kind.UNREACHABLE);
      assertThat(reader.lastEventId()).isEqualTo("7");
    }
  }

  @Test
  void givenAnEndpointThatIsBusyForGood_thenItGivesUp_afterItsPatience() throws Exception {
    for (int i = 0; i < 100; i++) {
      endpoint.thenStatus("503 Busy");
    }
    try (var reader = get(QUICK.withPatience(Duration.ofMillis(300)))) {
      var failure = failure(reader);
      assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
      assertThat(failure).hasRootCauseMessage("it answered 503");
    }
  }

  @Test
  void givenAPostToAGateway_whenItBreaks_thenTheRestComesFromTheStream_andNothingIsPaidTwice()
      throws Exception {
    endpoint
        .thenBroken(numbered(1) + numbered(2), "Lastword-Stream: stream-of-the-gateway-1")
        .thenBroken(
            numbered(3) + "data: {\"error\":{}}\n\n", "Lastword-Stream: stream-of-the-gateway-1")
        .thenEvents(numbered(4), "Lastword-Stream: stream-of-the-gateway-1")
        .thenStatus("204 No Content", "Lastword-Outcome: completed");
    try (var reader = post()) {
      readAll(reader);
      assertThat(reader.stream()).contains("stream-of-the-gateway-1");
    }
    assertThat(got)
        .as("a notice has no id and is no event")
        .containsExactly("d1", "d2", "d3", "d4");
    var asked = endpoint.asked();
    assertThat(asked.getFirst().fields()).containsEntry("lastword-event-ids", "true");
    assertThat(asked)
        .extracting(ScriptedEndpoint.Asked::method)
        .containsExactly("POST", "GET", "GET", "GET");
    assertThat(asked.get(1).target()).isEqualTo("/v1/stream/stream-of-the-gateway-1");
    assertThat(asked.get(1).fields())
        .containsEntry("last-event-id", "3-2")
        .containsEntry("authorization", "Bearer a")
        .doesNotContainKey("content-type");
  }

  @Test
  void givenALink_thenTheRestIsReadThere_andNotOfAnotherOrigin() throws Exception {
    var here = "Link: </app/lastword/streams/a>; rel=\"alternate\"";
    var elsewhere = "Link: <http://127.0.0.2/steal>; rel=\"alternate\"";
    endpoint
        .thenBroken(numbered(1), "Lastword-Stream: a", elsewhere)
        .thenStatus("204 No Content")
        .thenBroken(numbered(1), "Lastword-Stream: a", here)
        .thenStatus("204 No Content");
    try (var reader = post()) {
      readAll(reader);
    }
    try (var reader = post()) {
      readAll(reader);
    }
    assertThat(endpoint.asked())
        .extracting(ScriptedEndpoint.Asked::target)
        .containsExactly(
            "/v1/chat/completions",
            "/v1/stream/a",
            "/v1/chat/completions",
            "/app/lastword/streams/a");
  }

  @Test
  void givenAFeedThroughAGateway_thenItsRestIsTheStreams_andTheFeedIsAskedOnce() throws Exception {
    endpoint
        .thenBroken(
            numbered(1),
            "Lastword-Stream: stream-of-the-gateway-1",
            "Link: </v1/stream/stream-of-the-gateway-1>; rel=\"alternate\"")
        .thenBroken(
            "data: {\"error\":{}}\n\n" + numbered(2), "Lastword-Stream: stream-of-the-gateway-1")
        .thenStatus("204 No Content", "Lastword-Outcome: completed");
    try (var reader = get(QUICK)) {
      readAll(reader);
    }
    assertThat(got).containsExactly("d1");
    assertThat(endpoint.asked())
        .extracting(ScriptedEndpoint.Asked::target)
        .containsExactly(
            "/feed?x=1",
            "/v1/stream/stream-of-the-gateway-1",
            "/v1/stream/stream-of-the-gateway-1");
    assertThat(endpoint.asked().getFirst().fields()).containsEntry("lastword-event-ids", "true");
  }

  @Test
  void givenANoticeBeforeTheFirstEvent_thenItIsNotHandedOut_andTheReaderComesBack()
      throws Exception {
    endpoint
        .thenBroken("data: {\"error\":{}}\n\n", "Lastword-Stream: stream-of-the-gateway-1")
        .thenEvents(
            numbered(1) + "id: 3-2\ndata: [DONE]\n\n", "Lastword-Stream: stream-of-the-gateway-1");
    try (var reader = get(QUICK)) {
      readAll(reader);
    }
    assertThat(got).containsExactly("d1", "[DONE]");
  }

  @Test
  void givenAStreamThatFailed_thenItsEndIsNoCleanOne() throws Exception {
    endpoint
        .thenBroken(numbered(1) + numbered(2), "Lastword-Stream: stream-of-the-gateway-1")
        .thenStatus("204 No Content", "Lastword-Outcome: interrupted");
    try (var reader = get(QUICK)) {
      var failure = failure(reader);
      assertThat(failure.kind()).isEqualTo(Kind.ENDED);
      assertThat(failure).hasMessageContaining("interrupted");
    }
    assertThat(got).containsExactly("d1", "d2");
  }

  @Test
  void givenAGatewayThatLeavesEventsOut_thenThatIsAGap() throws Exception {
    endpoint.thenBroken(numbered(1) + numbered(3), "Lastword-Stream: stream-of-the-gateway-1");
    try (var reader = get(QUICK)) {
      assertThat(failure(reader).kind()).isEqualTo(Kind.GAP);
    }
    assertThat(got).containsExactly("d1");
  }

  @Test
  void givenAPostWithoutAGateway_whenItBreaks_thenItIsNotMadeAgain() throws Exception {
    endpoint.thenBroken(event(1)).thenStatus("503 Busy");
    try (var reader = post()) {
      assertThat(failure(reader).kind()).isEqualTo(Kind.BROKEN);
    }
    try (var reader = post()) {
      assertThat(failure(reader).kind()).isEqualTo(Kind.REFUSED);
    }
    assertThat(endpoint.asked()).hasSize(2);
  }

  @Test
  void givenAnEventThatIsTooLarge_thenItSaysWhichBound() throws Exception {
    endpoint.thenBroken(event(1) + "id: 2\ndata: " + "x".repeat(200) + "\n\n");
    var small = new ReaderOptions(e -> false, Duration.ofSeconds(5), Duration.ofSeconds(5), 100);
    try (var reader = get(small)) {
      assertThat(failure(reader)).hasMessageContaining("100 bytes");
    }
    assertThat(got).containsExactly("d1");
  }

  @Test
  void givenItIsInterrupted_orClosed_thenNothingIsLost_andNobodyWaits() throws Exception {
    endpoint.then(
        (request, out) -> {
          out.write(
              (ScriptedEndpoint.head("200 OK") + ScriptedEndpoint.chunk(event(1)))
                  .getBytes(StandardCharsets.UTF_8));
          Thread.sleep(400);
          out.write(ScriptedEndpoint.chunk(event(2)).getBytes(StandardCharsets.UTF_8));
          Thread.sleep(60_000);
        });
    var reader = get(ReaderOptions.DEFAULT);
    assertThat(reader.next()).isPresent();
    Thread.currentThread().interrupt();
    assertThatThrownBy(reader::next).isInstanceOf(InterruptedException.class);
    assertThat(reader.next()).map(SseEvent::data).contains("d2");

    var waiting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return reader.next();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    Thread.sleep(100);
    reader.close();
    assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThat(reader.lastEventId()).isEqualTo("2");
  }

  @Test
  void givenItIsInterruptedWhileAPostsHeadIsAwaited_thenTheNextCallWaitsOn_andNothingIsPaidTwice()
      throws Exception {
    var answered = new CountDownLatch(1);
    endpoint
        .then(
            (request, out) -> {
              answered.await();
              out.write(
                  (ScriptedEndpoint.head("200 OK") + ScriptedEndpoint.chunk(event(1)) + "0\r\n\r\n")
                      .getBytes(StandardCharsets.UTF_8));
            })
        .thenEvents(event(1));
    try (var reader = post()) {
      var waiting = Thread.currentThread();
      Thread.ofVirtual()
          .start(
              () -> {
                while (endpoint.asked().isEmpty()) {
                  Thread.onSpinWait();
                }
                waiting.interrupt();
              });
      assertThatThrownBy(reader::next).isInstanceOf(InterruptedException.class);
      answered.countDown();
      readAll(reader);
    }
    assertThat(got).containsExactly("d1");
    assertThat(endpoint.asked()).hasSize(1);
  }

  @Test
  void givenItIsClosedWhileItWaitsForItsTurn_thenNothingMoreIsAsked() throws Exception {
    endpoint.thenStatus("503 Busy", "Retry-After: 3").thenEvents(event(1));
    var reader = get(QUICK);
    var waiting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return reader.next();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    while (endpoint.asked().isEmpty()) {
      Thread.onSpinWait();
    }
    Thread.sleep(500); // its answer has been read, and 3 s are waited
    reader.close();
    assertThatThrownBy(() -> waiting.get(30, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThat(endpoint.asked()).hasSize(1);
  }

  @Test
  void givenAnIdThatSeveralEventsHave_thenEachOfThemIsHandedOut() throws Exception {
    endpoint
        .thenEvents("id: m\ndata: a\n\nid: m\ndata: b\n\nid: m\ndata: [DONE]\n\n")
        .thenEvents(event(1) + event(2) + event(1) + event(2) + "id: 3\ndata: [DONE]\n\n");
    try (var reader = get(QUICK)) {
      readAll(reader);
    }
    try (var reader = get(QUICK)) {
      readAll(reader);
    }
    assertThat(got).containsExactly("a", "b", "[DONE]", "d1", "d2", "d1", "d2", "[DONE]");
  }

  @Test
  void givenIdsThatBeginAgainBehindWhatWasResumed_thenTheyAreNew() throws Exception {
    endpoint
        .thenBroken(event(1) + event(2))
        .thenEvents(event(2) + event(3) + event(1) + event(2) + "id: 4\ndata: [DONE]\n\n");
    try (var reader = get(QUICK)) {
      readAll(reader);
    }
    assertThat(got).containsExactly("d1", "d2", "d3", "d1", "d2", "[DONE]");
  }

  @Test
  void givenARedirectToAnotherOrigin_thenTheRestIsNotAskedForThere_withOurCredentials()
      throws Exception {
    try (var other = new ScriptedEndpoint();
        var following = HttpClient.newBuilder().followRedirects(Redirect.NORMAL).build()) {
      other
          .thenBroken(numbered(1), "Lastword-Stream: stream-of-another-one")
          .thenStatus("204 No Content");
      endpoint
          .thenStatus("302 Found", "Location: " + other.uri("/elsewhere"))
          .thenStatus("204 No Content");
      var request =
          HttpRequest.newBuilder(endpoint.uri("/feed")).header("Authorization", "Bearer a").build();
      try (var reader = LastwordReader.of(following, request, "", QUICK)) {
        readAll(reader);
        assertThat(reader.stream()).contains("stream-of-another-one");
      }
      assertThat(other.asked())
          .allSatisfy(asked -> assertThat(asked.fields()).doesNotContainKey("authorization"));
      assertThat(endpoint.asked()).hasSize(2);
      assertThat(endpoint.asked().get(1).fields()).containsEntry("last-event-id", "3-1");
    }
    assertThat(got).containsExactly("d1");
  }

  @Test
  void givenAPostThatIsRedirectedToAnotherOrigin_whenItBreaks_thenNothingMoreIsAskedThere()
      throws Exception {
    try (var other = new ScriptedEndpoint();
        var following = HttpClient.newBuilder().followRedirects(Redirect.NORMAL).build()) {
      other
          .thenBroken(numbered(1), "Lastword-Stream: stream-of-another-one")
          .thenStatus("204 No Content");
      endpoint.thenStatus("307 There", "Location: " + other.uri("/elsewhere"));
      var request =
          HttpRequest.newBuilder(endpoint.uri("/chat"))
              .header("Authorization", "Bearer a")
              .POST(BodyPublishers.ofString("{}"))
              .build();
      try (var reader = LastwordReader.of(following, request, "", QUICK)) {
        assertThat(failure(reader).kind()).isEqualTo(Kind.BROKEN);
      }
      assertThat(other.asked()).hasSize(1);
    }
    assertThat(got).containsExactly("d1");
  }

  @Test
  void givenSomebodyWhoIsSlowerThanItsPatience_thenABrokenConnectionIsNotTheLast()
      throws Exception {
    endpoint.thenBroken(event(1) + event(2)).thenEvents(event(3) + "id: 4\ndata: [DONE]\n\n");
    try (var reader = get(QUICK.withPatience(Duration.ofSeconds(1)))) {
      assertThat(reader.next()).map(SseEvent::data).contains("d1");
      Thread.sleep(1500);
      readAll(reader);
    }
    assertThat(got).containsExactly("d2", "d3", "[DONE]");
  }

  @Test
  void givenAPlaceToGoOnFrom_whenTheRequestIsNoGet_thenItIsRefused() {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1/"))
            .POST(BodyPublishers.noBody())
            .build();
    assertThatThrownBy(() -> LastwordReader.of(client, request, "3-1", QUICK))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("POST");
  }
}
