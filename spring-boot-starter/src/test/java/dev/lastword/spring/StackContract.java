package dev.lastword.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.Lastword;
import dev.lastword.reader.LastwordReader;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What holds on either stack, with readers on bare sockets. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
abstract class StackContract {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** How long a web server that stops waits for its readers. */
  private static final String PHASE = "spring.lifecycle.timeout-per-shutdown-phase=200ms";

  @TempDir static Path dir;

  @SuppressWarnings("NullAway.Init") // by start
  static ConfigurableApplicationContext application;

  static int port;

  @SuppressWarnings("NullAway.Init") // by start
  static Model model;

  @SuppressWarnings("NullAway.Init") // by start
  static Lastword lastword;

  /** What an application has, on either of Spring's two stacks. */
  abstract static class Pages {
    final Model model;
    private final LastwordSse sse;

    Pages(Model model, LastwordSse sse) {
      this.model = model;
      this.sse = sse;
    }

    @PostMapping("/sse/flux")
    SseAnswer flux() {
      model.calls.incrementAndGet();
      return sse.sse(words())
          .conversation("chat-7")
          .input("how is it?")
          .saver(saved -> model.save(saved.stream().value(), saved.text()));
    }

    @PostMapping("/sse/written")
    ResponseEntity<SseAnswer> written() {
      model.calls.incrementAndGet();
      return ResponseEntity.ok()
          .header("X-Mine", "yes")
          .body(
              sse.write(
                  sender -> {
                    sender.send("It");
                    model.awaitHalf();
                    sender.send(" is");
                  }));
    }

    @GetMapping("/sse/stream")
    SseAnswer stream() {
      model.calls.incrementAndGet();
      return sse.sse(Model.PIECES.stream().onClose(model::cancelled));
    }

    @GetMapping("/sse/iterable")
    SseAnswer iterable() {
      model.calls.incrementAndGet();
      return sse.sse(Model.PIECES);
    }

    @PostMapping("/sse/fails")
    SseAnswer fails() {
      model.calls.incrementAndGet();
      return sse.write(
          sender -> {
            sender.send("It");
            throw new IllegalStateException("the model is gone");
          });
    }

