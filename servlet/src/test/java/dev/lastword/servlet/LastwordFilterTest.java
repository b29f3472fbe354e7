package dev.lastword.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.dialect.Dialects;
import dev.lastword.journal.Outcome;
import dev.lastword.library.Lastword;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamOptions;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletException;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Servlets as they are written by hand, in two containers, and readers on real sockets. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class LastwordFilterTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String SYNC = "/chat";
  private static final String ASYNC = "/async/chat";

  /** As the guide says. */
  private static final Set<DispatcherType> MAPPED =
      Set.of(DispatcherType.REQUEST, DispatcherType.ASYNC);

  @TempDir Path dir;
  @TempDir Path work;
  private Lastword lastword;
  private Container.@Nullable Running running;

  @BeforeEach
  void open() {
    lastword = Lastword.embedded(dir);
  }

  @AfterEach
  void close() throws Exception {
    if (running != null) {
      running.stopping().stop();
    }
    lastword.close();
  }

  private Filter filter() {
    return LastwordFilter.of(lastword)
        .owners(
            request -> Owner.of(Objects.requireNonNullElse(request.getHeader("X-User"), "ann")));
  }

  private void start(Container container, @Nullable Filter filter, String path, Servlet servlet)
      throws Exception {
    running = container.start(work, filter, MAPPED, Map.of(path, servlet));
  }

  private int port() {
    return Objects.requireNonNull(running).port();
  }

  /** A reader on a socket. */
  private final class Reader implements AutoCloseable {
    private final Socket socket = new Socket(InetAddress.getLoopbackAddress(), port());
    private final BufferedReader in =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    final List<String> lines = new ArrayList<>();

    Reader(String path) throws IOException {
      socket.setSoTimeout(60_000);
      var request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
    }

    /** False if the body ends before. */
    boolean until(String prefix) throws IOException {
      for (var line = in.readLine(); line != null; line = in.readLine()) {
        lines.add(line);
        if (line.startsWith(prefix)) {
          return true;
        }
      }
      return false;
    }

    /** Whether the last chunk comes, and not the end of the connection. */
    boolean endsCleanly() throws IOException {
      for (var line = in.readLine(); line != null; line = in.readLine()) {
        lines.add(line);
        if (line.equals("0")) {
          return true;
        }
      }
      return false;
    }

    String header(String name) {
      return lines.stream()
          .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith(name + ":"))
          .map(line -> line.substring(name.length() + 1).trim())
          .findFirst()
          .orElse("");
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private HttpResponse<String> get(String method, String path, String... headers) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
              .method(method, HttpRequest.BodyPublishers.noBody());
      if (headers.length > 0) {
        request.headers(headers);
      }
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  private StreamView only() {
    var all = lastword.list(Owner.of("ann"), new StreamQuery(null, null, null, null, null, 10));
    assertThat(all).hasSize(1);
    return all.getFirst();
  }

  /** A servlet that has another one answer. */
  private static HttpServlet controller(Answering answering) {
    return new HttpServlet() {
      private static final long serialVersionUID = 1;

      @Override
      protected void doGet(HttpServletRequest request, HttpServletResponse response)
          throws ServletException, IOException {
        answering.answer(request, response);
      }
    };
  }

  private interface Answering {
    void answer(HttpServletRequest request, HttpServletResponse response)
        throws ServletException, IOException;
  }

  private boolean has(Outcome outcome) {
    return outcome == only().outcome();
  }

  // What stands without the filter.

  @ParameterizedTest
  @CsvSource({"TOMCAT,false", "TOMCAT,true", "JETTY,false", "JETTY,true"})
  void without_theMarkerIsSaidBeforeTheSave(Container container, boolean async) throws Exception {
    var servlet = new ChatServlet(async);
    start(container, null, async ? ASYNC : SYNC, servlet);
    servlet.more.countDown();
    try (var reader = new Reader(async ? ASYNC : SYNC)) {
      assertThat(reader.until("data: [DONE]")).isTrue();
      assertThat(servlet.saved).isEmpty();
    }
    servlet.save.countDown();
  }

  @ParameterizedTest
  @CsvSource({"TOMCAT,false", "TOMCAT,true", "JETTY,false", "JETTY,true"})
  void without_whenTheReaderLeavesHalfWay_thenTheAnswerIsLost(Container container, boolean async)
      throws Exception {
    var servlet = new ChatServlet(async);
    start(container, null, async ? ASYNC : SYNC, servlet);
    servlet.save.countDown();
    try (var reader = new Reader(async ? ASYNC : SYNC)) {
      assertThat(reader.until("data: Hel")).isTrue();
    }
    servlet.more.countDown();

    await().atMost(PATIENCE).until(() -> !servlet.thrown.isEmpty());
    assertThat(servlet.saved).isEmpty();
  }

  // With it.

  @ParameterizedTest
  @CsvSource({"TOMCAT,false", "TOMCAT,true", "JETTY,false", "JETTY,true"})
  void theMarkerIsSaidAfterTheSave(Container container, boolean async) throws Exception {
    var servlet = new ChatServlet(async);
    start(container, filter(), async ? ASYNC : SYNC, servlet);
    servlet.more.countDown();
    try (var reader = new Reader(async ? ASYNC : SYNC)) {
      assertThat(reader.until("data: Hel")).isTrue();
      await().atMost(PATIENCE).until(() -> only().events() == 41);
      assertThat(only().outcome()).isNull();
      servlet.save.countDown();
      assertThat(reader.until("data: [DONE]")).isTrue();
      assertThat(servlet.saved).hasSize(1);
      assertThat(has(Outcome.COMPLETED)).isTrue();
      assertThat(reader.lines).filteredOn(line -> line.equals("data: .")).hasSize(40);
      assertThat(reader.header("lastword-stream")).isEqualTo(only().id().value());
      assertThat(reader.endsCleanly()).isTrue();
    }
    assertThat(servlet.calls).hasValue(1);
    if (async) {
      await().atMost(PATIENCE).until(() -> !servlet.listened.isEmpty());
      assertThat(servlet.listened).containsExactly("complete");
    }
  }

  @ParameterizedTest
  @CsvSource({"TOMCAT,false", "TOMCAT,true", "JETTY,false", "JETTY,true"})
  void whenTheReaderLeavesHalfWay_thenTheAnswerIsSaved(Container container, boolean async)
      throws Exception {
    var servlet = new ChatServlet(async);
    start(container, filter(), async ? ASYNC : SYNC, servlet);
    servlet.save.countDown();
    try (var reader = new Reader(async ? ASYNC : SYNC)) {
      assertThat(reader.until("data: Hel")).isTrue();
    }
    servlet.more.countDown();

    await().atMost(PATIENCE).until(() -> has(Outcome.COMPLETED));
    assertThat(servlet.saved).hasSize(1);
    assertThat(servlet.thrown).isEmpty();
    assertThat(servlet.listened).doesNotContain("error");
    assertThat(servlet.calls).hasValue(1);
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void whoeverComesBackReadsOnFromWhereHeWas(Container container) throws Exception {
    var servlet = new ChatServlet(true);
    start(container, filter(), ASYNC, servlet);
    servlet.save.countDown();
    String id;
    String last;
    try (var reader = new Reader(ASYNC)) {
      assertThat(reader.until("data: Hel")).isTrue();
      id = reader.header("lastword-stream");
      last = reader.header("id");
    }
    servlet.more.countDown();

    var rest = get("GET", "/lastword/streams/" + id, "Last-Event-ID", last);
    assertThat(rest.statusCode()).isEqualTo(200);
    assertThat(rest.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/event-stream");
    assertThat(rest.body()).doesNotContain("Hel").contains("data: .").endsWith("data: [DONE]\n\n");
    var lines = rest.body().lines().filter(line -> line.startsWith("id:")).toList();
    var end = lines.getLast().substring(3).trim();
    assertThat(get("GET", "/lastword/streams/" + id, "Last-Event-ID", end).statusCode())
        .isEqualTo(204);
    assertThat(get("GET", "/lastword/streams/" + id, "Last-Event-ID", "7").statusCode())
        .isEqualTo(400);
    assertThat(get("GET", "/lastword/streams/" + id, "X-User", "bob").statusCode()).isEqualTo(404);
    assertThat(get("GET", "/lastword/streams/short").statusCode()).isEqualTo(404);
    assertThat(get("DELETE", "/lastword/streams/" + id).statusCode()).isEqualTo(405);
    assertThat(servlet.calls).hasValue(1);
  }

  @ParameterizedTest
  @CsvSource({"TOMCAT,false", "TOMCAT,true", "JETTY,false", "JETTY,true"})
  void whenItsOwnerStopsIt_thenTheNextWriteFails(Container container, boolean async)
      throws Exception {
    var servlet = new ChatServlet(async);
    start(container, filter(), async ? ASYNC : SYNC, servlet);
    try (var reader = new Reader(async ? ASYNC : SYNC)) {
      assertThat(reader.until("data: Hel")).isTrue();
      var path = "/lastword/streams/" + reader.header("lastword-stream") + "/cancel";
      assertThat(get("POST", path, "X-User", "bob").statusCode()).isEqualTo(404);
      assertThat(get("POST", path).statusCode()).isEqualTo(204);
      if (async) { // while it says nothing
        await().atMost(PATIENCE).until(() -> servlet.listened.contains("error"));
      }
      servlet.more.countDown();
      assertThat(reader.until("event: error")).isTrue();
      assertThat(reader.endsCleanly()).isEqualTo(async); // there is no way to break one off
    }
    await().atMost(PATIENCE).until(() -> !servlet.thrown.isEmpty());
    assertThat(has(Outcome.CANCELLED)).isTrue();
    assertThat(servlet.saved).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void whenTheServletThrows_thenNobodyIsToldACleanEnd(Container container) throws Exception {
    var servlet =
        new ChatServlet(false) {
          private static final long serialVersionUID = 1;

          @Override
          void write(OutputStream out) throws IOException {
            say(out, "Hel");
            throw new IllegalStateException("out of order");
          }
        };
    start(container, filter(), SYNC, servlet);
    try (var reader = new Reader(SYNC)) {
      assertThat(reader.until("event: error")).isTrue();
      assertThat(reader.endsCleanly()).isFalse();
      assertThat(reader.lines).contains("data: Hel").doesNotContain("data: [DONE]");
    }
    await().atMost(PATIENCE).until(() -> has(Outcome.FAILED));
    assertThat(only().reason()).isEqualTo("handler_failed");
  }

  /** And not when it has been silent for long. */
  @ParameterizedTest
  @EnumSource(Container.class)
  void whenTheServletThrowsAnError_thenTheAnswerHasFailedAtOnce(Container container)
      throws Exception {
    var servlet =
        new ChatServlet(false) {
          private static final long serialVersionUID = 1;

          @Override
          void write(OutputStream out) throws IOException {
            say(out, "Hel");
            throw new AssertionError("out of order");
          }
        };
    start(container, filter(), SYNC, servlet);
    try (var reader = new Reader(SYNC)) {
      assertThat(reader.until("event: error")).isTrue();
      assertThat(reader.endsCleanly()).isFalse();
    }
    await().atMost(PATIENCE).until(() -> has(Outcome.FAILED));
    assertThat(only().reason()).isEqualTo("handler_failed");
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void whenTheReaderDoesNotRead_thenTheServletDoesNotWait(Container container) throws Exception {
    var big = "x".repeat(64 << 10);
    var servlet =
        new ChatServlet(true) {
          private static final long serialVersionUID = 1;

          @Override
          void write(OutputStream out) throws IOException {
            for (int i = 0; i < 200; i++) { // more than sockets hold
              say(out, big);
            }
            say(out, "[DONE]");
            saved.add("the answer");
          }
        };
    start(container, filter(), ASYNC, servlet);
    try (var reader = new Reader(ASYNC)) {
      await().atMost(PATIENCE).until(() -> servlet.saved.size() == 1);
      await().atMost(PATIENCE).until(() -> has(Outcome.COMPLETED));
      assertThat(reader.until("data: [DONE]")).isTrue();
      assertThat(reader.lines).filteredOn(line -> line.startsWith("data: x")).hasSize(200);
    }
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void whenLastwordIsClosedInMidAnswer_thenTheNextWriteFails(Container container) throws Exception {
    var servlet = new ChatServlet(true);
    start(container, filter(), ASYNC, servlet);
    try (var reader = new Reader(ASYNC)) {
      assertThat(reader.until("data: Hel")).isTrue();
      lastword.close();
      servlet.more.countDown();
      await().atMost(PATIENCE).until(() -> !servlet.thrown.isEmpty());
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).doesNotContain("data: [DONE]");
    }
    assertThat(servlet.saved).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"TOMCAT,false", "TOMCAT,true", "JETTY,false", "JETTY,true"})
  void whatCannotBeOpenedIs503AndTheServletsWriteFails(Container container, boolean async)
      throws Exception {
    var servlet = new ChatServlet(async);
    start(container, filter(), async ? ASYNC : SYNC, servlet);
    lastword.close();
    servlet.more.countDown();
    servlet.save.countDown();
    var refused = get("GET", async ? ASYNC : SYNC);
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).hasValue("5");
    assertThat(refused.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/plain");
    assertThat(refused.headers().firstValue("Lastword-Stream")).isEmpty();
    await().atMost(PATIENCE).until(() -> !servlet.thrown.isEmpty());
    assertThat(servlet.saved).isEmpty();

    var read = get("GET", "/lastword/streams/0123456789abcdefghij");
    assertThat(read.statusCode()).isEqualTo(503);
    assertThat(read.headers().firstValue("Retry-After")).hasValue("5");
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void whatAGatewayThatIsAwayWouldKeepIs503(Container container) throws Exception {
    lastword.close();
    lastword = Lastword.at(URI.create("http://127.0.0.1:9")).patience(Duration.ZERO).open();
    start(container, filter(), ASYNC, new ChatServlet(true));
    for (var path : List.of(ASYNC, "/lastword/streams/0123456789abcdefghij")) {
      var refused = get("GET", path);
      assertThat(refused.statusCode()).as(path).isEqualTo(503);
      assertThat(refused.headers().firstValue("Retry-After")).hasValue("5");
    }
  }

  /** There is room for one, which is running. */
  @ParameterizedTest
  @EnumSource(Container.class)
  void whatThereIsNoRoomForIs503(Container container) throws Exception {
    lastword.close();
    lastword = Lastword.at(dir).bounds(one()).open();
    var servlet = new ChatServlet(true);
    start(container, filter(), ASYNC, servlet);
    try (var reader = new Reader(ASYNC)) {
      assertThat(reader.until("data: Hel")).isTrue();
      assertThat(get("GET", ASYNC).statusCode()).isEqualTo(503);
      servlet.more.countDown();
      servlet.save.countDown();
      assertThat(reader.until("data: [DONE]")).isTrue();
    }
    assertThat(get("GET", ASYNC).statusCode()).isEqualTo(200);
  }

  private static StreamOptions one() {
    var all = StreamOptions.DEFAULT;
    return new StreamOptions(
        all.tail(),
        all.endingSilence(),
        all.idle(),
        all.duration(),
        all.responseBytesMax(),
        all.eventBytesMax(),
        all.pendingBytesMax(),
        all.residentBytesMax(),
        1,
        all.retaining(),
        all.saving());
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void aDialectThatWantsATerminalEventIsHeldToIt(Container container) throws Exception {
    var servlet =
        new ChatServlet(false) {
          private static final long serialVersionUID = 1;

          @Override
          void write(OutputStream out) throws IOException {
            say(out, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}");
          }
        };
    start(
        container,
        LastwordFilter.of(lastword)
            .owners(request -> Owner.of("ann"))
            .dialect(Dialects.named("openai-chat").orElseThrow()),
        SYNC,
        servlet);
    try (var reader = new Reader(SYNC)) {
      assertThat(reader.endsCleanly()).isFalse();
      assertThat(reader.lines).doesNotContain("data: [DONE]");
    }
    assertThat(has(Outcome.FAILED)).isTrue();
    assertThat(only().reason()).isEqualTo("truncated");
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void whatTheServletSaysIsAFailureIsNoCleanEnd(Container container) throws Exception {
    var servlet =
        new ChatServlet(false) {
          private static final long serialVersionUID = 1;

          @Override
          void write(OutputStream out) throws IOException {
            say(out, "Hel");
            out.write("event: error\ndata: the key is 4711\n\n".getBytes(StandardCharsets.UTF_8));
          }
        };
    start(container, filter(), SYNC, servlet);
    try (var reader = new Reader(SYNC)) {
      assertThat(reader.endsCleanly()).isFalse();
      assertThat(reader.lines).contains("event: error").noneMatch(line -> line.contains("4711"));
    }
    assertThat(only().reason()).isEqualTo("response_failed");
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void whenTheServletsThreadIsInterrupted_thenNothingIsMissing(Container container)
      throws Exception {
    var servlet =
        new ChatServlet(true) {
          private static final long serialVersionUID = 1;

          @Override
          void write(OutputStream out) throws IOException {
            Thread.currentThread().interrupt();
            for (int i = 0; i < 100; i++) {
              say(out, "x".repeat(16 << 10)); // more than may wait for the disk
            }
            say(out, "[DONE]");
            saved.add("the answer");
          }
        };
    start(container, filter(), ASYNC, servlet);
    try (var reader = new Reader(ASYNC)) {
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).filteredOn(line -> line.startsWith("data: x")).hasSize(100);
    }
    assertThat(servlet.saved).hasSize(1);
    assertThat(has(Outcome.COMPLETED)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void aWriteListenerIsAlwaysReady(Container container) throws Exception {
    start(
        container,
        filter(),
        ASYNC,
        new HttpServlet() {
          private static final long serialVersionUID = 1;

          @Override
          protected void doGet(HttpServletRequest request, HttpServletResponse response)
              throws IOException {
            response.setContentType("text/event-stream");
            var context = request.startAsync();
            var out = response.getOutputStream();
            out.setWriteListener(
                new WriteListener() {
                  private int said;

                  @Override
                  public void onWritePossible() throws IOException {
                    while (out.isReady()) {
                      if (said == 3) {
                        context.complete();
                        return;
                      }
                      out.print("data: " + said++ + "\n\n");
                    }
                  }

                  @Override
                  public void onError(Throwable failure) {
                    context.complete();
                  }
                });
          }
        });
    try (var reader = new Reader(ASYNC)) {
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).containsSubsequence("data: 0", "data: 1", "data: 2");
    }
    assertThat(has(Outcome.COMPLETED)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void aWriterSaysUtf8(Container container) throws Exception {
    start(
        container,
        filter(),
        SYNC,
        new HttpServlet() {
          private static final long serialVersionUID = 1;

          @Override
          protected void doGet(HttpServletRequest request, HttpServletResponse response)
              throws IOException {
            response.setContentType("text/event-stream");
            var out = response.getWriter();
            out.print("data: é漢\n\ndata: [DONE]\n\n");
          }
        });
    try (var reader = new Reader(SYNC)) {
      assertThat(reader.until("data: [DONE]")).isTrue();
      assertThat(reader.lines).contains("data: é漢");
    }
  }

  /** The text would go past what is kept. */
  @ParameterizedTest
  @EnumSource(Container.class)
  void aWriterThatIsAskedForBeforeTheTypeIsSetIsTheContainers(Container container)
      throws Exception {
    start(
        container,
        filter(),
        SYNC,
        controller(
            (request, response) -> {
              var out = response.getWriter();
              response.setContentType("text/event-stream");
              out.print("data: a\n\n");
              response.flushBuffer();
              out.print("data: [DONE]\n\n");
            }));
    var response = get("GET", SYNC);
    assertThat(response.body()).isEqualTo("data: a\n\ndata: [DONE]\n\n");
    assertThat(response.headers().firstValue("Lastword-Stream")).isEmpty();
    assertThat(lastword.list(Owner.of("ann"), new StreamQuery(null, null, null, null, null, 10)))
        .isEmpty();
  }

  /** Some containers put an end to the response behind a forward, whoever still writes it. */
  @ParameterizedTest
  @CsvSource({"TOMCAT,false", "TOMCAT,true", "JETTY,false", "JETTY,true"})
  void behindAForward_theEndIsSaid(Container container, boolean wrapped) throws Exception {
    var servlet = new ChatServlet(false);
    var front =
        controller(
            (request, response) ->
                request
                    .getRequestDispatcher(SYNC)
                    .forward(
                        request, wrapped ? new HttpServletResponseWrapper(response) : response));
    running = container.start(work, filter(), MAPPED, Map.of("/front", front, SYNC, servlet));
    servlet.more.countDown();
    servlet.save.countDown();
    try (var reader = new Reader("/front")) {
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).filteredOn(line -> line.equals("data: .")).hasSize(40);
      assertThat(reader.lines).contains("data: [DONE]");
      assertThat(reader.header("lastword-stream")).isEqualTo(only().id().value());
    }
    assertThat(has(Outcome.COMPLETED)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void behindAForward_whatIsNoEventStreamIsNotTouched(Container container) throws Exception {
    var front =
        controller(
            (request, response) ->
                request.getRequestDispatcher("/page").forward(request, response));
    var page = controller((request, response) -> response.getWriter().print("hello"));
    running = container.start(work, filter(), MAPPED, Map.of("/front", front, "/page", page));
    assertThat(get("GET", "/front").body()).isEqualTo("hello");
  }

  private static HttpServlet dispatching(String path) {
    return controller(
        (request, response) -> {
          if (request.getDispatcherType() == DispatcherType.REQUEST) {
            var context = request.startAsync();
            context.start(() -> context.dispatch(path));
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"TOMCAT,/chat", "TOMCAT,/async/chat", "JETTY,/chat", "JETTY,/async/chat"})
  void whatIsSaidBehindADispatchIsKept(Container container, String path) throws Exception {
    var servlet = new ChatServlet(path.equals(ASYNC));
    running =
        container.start(
            work, filter(), MAPPED, Map.of("/async/front", dispatching(path), path, servlet));
    servlet.more.countDown();
    try (var reader = new Reader("/async/front")) {
      assertThat(reader.until("data: Hel")).isTrue();
      await().atMost(PATIENCE).until(() -> only().events() == 41);
      servlet.save.countDown();
      assertThat(reader.until("data: [DONE]")).isTrue();
      assertThat(servlet.saved).hasSize(1);
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.header("lastword-stream")).isEqualTo(only().id().value());
    }
    assertThat(has(Outcome.COMPLETED)).isTrue();
  }

  /** It is whole, as it was without the filter, and not half kept. */
  @ParameterizedTest
  @EnumSource(Container.class)
  void whatIsSaidBehindADispatchThatTheFilterIsNotMappedFor_isLeftAlone(Container container)
      throws Exception {
    var servlet = new ChatServlet(false);
    running =
        container.start(
            work,
            filter(),
            Set.of(DispatcherType.REQUEST),
            Map.of("/async/front", dispatching(SYNC), SYNC, servlet));
    servlet.more.countDown();
    servlet.save.countDown();
    try (var reader = new Reader("/async/front")) {
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).filteredOn(line -> line.equals("data: .")).hasSize(40);
      assertThat(reader.lines).contains("data: [DONE]");
      assertThat(reader.header("lastword-stream")).isEmpty();
    }
    assertThat(lastword.list(Owner.of("ann"), new StreamQuery(null, null, null, null, null, 10)))
        .isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void aFailureThatIsSaidWithoutItsBlankLineIsNoCleanEnd(Container container) throws Exception {
    start(container, filter(), SYNC, saying("data: Hel\n\nevent: error\ndata: key 4711\n"));
    try (var reader = new Reader(SYNC)) {
      assertThat(reader.endsCleanly()).isFalse();
      assertThat(reader.lines).contains("event: error").noneMatch(line -> line.contains("4711"));
    }
    assertThat(has(Outcome.FAILED)).isTrue();
    assertThat(only().reason()).isEqualTo("response_failed");
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void aMarkerWithoutItsBlankLineIsSaid_andATokenIsNot(Container container) throws Exception {
    var chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n";
    start(
        container,
        LastwordFilter.of(lastword)
            .owners(request -> Owner.of("ann"))
            .dialect(Dialects.named("openai-chat").orElseThrow()),
        SYNC,
        saying(chunk + "data: [DONE]\n"));
    try (var reader = new Reader(SYNC)) {
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).contains("data: [DONE]");
    }
    assertThat(has(Outcome.COMPLETED)).isTrue();
  }

  private static HttpServlet saying(String text) {
    return controller(
        (request, response) -> {
          response.setContentType("text/event-stream");
          response.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        });
  }

  /** The servlet's bound is its own, and not that of the save or of a reader. */
  @ParameterizedTest
  @EnumSource(Container.class)
  void whatHasCompletedInTimeDoesNotTimeOut(Container container) throws Exception {
    lastword.close();
    lastword = Lastword.at(dir).saver(saved -> Thread.sleep(4_000)).open();
    var servlet =
        new ChatServlet(true) {
          private static final long serialVersionUID = 1;

          @Override
          void write(OutputStream out) throws IOException {
            say(out, "Hel");
            say(out, "[DONE]");
          }

          @Override
          long timeoutMs() {
            return 1_000;
          }
        };
    start(container, filter(), ASYNC, servlet);
    try (var reader = new Reader(ASYNC)) {
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).contains("data: [DONE]");
    }
    assertThat(has(Outcome.COMPLETED)).isTrue();
    await().atMost(PATIENCE).until(() -> !servlet.listened.isEmpty());
    assertThat(servlet.listened).containsExactly("complete");
    assertThat(servlet.thrown).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void whatDoesNotCompleteInTimeHasFailed(Container container) throws Exception {
    var servlet =
        new ChatServlet(true) {
          private static final long serialVersionUID = 1;

          @Override
          long timeoutMs() {
            return 1_000;
          }
        };
    start(container, filter(), ASYNC, servlet);
    try (var reader = new Reader(ASYNC)) {
      assertThat(reader.until("data: Hel")).isTrue();
      assertThat(reader.until("event: error")).isTrue();
    }
    assertThat(has(Outcome.FAILED)).isTrue();
    assertThat(only().reason()).isEqualTo("timeout");
    assertThat(servlet.listened).contains("timeout");
    servlet.more.countDown();
    await().atMost(PATIENCE).until(() -> !servlet.thrown.isEmpty());
  }

  @ParameterizedTest
  @CsvSource({"TOMCAT,false", "TOMCAT,true", "JETTY,false", "JETTY,true"})
  void whatIsNoEventStreamIsNotTouched(Container container, boolean async) throws Exception {
    start(
        container,
        filter(),
        async ? ASYNC : SYNC,
        new HttpServlet() {
          private static final long serialVersionUID = 1;

          @Override
          protected void doGet(HttpServletRequest request, HttpServletResponse response)
              throws IOException {
            response.setContentType("application/json");
            response.setContentLength(2);
            response.setHeader("X-One", "1");
            if (!async) {
              response.getWriter().print("{}");
              return;
            }
            var context = request.startAsync();
            context.start(
                () -> {
                  try {
                    context.getResponse().getOutputStream().print("{}");
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                  context.complete();
                });
          }
        });

    var response = get("GET", async ? ASYNC : SYNC);
    assertThat(response.body()).isEqualTo("{}");
    assertThat(response.headers().firstValue("Content-Length")).contains("2");
    assertThat(response.headers().firstValue("X-One")).contains("1");
    assertThat(response.headers().firstValue("Lastword-Stream")).isEmpty();
  }
}
