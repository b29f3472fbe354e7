package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.cluster.Shard;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two gateways, each with streams of its own, asked for those of the other. */
class FrontTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final Pattern ID = Pattern.compile("(?m)^id: (.*)$");

  @TempDir Path data;
  private final ScriptedCluster cluster = new ScriptedCluster();

  /** What the upstream says next; "." for the end, "!" for a broken connection. */
  private final LinkedBlockingQueue<String> says = new LinkedBlockingQueue<>();

  private final CountDownLatch over = new CountDownLatch(1);
  private ScriptedUpstream upstream;
  private Node nodeOfB;
  private TestGateway a;
  private TestGateway b;
  private CutWire toA;
  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start().on(CHAT, this::answer);
    open(Map.of());
  }

  private void open(Map<Setting, String> set) throws Exception {
    a = gateway("a", set, new Standing.First(cluster.node(1)));
    nodeOfB = cluster.node(2);
    Files.createDirectories(data.resolve("b"));
    Files.copy(data.resolve("a/access.keys"), data.resolve("b/access.keys"));
    b = gateway("b", set, new Standing.First(nodeOfB));
    toA = CutWire.to(a.gateway().address());
    cluster.at(1, toA.url());
    cluster.at(2, b.url());
  }

  private TestGateway gateway(String name, Map<Setting, String> set, Standing standing) {
    return TestGateway.standing(data.resolve(name), upstream.url(), set, standing);
  }

  private void answer(ScriptedUpstream.Exchanged x) throws Exception {
    x.stream();
    for (var word = says.take(); !word.equals("."); word = says.take()) {
      if (word.equals("!")) {
        x.reset();
        return;
      }
      x.delta(word);
    }
    x.finish().data("[DONE]").end();
  }

  private void says(String... words) {
    says.addAll(List.of(words));
  }

  @AfterEach
  void stop() throws Exception {
    over.countDown();
    says(".", ".", ".", ".");
    for (var one : opened) {
      one.close();
    }
    toA.close();
    a.close();
    b.close();
    upstream.close();
  }

  /** A stream that is over, of a gateway's own. */
  private String answered(TestGateway on, String... fields) throws Exception {
    says("half", " whole", ".");
    var response = on.post(CHAT, "{}", fields);
    assertThat(response.statusCode()).isEqualTo(200);
    return response.headers().firstValue("lastword-stream").orElseThrow();
  }

  /** A stream that runs, of a gateway's own, with the connection of whoever asked for it. */
  private String begun(TestGateway on, String... fields) throws Exception {
    says("half");
    var client = on.client();
    opened.add(client);
    var head = client.post(CHAT, "{}", fields).head();
    client.readUntil("half");
    return head.header("lastword-stream");
  }

  // --- one stream

  @Test
  void givenAStream_whenReadOnAnotherNode_thenItIsTheSameToTheByte() throws Exception {
    var id = answered(a);

    assertThat(Shard.of(new dev.lastword.journal.StreamId(id))).contains(new Shard(1));
    var there = b.get("/v1/stream/" + id);
    var here = a.get("/v1/stream/" + id);
    assertThat(withoutRetry(there.body())).isEqualTo(withoutRetry(here.body())).contains("[DONE]");
    assertThat(there.headers().firstValue("lastword-stream")).contains(id);
    assertThat(there.headers().firstValue("content-type")).contains("text/event-stream");
    assertThat(b.json("/api/streams/" + id)).isEqualTo(a.json("/api/streams/" + id));
    assertThat(b.get("/api/streams/" + id + "/response").body()).contains("half whole");
  }

  /** When to come back is other for each reader. */
  private static String withoutRetry(String events) {
    return events.replaceFirst("retry: [0-9]+\n", "");
  }

  @Test
  void givenAReaderWhoHasSeenEverything_whenBackOnAnotherNode_thenThereIsNothingMore()
      throws Exception {
    var id = answered(a);
    var last = a.json("/api/streams/" + id).get("lastId").asString();

    var back = b.get("/v1/stream/" + id, "Last-Event-ID", last);

    assertThat(back.statusCode()).isEqualTo(204);
    assertThat(back.headers().firstValue("lastword-outcome")).contains("completed");
    assertThat(b.get("/v1/stream/" + id, "Last-Event-ID", "99-1").statusCode()).isEqualTo(410);
  }

  @Test
  void givenARunningStream_whenCancelledOnAnotherNode_thenItIs() throws Exception {
    var id = begun(a);

    var cancelled = b.post("/api/streams/" + id + "/cancel", "");

    assertThat(cancelled.statusCode()).isEqualTo(200);
    assertThat(a.ended(id).get("outcome").asString()).isEqualTo("cancelled");
    var over = answered(a);
    assertThat(b.post("/api/streams/" + over + "/cancel", "").statusCode()).isEqualTo(409);
  }

  @Test
  void givenAStream_whenLinkedSavedAndDeletedOnAnotherNode_thenTheOwnerDoesIt() throws Exception {
    var id = answered(a);

    var link = b.post("/api/streams/" + id + "/links", "{\"right\":\"read\",\"seconds\":60}");
    assertThat(link.statusCode()).isEqualTo(201);
    var url = TestGateway.read(link.body()).get("url").asString();
    assertThat(b.get(url).body()).contains("[DONE]");
    assertThat(b.post("/api/streams/" + id + "/save", "").statusCode()).isEqualTo(200);
    assertThat(b.send(b.request("/api/streams/" + id).DELETE().build()).statusCode())
        .isEqualTo(204);
    assertThat(a.get("/api/streams/" + id).statusCode()).isEqualTo(404);
    assertThat(b.get("/v1/stream/" + id).statusCode()).isEqualTo(404);
  }

  @Test
  void givenIdsThatNobodyHas_whenAsked_thenTheyAreNotThere() throws Exception {
    var foreign = new Shard(77).newId().value();

    assertThat(b.get("/v1/stream/" + foreign).statusCode()).isEqualTo(404);
    assertThat(b.get("/v1/stream/" + new Shard(1).newId()).statusCode()).isEqualTo(404);
    assertThat(b.get("/v1/stream/nobody-has-chosen-this").statusCode()).isEqualTo(404);
    assertThat(b.get("/v1/stream/short").statusCode()).isEqualTo(400);
  }

  // --- readers stay

  @Test
  void givenAReaderOnAnotherNode_whenTheWireBetweenIsCut_thenItGoesOnAndMissesNothing()
      throws Exception {
    var id = begun(a);
    try (var reader = b.client()) {
      var head = reader.get("/v1/stream/" + id).head();
      reader.readUntil("half");
      for (int i = 0; i < 5; i++) {
        toA.cut();
        says(" word" + i);
        reader.readUntil(" word" + i);
      }
      toA.cut();
      says(".");
      var rest = reader.body(head, Long.MAX_VALUE);

      assertThat(rest.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).contains("[DONE]");
      assertThat(toA.connections()).isGreaterThan(5);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 17, 40})
  void givenCutsAtAnyTime_whenRead_thenEveryEventComesOnceAndInOrder(int cuts) throws Exception {
    var id = begun(a);
    try (var reader = b.client()) {
      var head = reader.get("/v1/stream/" + id).head();
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  for (int i = 0; i < 200; i++) {
                    says(" w" + i);
                    if (i % (200 / cuts) == 0) {
                      toA.cut();
                    }
                    Thread.sleep(2);
                  }
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                } finally {
                  says(".");
                }
              });

      var read = reader.timeoutMs(60_000).body(head, Long.MAX_VALUE);

      assertThat(read.end()).isEqualTo(RawClient.End.CLEAN);
      var whole = a.get("/v1/stream/" + id).body();
      assertThat(ids(read.body())).isEqualTo(ids(whole)).hasSizeGreaterThan(200);
      assertThat(data(read.body())).isEqualTo(data(whole));
    }
  }

  private static List<String> ids(String events) {
    return ID.matcher(events).results().map(found -> found.group(1)).toList();
  }

  private static List<String> data(String events) {
    return events.lines().filter(line -> line.startsWith("data")).toList();
  }

  @Test
  void givenAReaderOnAnotherNode_whenItIsSentAwayToComeBack_thenItsAnswerIsNotCancelled()
      throws Exception {
    b.close();
    b = gateway("b", Map.of(Setting.ROLLOVER, "1000"), new Standing.First(nodeOfB));
    var id = begun(a, "Lastword-On-Disconnect: cancel");
    try (var reader = b.client();
        var back = b.client()) {
      var head = reader.get("/v1/stream/" + id, "Accept: text/event-stream").head();
      reader.readUntil("half");
      opened.removeLast().close(); // whoever asked for it
      assertThat(reader.body(head, Long.MAX_VALUE).end()).isEqualTo(RawClient.End.CUT);
      await()
          .during(Duration.ofMillis(Rollover.RETRY_MS_MAX))
          .until(() -> a.json("/api/streams/" + id).get("outcome").isNull());

      var rest =
          back.get("/v1/stream/" + id, "Accept: text/event-stream", "Last-Event-ID: 1-1").head();
      says(" whole", ".");
      assertThat(back.body(rest, Long.MAX_VALUE).body()).contains(" whole").contains("[DONE]");
    }
    assertThat(a.ended(id).get("outcome").asString()).isEqualTo("completed");
  }

  @Test
  void givenAnAnswerThatIsCancelledWithoutReaders_whenTheWireBetweenBreaks_thenItIsNot()
      throws Exception {
    var id = begun(a, "Lastword-On-Disconnect: cancel");
    try (var reader = b.client()) {
      var head = reader.get("/v1/stream/" + id).head();
      reader.readUntil("half");
      opened.removeLast().close(); // whoever asked for it
      cluster.nobody(1); // as far as is known: it is not asked again at once
      toA.cut();
      await()
          .during(Duration.ofSeconds(1))
          .until(() -> a.json("/api/streams/" + id).get("outcome").isNull());
      cluster.at(1, toA.url());
      says(" whole", ".");

      var rest = reader.timeoutMs(60_000).body(head, Long.MAX_VALUE);
      assertThat(rest.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).contains(" whole").contains("[DONE]");
    }
    assertThat(a.ended(id).get("outcome").asString()).isEqualTo("completed");
  }

  @Test
  void givenAnAnswerThatIsCancelledWithoutReaders_whenItsReaderOnAnotherNodeLeaves_thenItIs()
      throws Exception {
    var id = begun(a, "Lastword-On-Disconnect: cancel");
    try (var reader = b.client()) {
      reader.get("/v1/stream/" + id).head();
      reader.readUntil("half");
      opened.removeLast().close();
    }
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> !a.json("/api/streams/" + id).get("outcome").isNull());
    assertThat(a.ended(id).get("outcome").asString()).isEqualTo("cancelled");
  }

  @Test
  void givenAnAnswerThatFails_whenReadOnAnotherNode_thenItsReaderIsToldAndNeverOfACleanEnd()
      throws Exception {
    var id = begun(a);
    try (var reader = b.client()) {
      var head = reader.get("/v1/stream/" + id).head();
      reader.readUntil("half");
      says("!");
      var rest = reader.body(head, Long.MAX_VALUE);

      assertThat(rest.end()).isNotEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).contains("error").doesNotContain("[DONE]");
    }
  }

  @Test
  void givenTheNodeDies_whenAnotherTakesItsShardOver_thenReadersWereKeptAndAreToldTheOutcome()
      throws Exception {
    var id = begun(a);
    try (var reader = b.client()) {
      var head = reader.get("/v1/stream/" + id).head();
      reader.readUntil("half");

      a.kill();
      cluster.nobody(1);
      var other = b.get("/api/streams/" + id);
      assertThat(other.statusCode()).isEqualTo(503);
      assertThat(other.body()).contains("shard_unreachable");
      assertThat(other.headers().firstValue("retry-after")).isPresent();

      a = gateway("a", Map.of(), new Standing.Beside(new Shard(1)));
      nodeOfB.serves(new Shard(1), a.gateway().route());

      var rest = reader.timeoutMs(60_000).body(head, Long.MAX_VALUE);
      assertThat(rest.end()).isNotEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body())
          .contains("interrupted")
          .doesNotContain("[DONE]")
          .doesNotContain("half");
      assertThat(b.json("/api/streams/" + id).get("outcome").asString()).isEqualTo("interrupted");
      assertThat(
              b.get(
                      "/v1/stream/" + id,
                      "Last-Event-ID",
                      b.json("/api/streams/" + id).get("lastId").asString())
                  .statusCode())
          .isEqualTo(204);
    }
  }

  @Test
  void givenNobodyHasTheShard_whenAReaderComes_thenItIsKeptAndAnsweredOnceSomebodyHas()
      throws Exception {
    var id = answered(a);
    cluster.nobody(1);
    try (var reader = b.client()) {
      reader.get("/v1/stream/" + id);
      Thread.sleep(1_000);
      cluster.at(1, toA.url());

      var reply = reader.timeoutMs(60_000).reply();

      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(reply.body()).contains("[DONE]");
    }
  }

  /** The stream's node leaves it to the reader's: it knows who comes back by itself. */
  @Test
  void givenARollover_whenReadOnAnotherNode_thenTheReaderIsAskedBackSoonWithItsLastEvent()
      throws Exception {
    toA.close();
    a.close();
    b.close();
    Files.delete(data.resolve("b/access.keys"));
    open(Map.of(Setting.ROLLOVER, "1000"));
    var id = begun(a);
    var talking = Thread.ofVirtual().start(this::talk);
    try (var reader = b.client()) {
      var part = reader.get("/v1/stream/" + id, "Accept: text/event-stream").reply();

      assertThat(part.end()).isEqualTo(RawClient.End.CUT);
      assertThat(part.body())
          .containsPattern("\n\nretry: [1-5]\\d\\d\nid: [^\n]+\ndata: [^\n]+\n\n$");
      assertThat(b.get("/metrics").body()).contains("lastword_subscribers_rolled_over_total 1.0");
      assertThat(a.get("/metrics").body()).contains("lastword_subscribers_rolled_over_total 0.0");
    } finally {
      talking.interrupt();
      talking.join();
    }
  }

  private void talk() {
    try {
      while (true) {
        says(" word");
        Thread.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void givenAShortHeartbeat_whenAReaderWaitsForANode_thenItGetsHeartbeats() throws Exception {
    var id = answered(a);
    b.close();
    b = gateway("b", Map.of(Setting.HEARTBEAT, "200"), new Standing.First(nodeOfB));
    cluster.nobody(1);
    try (var reader = b.client()) {
      var head = reader.get("/v1/stream/" + id).timeoutMs(30_000).head();
      assertThat(head.status()).isEqualTo(200);
      assertThat(reader.readUntil(": hb\n: hb")).doesNotContain("data:");
      cluster.at(1, toA.url());
      var rest = reader.body(head, Long.MAX_VALUE);
      assertThat(rest.end()).isEqualTo(RawClient.End.CLEAN);
      assertThat(rest.body()).contains("[DONE]");
    }
  }

  @Test
  void givenASilentNode_whenAnotherHasItsShardByNow_thenReadersLeaveIt() throws Exception {
    var id = begun(a);
    try (var silent = new java.net.ServerSocket(0, 10, java.net.InetAddress.getLoopbackAddress());
        var reader = b.client()) {
      cluster.at(1, "http://127.0.0.1:" + silent.getLocalPort()); // accepts, and never says a word
      reader.get("/v1/stream/" + id).timeoutMs(60_000);
      Thread.sleep(1_500);
      cluster.at(1, toA.url());

      reader.head();
      assertThat(reader.readUntil("half")).contains("half");
    }
  }

  @Test
  void givenANodeThatDoesNotAnswer_whenAllAreAsked_thenItIsCounted() throws Exception {
    answered(a);
    try (var gone = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      cluster.at(1, "http://127.0.0.1:" + gone.getLocalPort());
    }

    assertThat(b.get("/api/streams").headers().firstValue("lastword-missing-shards")).contains("1");

    assertThat(b.get("/metrics").body()).contains("lastword_node_failed_total{code=");
  }

  @Test
  void givenANodeThatAnswersAndBreaks_whenReadThere_thenItIsNotAskedInACircle() throws Exception {
    var id = answered(a);
    try (var broken = new AnsweringNode("HTTP/1.1 200 OK", "text/event-stream");
        var reader = b.client()) {
      cluster.at(1, broken.url());
      reader.get("/v1/stream/" + id).timeoutMs(60_000).head();
      await().atMost(Duration.ofSeconds(30)).until(() -> broken.asked() >= 2);
      await()
          .during(Duration.ofSeconds(2))
          .atMost(Duration.ofSeconds(10))
          .until(() -> broken.asked() < 6);
      cluster.at(1, toA.url());
      assertThat(reader.readUntil("[DONE]")).contains("half");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.1 503 Service Unavailable", "HTTP/1.1 429 Too Many Requests"})
  void givenANodeWithTooManyConnections_whenAnEventSourceReadsThere_thenItIsKeptAndNotRefused(
      String refusal) throws Exception {
    var id = answered(a);
    try (var busy = new AnsweringNode(refusal, "application/problem+json");
        var reader = b.client();
        var program = b.client()) {
      cluster.at(1, busy.url());
      reader.get("/v1/stream/" + id, "Accept: text/event-stream").timeoutMs(60_000);
      await().atMost(Duration.ofSeconds(30)).until(() -> busy.asked() >= 2);
      assertThat(program.get("/v1/stream/" + id).head().status())
          .as("whoever can try again is told")
          .isIn(429, 503);
      cluster.at(1, toA.url());

      assertThat(reader.head().status()).isEqualTo(200);
      assertThat(reader.readUntil("[DONE]")).contains("half");
    }
  }

  /** Answers whatever is asked with a head and the beginning of a body, and breaks. */
  private static final class AnsweringNode implements AutoCloseable {
    private final java.net.ServerSocket socket =
        new java.net.ServerSocket(0, 100, java.net.InetAddress.getLoopbackAddress());
    private final AtomicInteger asked = new AtomicInteger();

    AnsweringNode(String status, String contentType) throws java.io.IOException {
      var head =
          "%s\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
              .formatted(status, contentType);
      Thread.ofVirtual().start(() -> answer(head));
    }

    private void answer(String head) {
      try {
        while (true) {
          try (var node = socket.accept()) {
            node.getInputStream().read(new byte[8_192]);
            asked.incrementAndGet();
            node.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
          }
        }
      } catch (java.io.IOException e) {
        // closed
      }
    }

    String url() {
      return "http://127.0.0.1:" + socket.getLocalPort();
    }

    int asked() {
      return asked.get();
    }

    @Override
    public void close() throws java.io.IOException {
      socket.close();
    }
  }

  // --- chosen ids and keys

  @Test
  void givenAnAnswerUnderAKey_whenAskedOnAnotherNode_thenTheUpstreamIsAskedOnce() throws Exception {
    says("half", " whole", ".");
    var first = a.post(CHAT, "{}", "Idempotency-Key", "one");
    var again = b.post(CHAT, "{}", "Idempotency-Key", "one");

    assertThat(again.headers().firstValue("lastword-stream"))
        .isEqualTo(first.headers().firstValue("lastword-stream"))
        .isPresent();
    assertThat(again.headers().firstValue("lastword-replayed")).contains("true");
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(upstream.exchanges()).hasSize(1);
    assertThat(b.post(CHAT, "{\"other\":1}", "Idempotency-Key", "one").statusCode()).isEqualTo(422);
  }

  @Test
  void givenAChosenId_whenItIsTakenOnAnotherNode_thenThatIsSaidAndItIsReadEverywhere()
      throws Exception {
    var id = "chosen-by-the-client";
    assertThat(answered(a, "Lastword-Stream", id)).isEqualTo(id);

    assertThat(b.post(CHAT, "{}", "Lastword-Stream", id).statusCode()).isEqualTo(409);
    assertThat(b.get("/v1/stream/" + id).body()).contains("[DONE]");
    assertThat(b.json("/api/streams/" + id).get("outcome").asString()).isEqualTo("completed");
    assertThat(upstream.exchanges()).hasSize(1);
  }

  @Test
  void givenADatabaseThatDoesNotSayWhereAnIdIs_whenAnEventSourceComesBack_thenItTriesAgain()
      throws Exception {
    var id = "chosen-by-the-client";
    answered(a, "Lastword-Stream", id);
    cluster.silent(true);
    try (var page = b.client()) {
      page.get("/v1/stream/" + id, "Accept: text/event-stream", "Last-Event-ID: 1-1");
      assertThat(page.rest()).as("any status is the end of everything for it").isEmpty();
    }
    var program = b.get("/v1/stream/" + id);
    assertThat(program.statusCode()).isEqualTo(503);
    assertThat(program.body()).contains("cluster_unavailable");
    assertThat(program.headers().firstValue("retry-after")).isPresent();

    cluster.silent(false);
    try (var page = b.client()) {
      page.get("/v1/stream/" + id, "Accept: text/event-stream", "Last-Event-ID: 1-1");
      assertThat(page.reply().body()).contains("whole", "[DONE]");
    }
  }

  @Test
  void givenAShardThatThisNodeHasNotSeenYet_whenItIsAsked_thenItIsWaitedFor() throws Exception {
    var id = "chosen-by-the-client";
    answered(a, "Lastword-Stream", id);
    cluster.unseen(1);

    var state = b.get("/api/streams/" + id);
    assertThat(state.statusCode()).isEqualTo(503);
    assertThat(state.body()).contains("shard_unreachable");
    try (var reader = b.client()) {
      reader.get("/v1/stream/" + id).timeoutMs(60_000);
      await()
          .during(Duration.ofMillis(500))
          .until(() -> reader.available() == 0); // it would be told that there is no such stream
      cluster.at(1, toA.url());
      var reply = reader.reply();
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.body()).contains("[DONE]");
    }
  }

  @Test
  void givenAnIdThatNamesAnotherNodesShard_whenChosen_thenTheStreamBeginsThere() throws Exception {
    var id = new Shard(1).newId().value();

    assertThat(answered(b, "Lastword-Stream", id)).isEqualTo(id);

    assertThat(a.ended(id).get("outcome").asString()).isEqualTo("completed");
  }

  // --- what nodes say to each other

  @Test
  void givenMoreConnectionsThanAnAddressMayHave_whenANodeMakesThem_thenItIsAnsweredAndNobodyElse()
      throws Exception {
    var outside =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
            .findFirst();
    assumeTrue(outside.isPresent(), "this machine has only loopback addresses");
    b.close();
    b =
        gateway(
            "b",
            Map.of(Setting.LISTEN, "0.0.0.0:0", Setting.ADDRESS_CONNECTIONS, "2"),
            new Standing.First(nodeOfB));
    var address = new InetSocketAddress(outside.get(), b.gateway().address().getPort());
    for (int i = 0; i < 2; i++) {
      assertThat(connected(address).get("/healthz").reply().status()).isEqualTo(200);
    }

    for (int i = 0; i < 5; i++) {
      var node = connected(address);
      node.get(
          "/api/streams/" + new Shard(2).newId(),
          "Authorization: Bearer alice",
          "Lastword-Node: " + ScriptedCluster.SECRET,
          "Lastword-Node-Shard: 2",
          "Lastword-Node-For: 127.0.0.1");
      assertThat(node.reply().status()).isEqualTo(404);
    }
    var client = connected(address).get("/healthz").reply();
    assertThat(client.status()).isEqualTo(429);
    assertThat(client.body()).contains("too_many_connections_of_address");
  }

  private RawClient connected(InetSocketAddress address) throws Exception {
    var client = new RawClient(address);
    opened.add(client);
    return client;
  }

  @Test
  void givenAClientBehindAProxy_whenItsRequestIsHandedOver_thenItIsItsClientsThere()
      throws Exception {
    var id = new Shard(1).newId().value();
    says("half", ".");
    var answer = b.post(CHAT, "{}", "Lastword-Stream", id, "X-Forwarded-For", "203.0.113.9");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(upstream.last().headers())
        .doesNotContainKeys("lastword-node", "lastword-node-for", "lastword-node-shard")
        .doesNotContainKey("x-forwarded-for"); // nobody trusts who has said that
  }

  @Test
  void givenAConnectionThatNamesItsLength_whenHandedOver_thenItsBodyIsNoRequestOfTheNodes()
      throws Exception {
    var id = answered(a);
    var smuggled =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
            .formatted(CHAT);
    try (var client = b.client()) {
      client.post("/api/streams/" + id + "/cancel", smuggled, "Connection: content-length");
      assertThat(client.reply().status()).isEqualTo(409);
    }
    await()
        .during(Duration.ofMillis(500))
        .atMost(Duration.ofSeconds(5))
        .until(() -> upstream.exchanges().size() == 1);
  }

  @Test
  void givenAClientOfHttp10WithoutAHost_whenItsStreamIsElsewhere_thenItIsAnswered()
      throws Exception {
    var id = answered(a);
    try (var client = b.client()) {
      var reply = client.send("GET /api/streams/" + id + " HTTP/1.0\r\n\r\n").reply();
      assertThat(reply.status()).as(reply.body()).isEqualTo(200);
      assertThat(reply.body()).contains("completed");
    }
  }

  @Test
  void givenAWrongSecret_whenSomebodySpeaksAsANode_thenItIsRefused() throws Exception {
    var id = answered(a);
    var refused = a.get("/v1/stream/" + id, "Lastword-Node", "guessed", "Lastword-Node-Shard", "1");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("node_refused", "node.secret");
  }

  @Test
  void givenAnAddressOfAdministrators_whenTheStreamIsElsewhere_thenTheirNameIsNotRefusedThere()
      throws Exception {
    a.close();
    b.close();
    toA.close();
    Files.delete(data.resolve("b/access.keys"));
    var set =
        Map.of(
            Setting.LISTEN,
            "0.0.0.0:0",
            Setting.ACCESS_HOSTS,
            "chat.example.com",
            Setting.ADMIN_LISTEN,
            "127.0.0.1:0",
            Setting.ADMIN_TOKEN,
            "let-me-see-everything-of-all");
    open(set);
    var id = ofItsHost(a);
    var besides = ofItsHost(b);

    assertThat(asAdministrator(b, "/api/streams/" + id).body()).contains("completed");
    assertThat(asAdministrator(b, "/api/streams").body()).contains(id).contains(besides);
    assertThat(b.get("/api/streams/" + id).statusCode()).as("by another name").isEqualTo(421);

    a.close();
    a = gateway("a", set, new Standing.Beside(new Shard(1)));
    nodeOfB.serves(new Shard(1), a.gateway().route());
    assertThat(asAdministrator(b, "/api/streams/" + id).body()).contains("completed");
  }

  private String ofItsHost(TestGateway on) throws Exception {
    says("half", ".");
    try (var client = on.client()) {
      client.send(
          "POST %s HTTP/1.1\r\nHost: chat.example.com\r\nAuthorization: Bearer alice\r\nContent-Length: 2\r\n\r\n{}"
              .formatted(CHAT));
      var reply = client.reply();
      assertThat(reply.status()).as(reply.body()).isEqualTo(200);
      return reply.header("lastword-stream");
    }
  }

  private static RawClient.Reply asAdministrator(TestGateway node, String target) throws Exception {
    try (var client = new RawClient(node.gateway().adminAddress().orElseThrow())) {
      return client.get(target, "Authorization: Bearer let-me-see-everything-of-all").reply();
    }
  }

  @Test
  void givenARequestOfANode_whenTheShardIsElsewhere_thenItGoesNoFurther() throws Exception {
    var id = answered(a);
    var asked =
        b.get(
            "/v1/stream/" + id,
            "Lastword-Node",
            ScriptedCluster.SECRET,
            "Lastword-Node-Shard",
            "1");
    assertThat(asked.statusCode()).isEqualTo(421);
    assertThat(asked.headers().firstValue("lastword-node-elsewhere")).contains("true");
  }

  @Test
  void givenARequestOfANodeForAnIdThatIsAnothersByNow_whenItWouldBegin_thenItDoesNot()
      throws Exception {
    var id = "chosen-by-the-client";
    answered(a, "Lastword-Stream", id);
    says("another", ".");

    var begun =
        b.post(
            CHAT,
            "{}",
            "Lastword-Node",
            ScriptedCluster.SECRET,
            "Lastword-Node-Shard",
            "2",
            "Lastword-Stream",
            id);

    assertThat(begun.statusCode()).isEqualTo(421);
    assertThat(begun.headers().firstValue("lastword-node-elsewhere")).contains("true");
    assertThat(upstream.exchanges()).hasSize(1);
  }

  @Test
  void givenNodesThatPointAtEachOther_whenAsked_thenItEndsAsUnreachable() throws Exception {
    var id = answered(a);
    cluster.at(1, b.url()); // b believes that the shard is at b's own address
    var response = b.get("/api/streams/" + id);
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).contains("shard_unreachable");
  }
}