    /** Saves behind its own ending, as the documentation of frameworks suggests. */
    @GetMapping(path = "/edge/flux", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> savedAfterDone() {
      model.calls.incrementAndGet();
      return words().concatWith(Flux.just("[DONE]")).concatWith(save("flux"));
    }

    @GetMapping("/edge/events")
    Flux<ServerSentEvent<Map<String, String>>> events() {
      model.calls.incrementAndGet();
      return words()
          .map(word -> ServerSentEvent.builder(Map.of("text", word)).event("delta").build())
          .concatWith(
              Mono.just(ServerSentEvent.builder(Map.of("status", "ok")).event("done").build()))
          .doOnComplete(() -> model.save("events", "done"));
    }

    @GetMapping(path = "/edge/fails", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> failsInTheMiddle() {
      model.calls.incrementAndGet();
      return words().concatWith(Mono.error(new IllegalStateException("the model is gone")));
    }

    /** What it relays is cut, and it does not look. */
    @GetMapping(path = "/edge/cut", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> cut() {
      model.calls.incrementAndGet();
      return Flux.just(
          "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"It\"}}]}");
    }

    /** Goes on as long as it is not stopped. */
    @GetMapping(path = "/edge/endless", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> endless() {
      model.calls.incrementAndGet();
      return Flux.interval(Duration.ofMillis(20))
          .map(tick -> "tick")
          .onBackpressureDrop()
          .doOnCancel(model::cancelled);
    }

    /** Counts who asks the model, and not who asks the controller. */
    @GetMapping(path = "/edge/asked", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> asked() {
      return words().doOnSubscribe(subscription -> model.calls.incrementAndGet());
    }

    @GetMapping("/sse/asked")
    SseAnswer askedBySse() {
      return sse.sse(words().doOnSubscribe(subscription -> model.calls.incrementAndGet()));
    }

    @GetMapping(path = "/edge/refused", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> failsAtOnce() {
      model.calls.incrementAndGet();
      return Flux.error(new IllegalArgumentException("no such model"));
    }

    @GetMapping(path = "/excluded/flux", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> notifications() {
      // Spring Security writes its fields beside whoever writes the first word, which Tomcat does
      // not bear; what is not kept has that from Spring itself.
      return words().delaySubscription(Duration.ofMillis(200));
    }

    @GetMapping("/plain")
    Flux<Integer> plain() {
      return Flux.just(1, 2);
    }

    /** Would make a clean end of whatever breaks. */
    @ExceptionHandler
    ResponseEntity<String> handle(Exception e) {
      return ResponseEntity.status(HttpStatus.BAD_GATEWAY).body("handled: " + e.getMessage());
    }

    final Flux<String> words() {
      return Flux.fromIterable(Model.PIECES)
          .publishOn(Schedulers.boundedElastic())
          .doOnNext(
              piece -> {
                if (piece.equals(" well")) {
                  model.awaitHalf();
                }
              });
    }

    final Mono<String> save(String key) {
      return Mono.<String>fromRunnable(() -> model.save(key, "It is well."))
          .subscribeOn(Schedulers.boundedElastic());
    }
  }

  /** Called by the class that runs. */
  static void start(ConfigurableApplicationContext started) {
    application = started;
    port = port(application);
    model = application.getBean(Model.class);
    lastword = application.getBean(Lastword.class);
  }

  static ConfigurableApplicationContext run(
      Class<?> sources, WebApplicationType type, Path dir, boolean edge, String... more) {
    return new SpringApplicationBuilder(sources)
        .web(type)
        .properties(
            Map.of(
                "server.port", "0",
                "server.address", "127.0.0.1",
                "spring.main.banner-mode", "off",
                "spring.autoconfigure.exclude",
                    "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
                "management.endpoint.health.show-details", "always",
                "lastword.directory", dir.resolve("data").toString(),
                "lastword.heartbeat", "200ms",
                "lastword.edge.enabled", edge,
                "lastword.edge.exclude", "/excluded/**"))
        .properties(more)
        .run();
  }

  /** The same application with a directory of its own, and more properties. */
  abstract ConfigurableApplicationContext another(Path own, String... more);

  static int port(ConfigurableApplicationContext application) {
    return Integer.parseInt(application.getEnvironment().getProperty("local.server.port", ""));
  }

  @AfterAll
  static void stop() {
    application.close();
  }

  @BeforeEach
  void reset() {
    model.reset();
  }

  static Outcome outcome(String stream) {
    var id = new StreamId(stream);
    return await()
        .atMost(PATIENCE)
        .until(
            () -> lastword.find(id, Owner.ANONYMOUS).map(StreamView::outcome), Optional::isPresent)
        .orElseThrow();
  }

  @Test
  void givenAControllerAnswersByLastword_thenItsEndingIsSaidAfterItsSaver() throws Exception {
    model.holdSave();
    try (var reader = RawReader.ask(port, "POST", "/sse/flux")) {
      reader.until("\" well\"");
      assertThat(reader.header("Content-Type")).startsWith("text/event-stream");
      reader.until(": hb"); // waits while it is not saved
      assertThat(reader.all()).doesNotContain("[DONE]");
      model.letSave();
      reader.toEnd();
      assertThat(reader.isWhole()).isTrue();
      assertThat(reader.all()).contains("data: [DONE]");
      assertThat(model.saved).containsEntry(reader.header("Lastword-Stream"), "It is well.");
      assertThat(model.calls).hasValue(1);
    }
  }

  @Test
  void givenAnAnswerOfAStream_orOfAnIterable_thenItIsOneAsAnyOther() throws Exception {
    for (var path : new String[] {"/sse/stream", "/sse/iterable"}) {
      try (var reader = RawReader.ask(port, "GET", path)) {
        assertThat(reader.toEnd()).contains("\"It\"", "\" is\"", "\" well\"", "\".\"", "[DONE]");
        assertThat(reader.isWhole()).isTrue();
        assertThat(outcome(reader.header("Lastword-Stream"))).isEqualTo(Outcome.COMPLETED);
      }
    }
    assertThat(model.isCancelled()).isTrue(); // the stream was closed
    assertThat(model.calls).hasValue(2);
  }

  @Test
  void givenAReaderLeaves_thenTheAnswerGoesOnAndIsReadAgainFromItsPlace() throws Exception {
    model.holdHalf();
    String stream;
    String last;
    try (var reader = RawReader.ask(port, "POST", "/sse/written")) {
      reader.until("\"It\"");
      stream = reader.header("Lastword-Stream");
      last = reader.lastEventId();
      assertThat(reader.header("X-Mine")).isEqualTo("yes");
      assertHead(reader);
    }
    model.letHalf();
    assertThat(outcome(stream)).isEqualTo(Outcome.COMPLETED);
    try (var again =
        RawReader.ask(port, "GET", "/lastword/streams/" + stream, "Last-Event-ID: " + last)) {
      assertThat(again.toEnd()).contains("\" is\"", "[DONE]").doesNotContain("\"It\"");
      assertThat(again.isWhole()).isTrue();
      try (var atEnd =
          RawReader.ask(
              port,
              "GET",
              "/lastword/streams/" + stream,
              "Last-Event-ID: " + again.lastEventId())) {
        atEnd.toEnd();
        assertThat(atEnd.status()).isEqualTo(204);
      }
    }
    assertThat(model.calls).hasValue(1);
  }

  /** What is in the head of an answer of one stack only. */
  void assertHead(RawReader reader) {}

  @Test
  void givenTheWritingThrows_thenReadersAreToldAndTheirConnectionBreaks() throws Exception {
    try (var reader = RawReader.ask(port, "POST", "/sse/fails")) {
      reader.toEnd();
      assertThat(reader.all())
          .contains("\"It\"", "event: error", "source_failed")
          .doesNotContain("[DONE]", "the model is gone", "handled:");
      assertThat(reader.isWhole()).isFalse();
      assertThat(outcome(reader.header("Lastword-Stream"))).isEqualTo(Outcome.FAILED);
    }
  }

  @Test
  void givenItsOwnerCancels_thenTheWriterIsInterruptedAndThePartialIsKept() throws Exception {
    model.holdHalf();
    try (var reader = RawReader.ask(port, "POST", "/sse/written")) {
      reader.until("\"It\"");
      var stream = reader.header("Lastword-Stream");
      try (var cancel = RawReader.ask(port, "POST", "/lastword/streams/" + stream + "/cancel")) {
        assertThat(cancel.toEnd()).contains("\"cancelled\"");
      }
      reader.toEnd();
      assertThat(reader.isWhole()).isFalse();
      try (var response = RawReader.ask(port, "GET", "/lastword/streams/" + stream + "/response")) {
        assertThat(response.toEnd()).contains("It");
        assertThat(response.status()).isEqualTo(200);
      }
    }
  }

  @Test
  void givenAFluxSavesBehindItsEnding_whenAReaderLeavesAtIt_thenItIsSaved() throws Exception {
    model.holdSave();
    try (var reader = RawReader.ask(port, "GET", "/edge/flux")) {
      reader.until("data: .");
      reader.until(": hb");
      assertThat(reader.all()).doesNotContain("[DONE]");
      model.letSave();
      reader.until("data: [DONE]"); // the reader has heard that it is over
    }
    assertThat(model.saved).containsEntry("flux", "It is well.");
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void givenAReaderLeavesInTheMiddle_thenTheSourceIsHeardToItsEndAndAskedOnce() throws Exception {
    model.holdHalf();
    String last;
    try (var reader = RawReader.ask(port, "GET", "/edge/flux")) {
      reader.until("data: is"); // Spring writes no space, and a parser takes the text's
      last = reader.lastEventId();
    }
    model.letHalf();
    await().atMost(PATIENCE).until(() -> model.saved.containsKey("flux"));
    try (var again = RawReader.ask(port, "GET", "/edge/flux", "Last-Event-ID: " + last)) {
      assertThat(again.toEnd()).contains("data: [DONE]").doesNotContain("data: is");
      assertThat(again.isWhole()).isTrue();
      try (var atEnd =
          RawReader.ask(port, "GET", "/edge/flux", "Last-Event-ID: " + again.lastEventId())) {
        atEnd.toEnd();
        assertThat(atEnd.status()).isEqualTo(204);
      }
    }
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void givenEventsOfTheApplicationsOwn_thenTheirEndingWaitsForWhatIsDoneOnComplete()
      throws Exception {
    model.holdSave();
    try (var reader = RawReader.ask(port, "GET", "/edge/events", "Accept: text/event-stream")) {
      reader.until("{\"text\":\".\"}");
      reader.until(": hb");
      assertThat(reader.all()).doesNotContain("event: done");
      model.letSave();
      reader.toEnd();
      assertThat(reader.all()).contains("event: delta", "event: done");
      assertThat(reader.isWhole()).isTrue();
    }
    assertThat(model.saved).containsKey("events");
  }

  @Test
  void givenAReaderOfJava_thenItIsNotToldACleanEndOfWhatFailed() throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var failing = LastwordReader.of(client, post("/sse/fails"));
      assertThat(failing.next()).map(SseEvent::data).contains("\"It\"");
      assertThat(failing.next()).map(SseEvent::type).contains("error");
      assertThatThrownBy(failing::next).hasMessage("the stream has ended as failed");

      var whole = LastwordReader.of(client, post("/sse/written"));
      assertThat(whole.next()).map(SseEvent::data).contains("\"It\"");
      assertThat(whole.next()).map(SseEvent::data).contains("\" is\"");
      assertThat(whole.next()).map(SseEvent::data).contains("[DONE]");
      assertThat(whole.next()).isEmpty();
      assertThat(model.calls).hasValue(2);
    }
  }

  private static HttpRequest post(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .POST(BodyPublishers.noBody())
        .build();
  }

  @Test
  void givenNobodyReadsAnyMore_thenOnlyTheOwnerStopsTheSource() throws Exception {
    String stream;
    try (var reader = RawReader.ask(port, "GET", "/edge/endless")) {
      reader.until("data: tick");
      stream = reader.header("Lastword-Stream");
    }
    var id = new StreamId(stream);
    long seen = lastword.find(id, Owner.ANONYMOUS).orElseThrow().events();
    await()
        .atMost(PATIENCE)
        .until(() -> lastword.find(id, Owner.ANONYMOUS).orElseThrow().events() > seen + 20);
    assertThat(model.isCancelled()).isFalse();

    assertThat(status("POST", "/lastword/streams/" + stream + "/cancel")).isEqualTo(200);
    assertThat(model.awaitCancelled()).isTrue();
    assertThat(outcome(stream)).isEqualTo(Outcome.CANCELLED);
  }

  @Test
  void givenASourceFailsInTheMiddle_thenItsReadersSeeNoCleanEnd() throws Exception {
    try (var reader = RawReader.ask(port, "GET", "/edge/fails")) {
      reader.toEnd();
      assertThat(reader.all()).contains("data: .", "source_failed").doesNotContain("handled:");
      assertThat(reader.isWhole()).isFalse();
      assertThat(outcome(reader.header("Lastword-Stream"))).isEqualTo(Outcome.FAILED);
    }
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void givenASourceEndsWithoutTheEndingOfItsDialect_thenItIsNoSuccess() throws Exception {
    try (var reader = RawReader.ask(port, "GET", "/edge/cut")) {
      reader.toEnd();
      assertThat(reader.all()).contains("chat.completion.chunk", "truncated");
      assertThat(reader.isWhole()).isFalse();
      assertThat(outcome(reader.header("Lastword-Stream"))).isEqualTo(Outcome.FAILED);
    }
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void givenASourceFailsBeforeItHasSaidAnything_thenThatIsTheApplicationsStatus() throws Exception {
    try (var reader = RawReader.ask(port, "GET", "/edge/refused")) {
      reader.toEnd();
      assertThat(reader.status()).isEqualTo(502);
      assertThat(reader.all()).contains("handled: no such model");
    }
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void givenWhatIsExcludedOrNoEventStream_thenItIsAsItWas() throws Exception {
    try (var reader = RawReader.ask(port, "GET", "/excluded/flux")) {
      assertThat(reader.toEnd()).contains("data:It").doesNotContain("Lastword-Stream");
    }
    try (var reader = RawReader.ask(port, "GET", "/plain", "Accept: application/json")) {
      assertThat(reader.toEnd()).contains("application/json").doesNotContain("Lastword-Stream");
    }
  }

  @Test
  void givenOnlyTheHeadIsAskedFor_thenNothingIsOpenedForIt() throws Exception {
    int before = answers();
    for (var path : new String[] {"/edge/asked", "/sse/asked"}) {
      try (var reader = RawReader.ask(port, "HEAD", path)) {
        reader.toEnd();
        assertThat(reader.status()).isEqualTo(200);
        assertThat(reader.header("Lastword-Stream")).isEmpty();
      }
    }
    assertThat(answers()).isEqualTo(before);
  }

  private static int answers() {
    return lastword.list(Owner.ALL, new StreamQuery(null, null, null, null, null, 1_000)).size();
  }

  @Test
  void givenOnlyTheHeadOfAnAnswerIsAskedFor_thenItHasNoReaderMore() throws Exception {
    model.holdHalf();
    try (var reader = RawReader.ask(port, "POST", "/sse/written")) {
      reader.until("\"It\"");
      var stream = reader.header("Lastword-Stream");
      try (var head = RawReader.ask(port, "HEAD", "/lastword/streams/" + stream)) {
        head.toEnd();
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("Lastword-Stream")).isEqualTo(stream);
      }
      var id = new StreamId(stream);
      await()
          .atMost(PATIENCE)
          .until(() -> lastword.find(id, Owner.ANONYMOUS).orElseThrow().subscribers() == 1);
      model.letHalf();
      reader.toEnd();
      assertThat(reader.isWhole()).isTrue();
    }
  }

  @Test
  void givenNobodyHasAName_thenAnswersAreFoundByTheirIdOnly() throws Exception {
    for (var path : new String[] {"/lastword/streams", "/lastword/conversations/chat-7"}) {
      try (var reader = RawReader.ask(port, "GET", path)) {
        reader.toEnd();
        assertThat(reader.status()).isEqualTo(403);
      }
    }
    try (var reader = RawReader.ask(port, "GET", "/lastword/streams/unknown-unknown-unknown")) {
      reader.toEnd();
      assertThat(reader.status()).isEqualTo(404);
    }
    try (var reader = RawReader.ask(port, "GET", "/lastword/streams/short")) {
      reader.toEnd();
      assertThat(reader.status()).isEqualTo(404);
    }
  }

  @Test
  void givenSomebodysAnswer_thenToAnybodyElseThereIsNone() throws Exception {
    var ann = basic("ann");
    var bob = basic("bob");
    String stream;
    String last;
    try (var reader = RawReader.ask(port, "POST", "/sse/flux", ann)) {
      reader.toEnd();
      stream = reader.header("Lastword-Stream");
    }
    try (var reader = RawReader.ask(port, "GET", "/edge/flux", ann)) {
      reader.toEnd();
      last = reader.lastEventId();
    }
    for (var path :
        new String[] {"/lastword/streams/" + stream, "/lastword/streams/" + stream + "/response"}) {
      assertThat(status("GET", path, ann)).isEqualTo(200);
      assertThat(status("GET", path, bob)).isEqualTo(404);
      assertThat(status("GET", path)).isEqualTo(404);
    }
    assertThat(status("POST", "/lastword/streams/" + stream + "/cancel", bob)).isEqualTo(404);
    assertThat(status("POST", "/lastword/streams/" + stream + "/cancel", ann)).isEqualTo(409);
    int calls = model.calls.get();
    assertThat(status("GET", "/edge/flux", bob, "Last-Event-ID: " + last)).isEqualTo(404);
    assertThat(status("GET", "/edge/flux", ann, "Last-Event-ID: " + last)).isEqualTo(204);
    assertThat(model.calls).hasValue(calls);
    try (var list = RawReader.ask(port, "GET", "/lastword/streams?conversation=chat-7", ann)) {
      assertThat(list.toEnd()).contains(stream, "\"outcome\":\"completed\"");
    }
    try (var turns = RawReader.ask(port, "GET", "/lastword/conversations/chat-7", ann)) {
      assertThat(turns.toEnd()).contains("how is it?", "It is well.");
    }
    try (var list = RawReader.ask(port, "GET", "/lastword/streams", bob)) {
      assertThat(list.toEnd()).contains("\"streams\":[]");
    }
    assertThat(status("GET", "/lastword/streams?limit=0", ann)).isEqualTo(400);
  }

  /** As a restart of DevTools does it, in the same process. */
  @Test
  void givenTheContextIsClosedWithReadersOnTheWire_thenTheyComeBackToTheNext(@TempDir Path own)
      throws Exception {
    String written;
    String last;
    try (var first = another(own, "lastword.grace=0s", PHASE)) {
      var its = first.getBean(Model.class);
      its.holdHalf();
      try (var bySse = RawReader.ask(port(first), "POST", "/sse/written");
          var byEdge = RawReader.ask(port(first), "GET", "/edge/flux")) {
        bySse.until("\"It\"");
        byEdge.until("data: is");
        var closing = CompletableFuture.runAsync(first::close);
        for (var reader : List.of(bySse, byEdge)) {
          assertThat(reader.toEnd()).doesNotContain("[DONE]");
          assertThat(reader.isWhole()).isFalse();
        }
        closing.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        written = bySse.header("Lastword-Stream");
        last = byEdge.lastEventId();
      } finally {
        its.letHalf();
      }
    }
    try (var next = another(own)) {
      try (var again = RawReader.ask(port(next), "GET", "/lastword/streams/" + written)) {
        assertThat(again.toEnd())
            .contains("\"It\"", "event: error", "interrupted")
            .doesNotContain("[DONE]");
        assertThat(again.isWhole()).isFalse();
      }
      try (var again = RawReader.ask(port(next), "GET", "/edge/flux", "Last-Event-ID: " + last)) {
        assertThat(again.toEnd())
            .contains("event: error", "interrupted")
            .doesNotContain("data: is", "[DONE]");
      }
      assertThat(next.getBean(Model.class).calls).hasValue(0);
    }
  }

  /** Lastword is there from the start all the same: what a crash has left is decided then. */
  @ParameterizedTest
  @ValueSource(
      strings = {"spring.threads.virtual.enabled=true", "spring.main.lazy-initialization=true"})
  void givenASwitchOfBoot_thenAnAnswerIsAsItWas(String property, @TempDir Path own)
      throws Exception {
    try (var other = another(own, property)) {
      assertThat(other.getBeanFactory().containsSingleton("lastword")).isTrue();
      var its = other.getBean(Model.class);
      its.holdHalf();
      String stream;
      try (var reader = RawReader.ask(port(other), "GET", "/edge/flux")) {
        reader.until("data: is");
        stream = reader.header("Lastword-Stream");
      }
      its.letHalf();
      try (var again = RawReader.ask(port(other), "GET", "/lastword/streams/" + stream)) {
        assertThat(again.toEnd()).contains("data: [DONE]");
        assertThat(again.isWhole()).isTrue();
      }
      assertThat(its.saved).containsEntry("flux", "It is well.");
      try (var reader = RawReader.ask(port(other), "POST", "/sse/flux")) {
        assertThat(reader.toEnd()).contains("data: [DONE]");
        assertThat(its.saved).containsEntry(reader.header("Lastword-Stream"), "It is well.");
      }
      assertThat(its.calls).hasValue(2);
    }
  }

  @Test
  void givenAnOperatorAsks_thenHealthAndMetricsSayHowItIs() throws Exception {
    var meters = application.getBean(MeterRegistry.class);
    double before = completed(meters);
    try (var reader = RawReader.ask(port, "GET", "/edge/flux")) {
      reader.toEnd();
    }
    await().atMost(PATIENCE).until(() -> completed(meters) == before + 1);
    assertThat(meters.get("lastword.answers.open").gauge().value()).isZero();
    await().atMost(PATIENCE).until(() -> meters.get("lastword.readers").gauge().value() == 0);
    try (var health = RawReader.ask(port, "GET", "/actuator/health/lastword")) {
      assertThat(health.toEnd()).contains("\"status\":\"UP\"", "\"journal\":\"open\"");
    }
  }

  private static double completed(MeterRegistry meters) {
    var counter =
        meters.find("lastword.answers").tag("by", "edge").tag("outcome", "completed").counter();
    return counter == null ? 0 : counter.count();
  }

  static String basic(String name) {
    var credentials = (name + ":pw").getBytes(StandardCharsets.UTF_8);
    return "Authorization: Basic " + Base64.getEncoder().encodeToString(credentials);
  }

  private static int status(String method, String path, String... headers) throws Exception {
    try (var reader = RawReader.ask(port, method, path, headers)) {
      reader.toEnd();
      return reader.status();
    }
  }
}
