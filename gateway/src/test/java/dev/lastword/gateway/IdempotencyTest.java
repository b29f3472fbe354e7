package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Home;
import dev.lastword.stream.Owner;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Whoever asks the same again under the same key is told the same, and no model is paid twice. */
class IdempotencyTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASKED =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String KEY = "Idempotency-Key: k-1";
  private static final String REPLAYED = "lastword-replayed";

  @TempDir Path folder;
  private final Semaphore more = new Semaphore(0);
  private ScriptedUpstream upstream;
  private TestGateway gateway;

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(CHAT, x -> x.stream().delta("Hello").finish().data("[DONE]").end());
    upstream.on(
        "/slow/chat/completions",
        x -> {
          x.stream().delta("Hel");
          wait(more);
          x.delta("lo").finish().data("[DONE]").end();
        });
    gateway = TestGateway.start(folder.resolve("data"), upstream);
  }

  @AfterEach
  void stop() throws Exception {
    more.release(1000);
    gateway.close();
    upstream.close();
  }

  private static void wait(Semaphore permit) throws IOException {
    try {
      if (!permit.tryAcquire(20, TimeUnit.SECONDS)) {
        throw new IOException("nobody let it go on");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private RawClient.Reply post(String target, String body, String... fields) throws IOException {
    try (var client = gateway.client()) {
      return client.post(target, body, fields).reply();
    }
  }

  private int asked() {
    return upstream.exchanges().size();
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 0"})
  void givenAnswersThatAreKeptForLessThanADay_whenItStarts_thenItWarnsThatKeysGoWithThem(
      String days, int warnings) {
    gateway.close();
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    var log = (Logger) LoggerFactory.getLogger("dev.lastword");
    log.addAppender(lines);
    try {
      gateway =
          TestGateway.start(
              folder.resolve("data"), upstream.url(), Map.of(Setting.RETENTION_AGE, days));
    } finally {
      log.detachAppender(lines);
    }

    assertThat(List.copyOf(lines.list))
        .filteredOn(line -> line.getLevel() == Level.WARN)
        .extracting(ILoggingEvent::getFormattedMessage)
        .filteredOn(
            said -> said.contains("retention.days=" + days) && said.contains("Idempotency-Key"))
        .hasSize(warnings);
  }

  // --- streams

  @Test
  void givenAnAnswerThatIsOver_whenTheSameIsAskedUnderItsKey_thenItIsTheSameBytes_andNoCall()
      throws Exception {
    var first = post(CHAT, ASKED, KEY);
    var again = post(CHAT, ASKED, KEY);

    assertThat(again.body()).isEqualTo(first.body()).contains("Hello", "[DONE]");
    assertThat(again.end()).isEqualTo(first.end());
    assertThat(again.header("content-type")).isEqualTo(first.header("content-type"));
    assertThat(again.header("lastword-stream")).isEqualTo(first.header("lastword-stream"));
    assertThat(again.headers()).containsEntry(REPLAYED, "true");
    assertThat(first.headers()).doesNotContainKey(REPLAYED);
    assertThat(asked()).isOne();
    assertThat(gateway.get("/metrics").body()).contains("lastword_relay_replayed_total 1.0");
  }

  @Test
  void givenAnAnswerThatRuns_whenTheSameIsAskedUnderItsKey_thenItIsReadFromItsFirstEvent()
      throws Exception {
    try (var one = gateway.client();
        var two = gateway.client()) {
      var first = one.post("/slow/chat/completions", ASKED, KEY).head();
      one.readUntil("Hel");
      var second = two.post("/slow/chat/completions", ASKED, KEY).head();
      two.readUntil("Hel");
      more.release();

      assertThat(second.headers()).containsEntry(REPLAYED, "true");
      assertThat(two.body(second, Long.MAX_VALUE).body())
          .isEqualTo(one.body(first, Long.MAX_VALUE).body())
          .contains("[DONE]");
    }
    assertThat(asked()).isOne();
  }

  @Test
  void givenManyAtTheSameMoment_thenOneCallIsMade_andAllHaveItsAnswer() throws Exception {
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<RawClient.Reply>> replies =
          pool.invokeAll(
              Collections.nCopies(20, (Callable<RawClient.Reply>) () -> post(CHAT, ASKED, KEY)));
      var body = replies.getFirst().get().body();
      int replayed = 0;
      for (var reply : replies) {
        assertThat(reply.get().body()).isEqualTo(body).contains("[DONE]");
        replayed += reply.get().headers().containsKey(REPLAYED) ? 1 : 0;
      }
      assertThat(replayed).isEqualTo(19);
    }
    assertThat(asked()).isOne();
  }

  @Test
  void givenAClientThatLeft_whenItAsksAgain_thenItGetsTheWholeAnswer() throws Exception {
    try (var client = gateway.client()) {
      client.post("/slow/chat/completions", ASKED, KEY).head();
      client.readUntil("Hel");
    }
    more.release();

    assertThat(post("/slow/chat/completions", ASKED, KEY).body()).contains("Hel", "lo", "[DONE]");
    assertThat(asked()).isOne();
  }

  @Test
  void givenAnAnswerThatFailed_thenItsPartAndItsFailureAreTold_andNotAnotherAnswer()
      throws Exception {
    upstream.on("/cut/chat/completions", x -> x.stream().delta("Hel").cut());
    var first = post("/cut/chat/completions", ASKED, KEY);
    var again = post("/cut/chat/completions", ASKED, KEY);

    assertThat(again.body()).isEqualTo(first.body()).contains("Hel");
    assertThat(again.end()).isEqualTo(first.end());
    assertThat(asked()).isOne();
  }

  // --- the same, or another

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/chat/completions | {\"stream\":true,\"messages\":[]}",
        "/v1/chat/completions?x=1 | SAME",
        "/other/chat/completions | SAME",
      })
  void givenAnotherRequestUnderTheKey_thenItIsRefused_andNoCallIsMade(String target, String body)
      throws Exception {
    post(CHAT, ASKED, KEY);

    var other = post(target, body.equals("SAME") ? ASKED : body, KEY);

    assertThat(other.status()).isEqualTo(422);
    assertThat(other.body()).contains("idempotency_key_reused", "\"field\":\"Idempotency-Key\"");
    assertThat(asked()).isOne();
  }

  @Test
  void givenTheKeyInQuotationMarks_asTheDraftHasIt_thenItIsTheSameKey() throws Exception {
    post(CHAT, ASKED, "Idempotency-Key: \"k-1\"");

    assertThat(post(CHAT, ASKED, KEY).headers()).containsEntry(REPLAYED, "true");
  }

  @Test
  void givenTheKeyOfAnother_thenItIsOnesOwn() throws Exception {
    var mine = post(CHAT, ASKED, KEY, "Authorization: Bearer one");
    var theirs = post(CHAT, ASKED, KEY, "Authorization: Bearer two");
    var other = post(CHAT, "{\"stream\":true}", KEY, "Authorization: Bearer three");

    assertThat(theirs.headers()).doesNotContainKey(REPLAYED);
    assertThat(theirs.header("lastword-stream")).isNotEqualTo(mine.header("lastword-stream"));
    assertThat(other.status()).isEqualTo(200);
    assertThat(asked()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"''", "\u00e4", "LONG", "\t"})
  void givenNoKeyThatCanBeOne_thenTheFieldAndTheLimitAreNamed(String key) throws Exception {
    var value = key.equals("LONG") ? "x".repeat(256) : key.equals("''") ? "" : key;

    var reply = post(CHAT, ASKED, "Idempotency-Key: " + value);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.body()).contains("Idempotency-Key").containsAnyOf("255", "field value");
    assertThat(asked()).isZero();
  }

  @Test
  void givenAKeyAndAChosenId_thenOneOfThemIsAskedFor() throws Exception {
    assertThat(post(CHAT, ASKED, KEY, "Lastword-Stream: my-own-stream-id").status()).isEqualTo(400);
  }

  @Test
  void givenAGet_thenItsKeyIsTheUpstreamsBusiness() throws Exception {
    upstream.on("/page", x -> x.respond(200, "text/plain", "page"));
    for (int i = 0; i < 2; i++) {
      try (var client = gateway.client()) {
        assertThat(client.get("/page", KEY).reply().body()).isEqualTo("page");
      }
    }
    assertThat(asked()).isEqualTo(2);
  }

  @Test
  void givenABodyLargerThanMayBeKept_thenTheLimitIsNamed() throws Exception {
    var set = Map.of(Setting.REPEATED, "0");
    try (var small = TestGateway.start(folder.resolve("small"), upstream.url(), set);
        var client = small.client()) {
      var reply = client.post(CHAT, "\"" + "x".repeat(2 << 20) + "\"", KEY).reply();

      assertThat(reply.status()).isEqualTo(413);
      assertThat(reply.body()).contains("Idempotency-Key", "1048576");
    }
    assertThat(asked()).isZero();
  }

  // --- what is no stream

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 15, 70_000, 1 << 20})
  void givenAnAnswerThatIsNoStream_thenStatusFieldsAndBodyAreTheSame(int length) throws Exception {
    upstream.on("/v1/embeddings", x -> x.respond(201, "application/json", "é".repeat(length / 2)));

    var first = post("/v1/embeddings", ASKED, KEY);
    var again = post("/v1/embeddings", ASKED, KEY);

    assertThat(first.status()).isEqualTo(201);
    assertThat(first.body()).isEqualTo("é".repeat(length / 2));
    assertThat(again.status()).isEqualTo(201);
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(again.header("content-type")).isEqualTo("application/json");
    assertThat(again.headers()).containsEntry(REPLAYED, "true");
    assertThat(asked()).isOne();
  }

  @Test
  void givenCookiesOfAnAnswerThatIsNoStream_thenTheClientThatAskedFirstHasThem_andNobodyElse()
      throws Exception {
    upstream.on(
        "/session",
        x ->
            x.raw(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: sid=1; Path=/\r\n"
                    + "Set-Cookie: theme=dark\r\nContent-Length: 2\r\n\r\n{}"));

    var first = post("/session", ASKED, KEY);
    var again = post("/session", ASKED, KEY);

    assertThat(first.header("set-cookie")).isEqualTo("sid=1; Path=/\ntheme=dark");
    assertThat(first.header("content-length")).isEqualTo("2");
    assertThat(again.body()).isEqualTo("{}");
    assertThat(again.headers()).doesNotContainKey("set-cookie");
    assertThat(asked()).isOne();
  }

  @Test
  void givenAnAnswerThatComesInParts_thenTheyGoOnAsTheyCome_butForTheLast() throws Exception {
    upstream.on(
        "/text",
        x -> {
          x.raw(
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
          x.chunk("one ").chunk("two ");
          wait(more);
          x.chunk("three").end();
        });
    try (var client = gateway.client()) {
      var head = client.post("/text", ASKED, KEY).head();
      client.readUntil("one ");
      more.release();
      assertThat(client.body(head, Long.MAX_VALUE).body()).endsWith("three");
    }
    assertThat(post("/text", ASKED, KEY).body()).isEqualTo("one two three");
    assertThat(asked()).isOne();
  }

  @Test
  void givenAnAnswerThatCannotBeKept_thenItPasses_andTheKeySaysSo() throws Exception {
    var large = "x".repeat((1 << 20) + 1);
    upstream.on("/file", x -> x.respond(200, "text/plain", large));

    assertThat(post("/file", ASKED, KEY).body()).isEqualTo(large);
    var again = post("/file", ASKED, KEY);

    assertThat(again.status()).isEqualTo(409);
    assertThat(again.body()).contains("idempotency_not_kept", "1048576");
    assertThat(asked()).isOne();
  }

  @Test
  void givenNoMemoryForAnAnswer_whenThereIsSomeAgain_thenItIsKeptForItsKey() throws Exception {
    var large = "x".repeat(20 << 10);
    upstream.on("/v1/embeddings", x -> x.respond(200, "application/json", large));
    upstream.on(
        "/holding/chat/completions",
        x -> {
          wait(more);
          x.respond(200, "application/json", "{}");
        });
    var set = Map.of(Setting.ANSWER_BYTES, "100000");
    try (var small = TestGateway.start(folder.resolve("small"), upstream.url(), set);
        var holding = small.client();
        var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      holding.post("/holding/chat/completions", "\"" + "y".repeat(40 << 10) + "\"");
      Awaitility.await().until(() -> asked() == 1);

      var first = pool.submit(() -> small.post("/v1/embeddings", ASKED, KEY.split(": ")).body());
      Awaitility.await().until(() -> asked() == 2);
      Awaitility.await().during(300, TimeUnit.MILLISECONDS).until(() -> !first.isDone());
      more.release();

      assertThat(first.get()).isEqualTo(large);
      assertThat(small.post("/v1/embeddings", ASKED, KEY.split(": ")).body()).isEqualTo(large);
    }
    assertThat(asked()).isEqualTo(2);
  }

  @Test
  void givenNoMemoryForARequest_thenItIsToldToComeBack_andThenItsKeyIsAnswered() throws Exception {
    upstream.on(
        "/holding/chat/completions",
        x -> {
          wait(more);
          x.respond(200, "application/json", "{}");
        });
    var set = Map.of(Setting.ANSWER_BYTES, "2500000");
    var body = "\"" + "x".repeat(3 << 20) + "\"";
    try (var small = TestGateway.start(folder.resolve("small"), upstream.url(), set);
        var holding = small.client()) {
      holding.post("/holding/chat/completions", "\"" + "y".repeat(40 << 10) + "\"");
      Awaitility.await().until(() -> asked() == 1);

      var refused = small.post(CHAT, body, KEY.split(": "));

      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("retry-after")).isPresent();
      more.release();
      assertThat(holding.reply().status()).isEqualTo(200);
      assertThat(small.post(CHAT, body, KEY.split(": ")).body()).contains("[DONE]");
    }
    assertThat(asked()).isEqualTo(2);
  }

  @Test
  void givenMemoryThatEndsBehindTheFirstMiB_thenThatIsNotTakenForALongBody() {
    var budget = new ResponseBudget(3 << 20);
    try (var start = new BodyStart(8 << 20, ContentCoding.NONE, 8 << 20, budget)) {
      var first = Unpooled.wrappedBuffer(new byte[BodyStart.BYTES_MAX + 1]);
      var next = Unpooled.wrappedBuffer(new byte[1]);
      assertThat(start.add(first)).isTrue();
      var other = budget.take(budget.bytesMax() - budget.taken()).orElseThrow();

      assertThat(start.add(next)).as("enough to be looked at").isTrue();

      assertThat(start.isWhole()).isFalse();
      assertThat(start.lackedMemory()).isTrue();
      other.close();
    }
    assertThat(budget.taken()).isZero();
  }

  @Test
  void givenAnAnswerThatCannotBeReadForAMoment_thenItsKeyIsToldToComeBack_andThenHasIt()
      throws Exception {
    upstream.on("/v1/embeddings", x -> x.respond(200, "application/json", "{\"a\":1}"));
    post("/v1/embeddings", ASKED, KEY);
    Awaitility.await()
        .until(() -> gateway.get("/metrics").body().contains("lastword_streams_unarchived 0"));
    gateway.restart();
    archive("ALTER TABLE events RENAME TO elsewhere");

    var refused = post("/v1/embeddings", ASKED, KEY);

    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.body()).contains("read_failed");
    assertThat(refused.headers()).containsKey("retry-after");
    archive("ALTER TABLE elsewhere RENAME TO events");
    assertThat(post("/v1/embeddings", ASKED, KEY).body()).isEqualTo("{\"a\":1}");
    assertThat(asked()).isOne();
  }

  private void archive(String sql) throws SQLException {
    var file = folder.resolve("data").resolve("archive.db");
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{\"a\":"})
  void givenAnAnswerThatBreaksOff_thenItIsAFailure_andTheKeyIsFree(String begun) throws Exception {
    upstream.on(
        "/v1/embeddings",
        x ->
            x.raw(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"
                        + begun)
                .cut());

    assertThat(post("/v1/embeddings", ASKED, KEY).status()).isEqualTo(502);
    assertThat(post("/v1/embeddings", ASKED, KEY).status()).isEqualTo(502);
    assertThat(asked()).isEqualTo(2);
  }

  @Test
  void givenAClientThatLeft_thenTheAnswerThatIsNoStreamIsKeptForIt() throws Exception {
    upstream.on(
        "/v1/embeddings",
        x -> {
          wait(more);
          x.respond(200, "application/json", "{\"a\":1}");
        });
    try (var client = gateway.client()) {
      client.post("/v1/embeddings", ASKED, KEY, "Lastword-On-Disconnect: continue");
      Awaitility.await().until(() -> asked() == 1);
    }
    more.release();

    assertThat(post("/v1/embeddings", ASKED, KEY).body()).isEqualTo("{\"a\":1}");
    assertThat(asked()).isOne();
  }

  // --- nothing came of it

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 404, 409, 429, 500, 503})
  void givenAnErrorInPlaceOfAnAnswer_thenTheKeyIsFree(int status) throws Exception {
    upstream.on("/busy/chat/completions", x -> x.respond(status, "text/plain", "no"));

    assertThat(post("/busy/chat/completions", ASKED, KEY).status()).isEqualTo(status);
    assertThat(post("/busy/chat/completions", ASKED, KEY).status()).isEqualTo(status);
    assertThat(asked()).isEqualTo(2);
    assertThat(post(CHAT, ASKED, KEY).body()).contains("[DONE]");
  }

  @Test
  void givenAFailureWhileOthersWait_thenTheNextOfThemAsks() throws Exception {
    var first = new CountDownLatch(1);
    upstream.on(
        "/flaky/chat/completions",
        x -> {
          if (first.getCount() == 1) {
            first.countDown();
            wait(more);
            x.respond(500, "text/plain", "no");
          } else {
            x.stream().delta("Hello").finish().data("[DONE]").end();
          }
        });
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      var one = pool.submit(() -> post("/flaky/chat/completions", ASKED, KEY));
      first.await();
      var two = pool.submit(() -> post("/flaky/chat/completions", ASKED, KEY));
      Awaitility.await()
          .until(() -> gateway.get("/metrics").body().contains("lastword_upstream_calls 2.0"));
      more.release();

      assertThat(one.get().status()).isEqualTo(500);
      assertThat(two.get().body()).contains("[DONE]");
      assertThat(two.get().headers()).doesNotContainKey(REPLAYED);
    }
  }

  // --- restarts

  @ParameterizedTest
  @ValueSource(strings = {CHAT, "/v1/embeddings"})
  void givenARestart_thenTheKeyAndTheAnswerAreStillThere(String path) throws Exception {
    upstream.on("/v1/embeddings", x -> x.respond(200, "application/json", "{\n \"a\":1}"));
    var first = post(path, ASKED, KEY);
    post(path, "{\"other\":1}", "Idempotency-Key: k-2");
    gateway.restart();

    var again = post(path, ASKED, KEY);

    assertThat(again.body()).isEqualTo(first.body());
    assertThat(again.headers()).containsEntry(REPLAYED, "true");
    assertThat(post(path, ASKED, "Idempotency-Key: k-2").status()).isEqualTo(422);
    assertThat(asked()).isEqualTo(2);
  }

  @Test
  void givenAKeyThatIsFreeAgain_whenItIsUsedAndTheProcessRestarts_thenItIsTheNewAnswer()
      throws Exception {
    upstream.on("/busy/chat/completions", x -> x.respond(429, "text/plain", "no"));
    post("/busy/chat/completions", ASKED, KEY);
    var answer = post(CHAT, ASKED, KEY);
    gateway.restart();

    assertThat(post(CHAT, ASKED, KEY).body()).isEqualTo(answer.body());
    gateway.restart();
    assertThat(post(CHAT, ASKED, KEY).body()).isEqualTo(answer.body());
    assertThat(asked()).isEqualTo(2);
  }

  @Test
  void givenADeletedAnswer_thenItsKeyIsFree() throws Exception {
    var id = post(CHAT, ASKED, KEY).header("lastword-stream");
    gateway.send(gateway.request("/api/streams/" + id).DELETE().build());

    assertThat(post(CHAT, ASKED, KEY).headers()).doesNotContainKey(REPLAYED);
    assertThat(asked()).isEqualTo(2);
  }

  @Test
  void givenKill9BetweenTheClaimAndTheAnswer_thenTheModelIsNotAskedTwice() throws Exception {
    upstream.on("/hanging/chat/completions", x -> wait(more));
    var serve =
        List.of(
            "serve",
            "--upstream",
            upstream.url(),
            "--listen",
            "127.0.0.1:0",
            "--data",
            folder.resolve("killed").toString());
    try (var process = GatewayProcess.start(folder, List.of(), Map.of(), serve);
        var client = new RawClient(process.ready())) {
      client.post("/hanging/chat/completions", ASKED, KEY);
      Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> asked() == 1);
      process.kill();
    }
    Files.deleteIfExists(folder.resolve("err"));
    try (var process = GatewayProcess.start(folder, List.of(), Map.of(), serve);
        var client = new RawClient(process.ready());
        var other = new RawClient(process.ready())) {
      var again = client.post("/hanging/chat/completions", ASKED, KEY).reply();

      assertThat(again.status()).isEqualTo(409);
      assertThat(again.body()).contains("idempotency_interrupted");
      assertThat(other.post(CHAT, ASKED, "Idempotency-Key: k-2").reply().body()).contains("[DONE]");
    }
    assertThat(asked()).isEqualTo(2);
  }

  // --- retries of SDKs, without a key

  private static String retry(int count) {
    return "x-stainless-retry-count: " + count;
  }

  @Test
  void givenAnSdkWhoseConnectionBrokeBeforeTheAnswer_whenItRetries_thenItGetsThatAnswer()
      throws Exception {
    upstream.on(
        "/late/chat/completions",
        x -> {
          wait(more);
          x.stream().delta("Hello").finish().data("[DONE]").end();
        });
    try (var client = gateway.client()) {
      client.post("/late/chat/completions", ASKED, retry(0));
      Awaitility.await().until(() -> asked() == 1);
    }
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      var again = pool.submit(() -> post("/late/chat/completions", ASKED, retry(1)));
      Awaitility.await()
          .until(() -> gateway.get("/metrics").body().contains("lastword_upstream_calls 2.0"));
      more.release();

      assertThat(again.get().body()).contains("Hello", "[DONE]");
      assertThat(again.get().headers()).containsEntry(REPLAYED, "true");
    }
    assertThat(asked()).isOne();
  }

  @Test
  void givenAnSdkWhoseConnectionBrokeAtTheHead_whenItRetries_thenItReadsTheSameStream()
      throws Exception {
    try (var client = gateway.client()) {
      client.post("/slow/chat/completions", ASKED, retry(0)).head();
      client.readUntil("Hel");
    }
    Awaitility.await()
        .until(
            () ->
                gateway.json("/api/streams").get("streams").get(0).get("subscribers").asInt() == 0);
    try (var client = gateway.client()) {
      var head = client.post("/slow/chat/completions", ASKED, retry(1)).head();
      more.release();
      assertThat(client.body(head, Long.MAX_VALUE).body()).contains("Hel", "lo", "[DONE]");
      assertThat(head.headers()).containsEntry(REPLAYED, "true");
    }
    assertThat(asked()).isOne();
  }

  @Test
  void givenAnSdkWhoseBrokenConnectionCancelledTheAnswer_whenItRetries_thenItIsAnsweredAnew()
      throws Exception {
    var cancel = "Lastword-On-Disconnect: cancel";
    RawClient.Reply first;
    try (var client = gateway.client()) {
      first = client.post("/slow/chat/completions", ASKED, retry(0), cancel).head();
      client.readUntil("Hel");
    }
    assertThat(gateway.ended(first.header("lastword-stream")).get("outcome").asString())
        .isEqualTo("cancelled");
    more.release(2);

    var again = post("/slow/chat/completions", ASKED, retry(1), cancel);

    assertThat(again.body()).contains("Hel", "lo", "[DONE]").doesNotContain("error");
    assertThat(again.headers()).doesNotContainKey(REPLAYED);
    assertThat(asked()).isEqualTo(2);
  }

  @Test
  void givenAnSdkThatLostTheWholeAnswer_whenItRetriesSoon_thenItGetsIt() throws Exception {
    var first = post(CHAT, ASKED, retry(0));
    var again = post(CHAT, ASKED, retry(1));

    assertThat(again.headers()).containsEntry(REPLAYED, "true");
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(post(CHAT, ASKED, retry(1), "Authorization: Bearer other").headers())
        .doesNotContainKey(REPLAYED);
    assertThat(post(CHAT, ASKED, retry(0)).headers()).doesNotContainKey(REPLAYED);
    assertThat(asked()).isEqualTo(3);
  }

  @Test
  void givenARetryAfterARefusal_thenTheUpstreamIsAsked_thoughAnotherHasAnAnswerToTheSame()
      throws Exception {
    var answers = new AtomicInteger();
    upstream.on(
        "/busy/chat/completions",
        x -> {
          if (answers.getAndIncrement() == 1) {
            x.respond(429, "text/plain", "no");
          } else {
            x.stream().delta("Hello").finish().data("[DONE]").end();
          }
        });
    post("/busy/chat/completions", ASKED, retry(0));
    assertThat(post("/busy/chat/completions", ASKED, retry(0)).status()).isEqualTo(429);
    var own = post("/busy/chat/completions", ASKED, retry(1));

    assertThat(own.headers()).doesNotContainKey(REPLAYED);
    assertThat(own.body()).contains("[DONE]");
    assertThat(asked()).isEqualTo(3);
  }

  @Test
  void givenRefusalsThatNobodyCameBackFrom_whenALaterRequestBreaks_thenItsRetryGetsItsAnswer()
      throws Exception {
    var answers = new AtomicInteger();
    upstream.on(
        "/busy/chat/completions",
        x -> {
          if (answers.getAndIncrement() < 3) {
            x.respond(503, "text/plain", "no");
          } else {
            wait(more);
            x.stream().delta("Hello").finish().data("[DONE]").end();
          }
        });
    for (int count = 0; count < 3; count++) {
      assertThat(post("/busy/chat/completions", ASKED, retry(count)).status()).isEqualTo(503);
    }
    try (var client = gateway.client()) {
      client.post("/busy/chat/completions", ASKED, retry(0));
      Awaitility.await().until(() -> asked() == 4);
    }
    assertItsRetryIsAnswered("/busy/chat/completions", 4);
  }

  @Test
  void givenAnAnswerThatWasNoStream_whenALaterRequestBreaks_thenItsRetryGetsItsAnswer()
      throws Exception {
    var answers = new AtomicInteger();
    upstream.on(
        "/either/chat/completions",
        x -> {
          if (answers.getAndIncrement() == 0) {
            x.respond(200, "application/json", "{}");
          } else {
            wait(more);
            x.stream().delta("Hello").finish().data("[DONE]").end();
          }
        });
    assertThat(post("/either/chat/completions", ASKED, retry(0)).body()).isEqualTo("{}");
    try (var client = gateway.client()) {
      client.post("/either/chat/completions", ASKED, retry(0));
      Awaitility.await().until(() -> asked() == 2);
    }
    assertItsRetryIsAnswered("/either/chat/completions", 2);
  }

  private void assertItsRetryIsAnswered(String path, int calls) throws Exception {
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      var again = pool.submit(() -> post(path, ASKED, retry(1)));
      Awaitility.await()
          .until(() -> gateway.get("/metrics").body().contains("lastword_upstream_calls 2.0"));
      more.release(2);

      assertThat(again.get().body()).contains("Hello", "[DONE]");
      assertThat(again.get().headers()).containsEntry(REPLAYED, "true");
    }
    assertThat(asked()).isEqualTo(calls);
  }

  @Test
  void givenTheSameAskedOnceMoreOnPurpose_whenThatBreaksAndIsRetried_thenItIsNotTheEarlierAnswer()
      throws Exception {
    var answers = new AtomicInteger();
    upstream.on(
        "/again/chat/completions",
        x -> {
          int number = answers.incrementAndGet();
          if (number == 2) {
            wait(more);
          }
          x.stream().delta("answer-" + number).finish().data("[DONE]").end();
        });
    assertThat(post("/again/chat/completions", ASKED, retry(0)).body()).contains("answer-1");
    try (var client = gateway.client()) {
      client.post("/again/chat/completions", ASKED, retry(0));
      Awaitility.await().until(() -> asked() == 2);
    }
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      var again = pool.submit(() -> post("/again/chat/completions", ASKED, retry(1)));
      Awaitility.await()
          .until(
              () ->
                  again.isDone()
                      || gateway.get("/metrics").body().contains("lastword_upstream_calls 2.0"));
      more.release();

      assertThat(again.get().body()).contains("answer-2");
    }
    assertThat(asked()).isEqualTo(2);
  }

  @Test
  void givenAWrongLengthOrNone_thenARetryIsRelayedAsAnyOther() throws Exception {
    upstream.on("/page", x -> x.respond(200, "text/plain", "page"));

    assertThat(post("/page", "", retry(1)).body()).isEqualTo("page");
    assertThat(post("/page", "x".repeat(2 << 20), retry(1)).body()).isEqualTo("page");
    assertThat(post("/page", "{}", retry(1)).body()).isEqualTo("page");
  }

  @Test
  void givenOneThatIsAwaitedForLong_thenThoseBehindItAreForgottenAllTheSame() {
    var now = new AtomicLong();
    var retries = new Retries(now::get);
    retries.asked(same(0));
    for (int i = 1; i <= 50_000; i++) {
      retries.asked(same(i));
      retries.refused(same(i), 0);
      now.addAndGet(TimeUnit.MILLISECONDS.toNanos(1));
    }
    assertThat(retries.size()).isLessThan(10_010);

    now.addAndGet(TimeUnit.MINUTES.toNanos(2));
    retries.asked(same(1));
    assertThat(retries.size()).isEqualTo(2);
    var told = new AtomicInteger();
    retries.find(same(0), 1, _ -> told.incrementAndGet());
    assertThat(told.get()).as("still awaited").isZero();
  }

  @Test
  void givenAnswersThatNobodyAsksForAgain_thenTheyAreForgottenInTime() {
    var now = new AtomicLong();
    var later = new ArrayDeque<Runnable>();
    var retries = new Retries(now::get);
    for (int i = 0; i < 10; i++) {
      retries.asked(same(i));
      retries.began(same(i), begun(i, 10));
      retries.letGoInTime(new LaterHome(later));
    }
    assertThat(later).hasSize(1);

    now.addAndGet(TimeUnit.SECONDS.toNanos(61));
    later.remove().run();

    assertThat(retries.size()).isZero();
    assertThat(later).isEmpty();
  }

  @Test
  void givenAnswersWithLongHeads_thenFewerAreRemembered_theNewestOfThem() {
    var retries = new Retries(System::nanoTime);
    for (int i = 0; i < 2_000; i++) {
      retries.asked(same(i));
      retries.began(same(i), begun(i, 30_000));
    }

    assertThat(retries.size()).isBetween(100, 140);
    var told = new ArrayList<Retries.Begun>();
    retries.find(same(1_999), 1, begun -> begun.ifPresent(told::add));
    retries.find(same(1_000), 1, begun -> begun.ifPresent(told::add));
    assertThat(told).hasSize(1);
  }

  private static Retries.Begun begun(int number, int bytes) {
    var headers = new DefaultHttpHeaders().add("x-long", "x".repeat(bytes));
    return new Retries.Begun(
        new StreamId("stream-of-answer-" + number), new KeptHead(200, headers));
  }

  /** Keeps what is to be run later. */
  private record LaterHome(Queue<Runnable> later) implements Home {
    @Override
    public boolean isCurrent() {
      return true;
    }

    @Override
    public Timer schedule(long delayMs, Runnable task) {
      later.add(task);
      return () -> later.remove(task);
    }

    @Override
    public void execute(Runnable task) {
      task.run();
    }
  }

  private static Retries.Same same(int number) {
    return new Retries.Same(Owner.of("a"), new RequestFingerprint("" + number));
  }
}
