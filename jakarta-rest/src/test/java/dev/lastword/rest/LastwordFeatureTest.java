package dev.lastword.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.PlainDialect;
import dev.lastword.journal.Outcome;
import dev.lastword.library.Lastword;
import dev.lastword.servlet.LastwordFilter;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.glassfish.jersey.media.sse.OutboundEvent;
import org.glassfish.jersey.server.ResourceConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Resources as they are written by hand, in four containers, and readers on real sockets. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class LastwordFeatureTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Owner ANN = Owner.of("ann");

  @TempDir Path dir;
  private Lastword lastword;
  private Container.@Nullable Running running;

  @BeforeEach
  void open() {
    lastword = Lastword.at(dir).heartbeat(Duration.ofMillis(200)).open();
  }

  @AfterEach
  void close() throws Exception {
    if (running != null) {
      running.stopping().stop();
    }
    lastword.close();
  }

  private LastwordFeature feature() {
    return LastwordFeature.of(lastword)
        .owners(
            request ->
                Owner.of(Objects.requireNonNullElse(request.getHeaderString("X-User"), "ann")));
  }

  private static ResourceConfig application(Object resource) {
    return new ResourceConfig().register(resource).property(LastwordDiscovery.ENABLED, false);
  }

  private void start(Container container, Object resource) throws Exception {
    running = container.start(application(resource).register(feature()));
  }

  private String base() {
    return Objects.requireNonNull(running).base();
  }

  private Reader read(String path, String... headers) throws IOException {
    var now = Objects.requireNonNull(running);
    return new Reader(now.port(), now.base() + path, headers);
  }

  private HttpResponse<String> ask(String method, String path, String... headers) throws Exception {
    var now = Objects.requireNonNull(running);
    try (var client = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + now.port() + now.base() + path))
              .version(HttpClient.Version.HTTP_1_1)
              .method(method, HttpRequest.BodyPublishers.noBody());
      if (headers.length > 0) {
        request.headers(headers);
      }
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  private List<StreamView> all() {
    return lastword.list(ANN, new StreamQuery(null, null, null, null, null, 10));
  }

  private StreamView only() {
    assertThat(all()).hasSize(1);
    return all().getFirst();
  }

  private boolean has(Outcome outcome) {
    return outcome == only().outcome();
  }

  // What stands without it.

  @ParameterizedTest
  @CsvSource({"GRIZZLY,sink", "GRIZZLY,output", "JETTY,sink", "JETTY,output"})
  void without_theMarkerIsSaidBeforeTheSave(Container container, String way) throws Exception {
    var chat = new Chat();
    running = container.start(application(chat));
    chat.more.countDown();
    try (var reader = read("/chat/" + way)) {
      assertThat(reader.until("data: [DONE]")).isTrue();
      assertThat(chat.saved).isEmpty();
    }
    chat.save.countDown();
  }

  @ParameterizedTest
  @CsvSource({"GRIZZLY,sink", "GRIZZLY,output", "JETTY,sink", "JETTY,output"})
  void without_whenTheReaderLeavesHalfWay_thenTheAnswerIsLost(Container container, String way)
      throws Exception {
    var chat = new Chat();
    running = container.start(application(chat));
    chat.save.countDown();
    try (var reader = read("/chat/" + way)) {
      assertThat(reader.until("data: Hel")).isTrue();
    }
    chat.more.countDown();

    await().atMost(PATIENCE).until(() -> !chat.thrown.isEmpty());
    assertThat(chat.saved).isEmpty();
  }

  // What the filter for servlets does of it.

  @ParameterizedTest
  @ValueSource(strings = {"sink", "output", "streaming"})
  void inAServletContainerTheFilterKeepsThemToo(String way) throws Exception {
    var chat = new Chat();
    running =
        Container.jetty(application(chat), LastwordFilter.of(lastword).owners(request -> ANN));
    try (var reader = read("/chat/" + way)) {
      if (!way.equals("streaming")) { // of which Jersey holds back 8 KiB
        assertThat(reader.until("data: Hel")).isTrue();
      }
    }
    chat.more.countDown();
    chat.save.countDown();
    await().atMost(PATIENCE).until(() -> all().size() == 1 && has(Outcome.COMPLETED));
    assertThat(chat.saved).hasSize(1);
    assertThat(chat.thrown).isEmpty();
  }

  // With it.

  @ParameterizedTest
  @CsvSource({
    "GRIZZLY,sink",
    "GRIZZLY,output",
    "GRIZZLY,streaming",
    "JDK,streaming",
    "NETTY,sink",
    "NETTY,streaming",
    "JETTY,sink",
    "JETTY,output",
    "JETTY,streaming"
  })
  void theMarkerIsSaidAfterTheSave(Container container, String way) throws Exception {
    var chat = new Chat();
    start(container, chat);
    chat.more.countDown();
    try (var reader = read("/chat/" + way)) {
      assertThat(reader.until("data: Hel")).isTrue();
      Chat.await(chat.marked);
      for (int i = 0; i < 3; i++) { // which is not shown, however long it takes
        assertThat(reader.until(": hb")).isTrue();
      }
      assertThat(reader.lines).doesNotContain("data: [DONE]");
      assertThat(only().outcome()).isNull();
      chat.save.countDown();
      assertThat(reader.until("data: [DONE]")).isTrue();
      assertThat(chat.saved).hasSize(1);
      assertThat(has(Outcome.COMPLETED)).isTrue();
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).filteredOn(line -> line.equals("data: .")).hasSize(40);
      assertThat(reader.value("lastword-stream")).isEqualTo(only().id().value());
      assertThat(reader.value("link"))
          .isEqualTo("<" + base() + "/lastword/streams/" + only().id() + ">; rel=\"alternate\"");
    }
    assertThat(chat.calls).hasValue(1);
    assertThat(chat.thrown).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "GRIZZLY,sink",
    "GRIZZLY,output",
    "GRIZZLY,streaming",
    "JDK,streaming",
    "NETTY,sink",
    "NETTY,streaming",
    "JETTY,sink",
    "JETTY,output",
    "JETTY,streaming"
  })
  void whenTheReaderLeavesHalfWay_thenTheAnswerIsSavedAndCanBeReadOn(
      Container container, String way) throws Exception {
    var chat = new Chat();
    start(container, chat);
    chat.save.countDown();
    String last;
    String id;
    try (var reader = read("/chat/" + way)) {
      assertThat(reader.until("data: Hel")).isTrue();
      last = reader.value("id");
      id = reader.value("lastword-stream");
    }
    chat.more.countDown();
    await().atMost(PATIENCE).until(() -> has(Outcome.COMPLETED));
    assertThat(chat.saved).hasSize(1);
    assertThat(chat.thrown).isEmpty();

    // As an EventSource comes back, and by the stream's own address.
    for (var path : List.of("/chat/" + way, "/lastword/streams/" + id)) {
      var rest = ask("GET", path, "Last-Event-ID", last);
      assertThat(rest.statusCode()).isEqualTo(200);
      assertThat(rest.headers().firstValue("Content-Type").orElseThrow())
          .startsWith("text/event-stream");
      assertThat(rest.body())
          .doesNotContain("Hel")
          .contains("data: .")
          .endsWith("data: [DONE]\n\n");
      var end =
          rest.body()
              .lines()
              .filter(line -> line.startsWith("id: "))
              .toList()
              .getLast()
              .substring(4);
      var nothing = ask("GET", path, "Last-Event-ID", end);
      assertThat(nothing.statusCode()).isEqualTo(204);
      assertThat(nothing.headers().firstValue("Lastword-Outcome")).contains("completed");
    }
    assertThat(chat.calls).hasValue(1);
  }

  @ParameterizedTest
  @EnumSource(
      value = Container.class,
      names = {"GRIZZLY", "JETTY"})
  void readersAreToldApart(Container container) throws Exception {
    var chat = new Chat();
    start(container, chat);
    chat.save.countDown();
    chat.more.countDown();
    String id;
    String last;
    try (var reader = read("/chat/sink")) {
      assertThat(reader.until("data: [DONE]")).isTrue();
      id = reader.value("lastword-stream");
      last = reader.value("id");
    }
    var path = "/lastword/streams/" + id;
    assertThat(ask("GET", path).statusCode()).isEqualTo(200);
    assertThat(ask("GET", path, "X-User", "bob").statusCode()).isEqualTo(404);
    assertThat(ask("GET", path, "Last-Event-ID", "7").statusCode()).isEqualTo(400);
    assertThat(ask("GET", "/lastword/streams/short").statusCode()).isEqualTo(404);
    assertThat(ask("DELETE", path).statusCode()).isEqualTo(405);
    assertThat(ask("POST", path + "/cancel").statusCode()).isEqualTo(409);
    assertThat(ask("POST", path + "/cancel", "X-User", "bob").statusCode()).isEqualTo(404);
    // Another's, and one of another path, are not asked again as if they were new.
    assertThat(ask("GET", "/chat/sink", "Last-Event-ID", last, "X-User", "bob").statusCode())
        .isEqualTo(404);
    assertThat(ask("GET", "/chat/output", "Last-Event-ID", last).statusCode()).isEqualTo(404);
    assertThat(chat.calls).hasValue(1);
  }

  @ParameterizedTest
  @CsvSource({
    "GRIZZLY,sink",
    "GRIZZLY,output",
    "GRIZZLY,streaming",
    "JDK,streaming",
    "NETTY,sink",
    "NETTY,streaming",
    "JETTY,sink",
    "JETTY,streaming"
  })
  void whenItsOwnerStopsIt_thenTheNextWriteFails(Container container, String way) throws Exception {
    var chat = new Chat();
    start(container, chat);
    try (var reader = read("/chat/" + way)) {
      assertThat(reader.until("data: Hel")).isTrue();
      var path = "/lastword/streams/" + reader.value("lastword-stream") + "/cancel";
      assertThat(ask("POST", path, "X-User", "bob").statusCode()).isEqualTo(404);
      assertThat(ask("POST", path).statusCode()).isEqualTo(204);
      chat.more.countDown();
      assertThat(reader.until("event: error")).isTrue();
      assertThat(reader.endsCleanly()).isTrue(); // there is no way to break one off
      assertThat(reader.lines).doesNotContain("data: [DONE]");
    }
    await().atMost(PATIENCE).until(() -> !chat.thrown.isEmpty());
    assertThat(has(Outcome.CANCELLED)).isTrue();
    assertThat(chat.saved).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void whenAStreamingOutputThrows_thenNobodyIsToldASuccess(Container container) throws Exception {
    start(
        container,
        new Chat() {
          @Override
          void answer(Say say) throws Exception {
            say.data("Hel");
            throw new IllegalStateException("out of order");
          }
        });
    try (var reader = read("/chat/streaming")) {
      assertThat(reader.until("event: error")).isTrue();
      assertThat(reader.lines).contains("data: Hel").doesNotContain("data: [DONE]");
    }
    await().atMost(PATIENCE).until(() -> has(Outcome.FAILED));
    assertThat(only().reason()).isEqualTo("source_failed");
  }

  @ParameterizedTest
  @EnumSource(
      value = Container.class,
      names = {"GRIZZLY", "JETTY"})
  void whenAPieceCannotBeWritten_thenNobodyIsToldASuccess(Container container) throws Exception {
    start(container, new Unwritable());
    try (var reader = read("/unwritable")) {
      assertThat(reader.until("event: error")).isTrue();
      assertThat(reader.lines).contains("data: Hel");
    }
    await().atMost(PATIENCE).until(() -> has(Outcome.FAILED));
    assertThat(only().reason()).isEqualTo("source_failed");
  }

  @ParameterizedTest
  @EnumSource(
      value = Container.class,
      names = {"GRIZZLY", "JETTY"})
  void whenTheReaderDoesNotRead_thenTheResourceDoesNotWait(Container container) throws Exception {
    var big = "x".repeat(64 << 10);
    var chat =
        new Chat() {
          @Override
          void answer(Say say) throws Exception {
            for (int i = 0; i < 200; i++) { // more than sockets hold
              say.data(big);
            }
            say.data("[DONE]");
            saved.add("the answer");
          }
        };
    start(container, chat);
    String last;
    try (var reader = read("/chat/sink")) {
      await().atMost(PATIENCE).until(() -> chat.saved.size() == 1);
      await().atMost(PATIENCE).until(() -> has(Outcome.COMPLETED));
      assertThat(reader.until("data: x")).isTrue();
      last = reader.value("id");
    }
    var rest = ask("GET", "/chat/sink", "Last-Event-ID", last);
    assertThat(rest.body().lines().filter(line -> line.startsWith("data: x"))).hasSize(199);
    assertThat(rest.body()).endsWith("data: [DONE]\n\n");
  }

  @ParameterizedTest
  @CsvSource({"GRIZZLY,sink", "JETTY,sink", "GRIZZLY,streaming", "JDK,streaming"})
  void aDialectThatWantsATerminalEventIsHeldToIt(Container container, String way) throws Exception {
    var chat =
        new Chat() {
          @Override
          void answer(Say say) throws Exception {
            say.data("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}");
          }
        };
    running =
        container.start(
            application(chat)
                .register(feature().dialect(Dialects.named("openai-chat").orElseThrow())));
    try (var reader = read("/chat/" + way)) {
      assertThat(reader.endsCleanly()).isTrue(); // there is no way to break one off
      assertThat(reader.lines)
          .doesNotContain("data: [DONE]")
          .anyMatch(line -> line.contains("\"error\""));
    }
    await().atMost(PATIENCE).until(() -> has(Outcome.FAILED));
    assertThat(only().reason()).isEqualTo("truncated");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whereAMarkerIsRequiredACloseWithoutItIsNoEnd(boolean said) throws Exception {
    running =
        Container.GRIZZLY.start(
            application(
                    new Chat() {
                      @Override
                      void answer(Say say) throws Exception {
                        say.data("Hel");
                        if (!said) {
                          throw new IllegalStateException("which closes the sink");
                        }
                        say.data("[DONE]");
                      }
                    })
                .register(feature().dialect(new PlainDialect(PlainDialect.COMMON_MARKERS, true))));
    try (var reader = read("/chat/sink")) {
      assertThat(reader.until(said ? "data: [DONE]" : "event: error")).isTrue();
    }
    await().atMost(PATIENCE).until(() -> has(said ? Outcome.COMPLETED : Outcome.FAILED));
    assertThat(only().reason()).isEqualTo(said ? "" : "truncated");
  }

  @ParameterizedTest
  @EnumSource(
      value = Container.class,
      names = {"GRIZZLY", "NETTY", "JETTY"})
  void manyWhoLeaveAndComeBackSeeTheirOwnOnly(Container container) throws Exception {
    start(container, new Echo());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var readers = new ArrayList<Future<?>>();
      for (int i = 0; i < 60; i++) {
        var mine = "reader" + i;
        boolean stays = i % 2 == 0;
        readers.add(
            threads.submit(
                () -> {
                  try (var reader = read("/echo/" + mine)) {
                    assertThat(reader.until("data: " + mine)).isTrue();
                    if (stays) {
                      assertThat(reader.endsCleanly()).isTrue();
                      assertThat(reader.lines)
                          .filteredOn(line -> line.startsWith("data: "))
                          .hasSize(31)
                          .allMatch(
                              line -> line.equals("data: " + mine) || line.equals("data: [DONE]"));
                    }
                  }
                  return null;
                }));
      }
      for (var reader : readers) {
        reader.get(60, TimeUnit.SECONDS);
      }
    }
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                lastword.list(ANN, new StreamQuery(null, null, null, null, null, 100)).stream()
                        .filter(view -> view.outcome() == Outcome.COMPLETED)
                        .count()
                    == 60);
  }

  /** As when the application stops: nobody's fault, and soon over. */
  @ParameterizedTest
  @EnumSource(Container.class)
  void whatIsAskedOfALastwordThatIsClosedIs503AndSaysWhenToAskAgain(Container container)
      throws Exception {
    var chat = new Chat();
    chat.more.countDown();
    chat.save.countDown();
    start(container, chat);
    String last;
    String stream;
    try (var reader = read("/chat/streaming")) {
      assertThat(reader.until("data: Hel")).isTrue();
      last = reader.value("id");
      stream = reader.value("lastword-stream");
    }
    lastword.close();

    var streams = "/lastword/streams/" + stream;
    for (var response :
        List.of(
            ask("GET", "/chat/streaming"),
            ask("GET", "/chat/output"),
            ask("GET", "/chat/streaming", "Last-Event-ID", last),
            ask("GET", streams),
            ask("POST", streams + "/cancel"))) {
      assertThat(response.statusCode()).as("%s", response.request()).isEqualTo(503);
      assertThat(response.headers().firstValue("Retry-After")).hasValue("5");
    }
    assertThat(ask("GET", "/chat/json").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void whatAGatewayThatIsAwayWouldKeepIs503AndSaysWhenToAskAgain(Container container)
      throws Exception {
    lastword.close();
    lastword = Lastword.at(URI.create("http://127.0.0.1:9")).patience(Duration.ZERO).open();
    start(container, new Chat());

    for (var path : List.of("/chat/streaming", "/lastword/streams/0123456789abcdefghij")) {
      var response = ask("GET", path);
      assertThat(response.statusCode()).as(path).isEqualTo(503);
      assertThat(response.headers().firstValue("Retry-After")).hasValue("5");
    }
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void whatIsNoEventStreamIsNotTouched(Container container) throws Exception {
    start(container, new Chat());
    var response = ask("GET", "/chat/json");
    assertThat(response.body()).isEqualTo("{}");
    assertThat(response.headers().firstValue("X-One")).contains("1");
    assertThat(response.headers().firstValue("Lastword-Stream")).isEmpty();
    assertThat(ask("GET", "/nowhere").statusCode()).isEqualTo(404);
    assertThat(all()).isEmpty();
  }

  @Test
  void behindTheFilterForServletsItIsKeptOnce() throws Exception {
    var chat = new Chat();
    running =
        Container.jetty(
            application(chat).register(feature()),
            LastwordFilter.of(lastword).owners(request -> ANN));
    chat.more.countDown();
    chat.save.countDown();
    try (var reader = read("/chat/sink")) {
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).filteredOn(line -> line.equals("data: .")).hasSize(40);
      assertThat(reader.lines).contains("data: [DONE]");
    }
    assertThat(all()).hasSize(1);
  }

  // What is written for it.

  @ParameterizedTest
  @EnumSource(Container.class)
  void anAnswerIsSavedByItsOwnSaverAndThenItsEndingIsSaid(Container container) throws Exception {
    var written = new Written();
    start(container, written);
    String id;
    String last;
    try (var reader = read("/written/answer")) {
      assertThat(reader.until("data: \"Hel\"")).isTrue();
      assertThat(reader.value("content-type")).startsWith("text/event-stream");
      id = reader.value("lastword-stream");
      last = reader.value("id");
    } // and leaves
    try (var reader = read("/lastword/streams/" + id, "Last-Event-ID: " + last)) {
      written.more.countDown();
      assertThat(reader.until("data: \"lo\"")).isTrue();
      assertThat(only().outcome()).isNull();
      written.save.countDown();
      assertThat(reader.until("data: [DONE]")).isTrue();
      assertThat(written.saved).hasSize(1);
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).doesNotContain("data: \"Hel\"");
    }
    assertThat(written.saved.getFirst().text()).isEqualTo("Hello");
    assertThat(ask("GET", "/written/answer", "Last-Event-ID", last).body())
        .contains("\"lo\"")
        .endsWith("data: [DONE]\n\n");
    assertThat(written.calls).hasValue(1);
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void anAnswersWriterIsInterruptedByItsOwnersStop(Container container) throws Exception {
    var written = new Written();
    start(container, written);
    try (var reader = read("/written/answer")) {
      assertThat(reader.until("data: \"Hel\"")).isTrue();
      var path = "/lastword/streams/" + reader.value("lastword-stream") + "/cancel";
      assertThat(ask("POST", path).statusCode()).isEqualTo(204);
      assertThat(reader.endsCleanly()).isTrue(); // there is no way to break one off
      assertThat(reader.lines).contains("event: error").doesNotContain("data: [DONE]");
    }
    await().atMost(PATIENCE).until(() -> written.thrown.size() == 1);
    assertThat(has(Outcome.CANCELLED)).isTrue();
    assertThat(written.saved).isEmpty();
  }

  /** Notifications, to whoever is there. */
  @jakarta.ws.rs.Path("rooms/{room}/news")
  public static final class News {
    final List<SseEventSink> sinks = new CopyOnWriteArrayList<>();

    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public void listen(
        @Context SseEventSink sink, @Context Sse sse, @HeaderParam("Last-Event-ID") String last) {
      sinks.add(sink);
      sink.send(sse.newEvent("behind " + last));
    }
  }

  /** Whoever says the same to all of them has to be told who has gone. */
  @ParameterizedTest
  @EnumSource(
      value = Container.class,
      names = {"GRIZZLY", "JETTY"})
  void whatIsExcludedIsItsConnections(Container container) throws Exception {
    var news = new News();
    running =
        container.start(
            application(news).register(feature().exclude("nothing", "rooms/{id}/news")));
    try (var reader = read("/rooms/7/news", "Last-Event-ID: 0123456789abcdefghij/1-3")) {
      assertThat(reader.until("data: behind 0123456789abcdefghij/1-3")).isTrue();
      assertThat(reader.value("lastword-stream")).isEmpty();
    }
    var sink = news.sinks.getFirst();
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              try {
                sink.send(new OutboundEvent.Builder().data("more").build())
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);
                return sink.isClosed();
              } catch (ExecutionException | IllegalStateException e) {
                return true;
              }
            });
    assertThat(all()).isEmpty();
  }

  @Test
  void anEmptyPathIsNotExcluded() {
    assertThatThrownBy(() -> feature().exclude("news", " "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("empty path");
  }

  /** A body that is over in the middle of an event. */
  @jakarta.ws.rs.Path("unended")
  public record Unended(String text) {
    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public StreamingOutput say() {
      return out -> out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** What it says of how it ends counts, though a client would leave it out. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "event: error; data: no | FAILED",
        "data: [DONE] | COMPLETED",
        "data: more | FAILED",
      })
  void aLastEventWithoutItsBlankLineEndsAllTheSame(String last, Outcome outcome) throws Exception {
    running =
        Container.GRIZZLY.start(
            application(new Unended("data: Hel\n\n" + last.replace("; ", "\n") + "\n"))
                .register(feature().dialect(new PlainDialect(PlainDialect.COMMON_MARKERS, true))));
    try (var reader = read("/unended")) {
      reader.endsCleanly();
      assertThat(reader.lines).contains("data: Hel").doesNotContain("data: more");
    }
    await().atMost(PATIENCE).until(() -> has(outcome));
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void anAnswerIsAnEntityAsAnyOther(Container container) throws Exception {
    start(container, new Written());
    var tokens = ask("GET", "/written/tokens");
    assertThat(tokens.headers().firstValue("X-One")).contains("1");
    assertThat(tokens.body()).contains("data: \"Hel\"", "data: \"lo\"", "data: [DONE]");
    assertThat(ask("GET", "/written/failing").body())
        .contains("event: error")
        .doesNotContain("[DONE]");
    assertThat(ask("GET", "/written/once").statusCode()).isEqualTo(200);
    assertThat(ask("GET", "/written/once").statusCode()).isEqualTo(409);
  }

  /** Its thread is told to stop, as by a pool that is shut down, and answers all the same. */
  @ParameterizedTest
  @CsvSource({"GRIZZLY,output", "GRIZZLY,streaming", "JETTY,output"})
  void whenTheResourcesThreadIsInterrupted_whileTheDiskIsBehind_thenNothingIsMissing(
      Container container, String way) throws Exception {
    var chat =
        new Chat() {
          @Override
          void answer(Say say) throws Exception {
            say.data("Hel");
            await(more); // what is said before there is a connection, another thread writes
            Thread.currentThread().interrupt();
            for (int i = 0; i < 20; i++) {
              say.data("x".repeat(512 << 10)); // more than may wait for the disk
            }
            say.data("[DONE]");
            if (Thread.interrupted()) { // it is still told
              saved.add("the answer");
            }
          }
        };
    start(container, chat);
    try (var reader = read("/chat/" + way)) {
      assertThat(reader.until("data: Hel")).isTrue();
      chat.more.countDown();
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).filteredOn(line -> line.startsWith("data: x")).hasSize(20);
      assertThat(reader.lines).contains("data: [DONE]");
    }
    assertThat(chat.saved).hasSize(1);
    assertThat(has(Outcome.COMPLETED)).isTrue();
  }
}
