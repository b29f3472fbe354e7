package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.dialect.Dialects;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.Answer;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.GatewayException;
import dev.lastword.library.Lastword;
import dev.lastword.library.LastwordClosedException;
import dev.lastword.library.NotOpenedException;
import dev.lastword.library.Reading;
import dev.lastword.library.ReadingBrokenException;
import dev.lastword.library.RemoteBuilder;
import dev.lastword.library.UndecidedException;
import dev.lastword.library.UnknownEventException;
import dev.lastword.library.WaitInterruptedException;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.Turn;
import dev.lastword.testing.FaultyDisk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The library against a real gateway: an application writes its answers, the gateway keeps them.
 */
@Timeout(120)
class RemoteLastwordTest {
  private static final String NOBODY = "http://127.0.0.1:9";
  private static final String ADMIN = "token-of-an-administrator";
  private static final Owner ANN = Owner.of("ann");
  private static final Owner BOB = Owner.of("bob");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** How often a wire is cut while an answer goes over it. */
  private static final int CUTS = 40;

  @TempDir Path data;
  private final List<Lastword> opened = new CopyOnWriteArrayList<>();
  private final List<SavedResponse> saved = new CopyOnWriteArrayList<>();

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private TestGateway gateway;

  @AfterEach
  void stop() {
    opened.forEach(Lastword::close);
    gateway.close();
  }

  private void start(String... settings) throws IOException {
    var set = new HashMap<Setting, String>();
    set.put(Setting.ADMIN_TOKEN, ADMIN);
    set.put(Setting.LISTEN, "127.0.0.1:" + freePort());
    for (int i = 0; i < settings.length; i += 2) {
      set.put(Setting.named(settings[i]).orElseThrow(), settings[i + 1]);
    }
    gateway = TestGateway.start(data, NOBODY, set);
  }

  private static int freePort() throws IOException {
    try (var free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  private RemoteBuilder at(String url) {
    return Lastword.at(URI.create(url))
        .credentials(owner -> owner.all() ? ADMIN : owner.value())
        .pickUp(Duration.ofMillis(100));
  }

  private Lastword opened(RemoteBuilder builder) {
    var lastword = builder.open();
    opened.add(lastword);
    return lastword;
  }

  private Lastword lastword() {
    return opened(at(gateway.url()));
  }

  private static String read(Lastword lastword, StreamId id, String lastEventId) {
    var out = new ByteArrayOutputStream();
    try {
      lastword.read(id, ANN, lastEventId).orElseThrow().writeTo(out);
    } catch (ReadingBrokenException e) {
      return out.toString(StandardCharsets.UTF_8) + "broken: " + e.code();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static Outcome outcome(Lastword lastword, StreamId id) {
    return await()
        .atMost(PATIENCE)
        .until(() -> lastword.find(id, ANN).orElseThrow().outcome(), it -> it != null);
  }

  // --- an answer

  @Test
  void givenAnAnswer_whenItIsSealed_thenItIsSavedBeforeItsEndingIsSaid() throws Exception {
    start();
    var lastword = lastword();
    var seen = new CompletableFuture<String>();
    var toSave = new CountDownLatch(1);
    try (var answer =
        lastword.open(
            AnswerRequest.of(ANN)
                .conversation("chat-7")
                .input("hi")
                .with("tool", "clock")
                .with("response", "{x}"))) {
      Thread.ofVirtual().start(() -> seen.complete(read(lastword, answer.id(), "")));
      answer.send("Hel");
      answer.send("lo");
      var sealing =
          answer
              .sealAsync(
                  response -> {
                    saved.add(response);
                    toSave.await();
                  })
              .toCompletableFuture();
      await().atMost(PATIENCE).until(() -> !saved.isEmpty());

      assertThat(lastword.find(answer.id(), ANN).orElseThrow().state()).isEqualTo("complete");
      assertThat(seen).isNotDone();
      toSave.countDown();

      assertThat(sealing.get().outcome()).isEqualTo(Outcome.COMPLETED);
      assertThat(sealing.get().saved()).isTrue();
      assertThat(seen.get()).contains("data: \"Hel\"", "data: \"lo\"", "data: [DONE]");
      var response = saved.getFirst();
      assertThat(response.stream()).isEqualTo(answer.id());
      assertThat(response.text()).isEqualTo("Hello");
      assertThat(response.events()).isEqualTo(3);
      assertThat(response.sha256()).isNotEmpty();
      assertThat(response.attributes())
          .containsEntry("owner", "ann")
          .containsEntry("conversation", "chat-7")
          .containsEntry("input", "hi")
          .containsEntry("tool", "clock")
          .containsEntry("response", "{x}")
          .containsEntry("dialect", "tokens")
          .doesNotContainKey("save");
      assertThat(response.createdMs()).isEqualTo(sealing.get().createdMs());
      await().atMost(PATIENCE).until(() -> lastword.open() == 0);
    }
  }

  @Test
  void givenNoSaver_whenAnAnswerIsSealed_thenTheGatewayIsTheSave() throws Exception {
    start();
    var lastword = lastword();
    try (var answer = lastword.open("c", ANN)) {
      answer.send("a");
      assertThat(answer.seal().saved()).isTrue();
      assertThatThrownBy(() -> answer.send("b")).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void givenManyAnswersOfManyTokens_thenEachIsThereAsItWasSent() throws Exception {
    start();
    var lastword = lastword();
    var threads =
        IntStream.range(0, 20)
            .mapToObj(
                number ->
                    Thread.ofVirtual()
                        .start(
                            () -> {
                              try (var answer = lastword.open("many", ANN)) {
                                for (int i = 0; i < 500; i++) {
                                  answer.send(number + "." + i + " ");
                                }
                                answer.seal(saved::add);
                              }
                            }))
            .toList();
    for (var thread : threads) {
      thread.join();
    }

    assertThat(saved).hasSize(20);
    for (var response : saved) {
      var number = response.text().substring(0, response.text().indexOf('.'));
      var expected = new StringBuilder();
      for (int i = 0; i < 500; i++) {
        expected.append(number).append('.').append(i).append(' ');
      }
      assertThat(response.text()).isEqualTo(expected.toString());
    }
  }

  @Test
  void givenEventsThatAreEmptyOrHuge_thenTheyAreKept() throws Exception {
    start();
    var lastword = lastword();
    var huge = "x".repeat(5 << 20);
    try (var answer = lastword.open("c", ANN)) {
      answer.send("");
      answer.send(SseEvent.of("note", ""));
      answer.send(SseEvent.of("note", "{}").withId("mine-1"));
      answer.send(huge);
      answer.send("[DONE]");
      assertThatThrownBy(() -> answer.send("x".repeat(17 << 20)))
          .isInstanceOf(IllegalArgumentException.class);
      answer.seal(saved::add);
    }
    assertThat(saved.getFirst().text()).isEqualTo(huge + "[DONE]");
  }

  @Test
  void givenADialectOfEvents_thenWhatSoundsLikeAnEndingIsKeptBack_andFailuresAreRefused()
      throws Exception {
    start();
    var lastword = lastword();
    var chat = Dialects.named("openai-chat").orElseThrow();
    try (var answer = lastword.open(AnswerRequest.of(ANN).dialect(chat))) {
      answer.send(SseEvent.of("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}"));
      answer.send(
          SseEvent.of("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"));
      answer.send(SseEvent.of("[DONE]"));
      assertThatThrownBy(() -> answer.send("x")).isInstanceOf(IllegalStateException.class);
      await()
          .atMost(PATIENCE)
          .until(() -> lastword.find(answer.id(), ANN).orElseThrow().events() == 1);
      assertThat(answer.seal(saved::add).events()).isEqualTo(3);
    }
    assertThat(saved.getFirst().response().choices().getFirst().finishReason()).isEqualTo("stop");
    try (var answer = lastword.open(AnswerRequest.of(ANN).dialect(chat))) {
      assertThatThrownBy(() -> answer.send(SseEvent.of("{\"error\":{\"message\":\"x\"}}")))
          .isInstanceOf(IllegalArgumentException.class);
      answer.pass(SseEvent.of("{\"error\":{\"message\":\"x\"}}"));
      assertThatThrownBy(answer::seal)
          .isInstanceOf(AnswerEndedException.class)
          .hasMessageContaining("failure_said");
    }
  }

  @Test
  void givenAnAnswerThatIsLeftOrFails_thenItsPartialIsKept() throws Exception {
    start();
    var lastword = lastword();
    StreamId left;
    StreamId failed;
    try (var answer = lastword.open("c", ANN)) {
      answer.send("a");
      left = answer.id();
    }
    try (var answer = lastword.open("c", ANN)) {
      answer.send("b");
      failed = answer.id();
      answer.fail("model_unreachable", "No model.");
    }

    assertThat(outcome(lastword, left)).isEqualTo(Outcome.FAILED);
    assertThat(lastword.find(left, ANN).orElseThrow().reason()).isEqualTo("not_sealed");
    assertThat(outcome(lastword, failed)).isEqualTo(Outcome.FAILED);
    assertThat(lastword.find(failed, ANN).orElseThrow().reason()).isEqualTo("model_unreachable");
    assertThat(read(lastword, failed, "")).contains("No model.").endsWith("broken: failed");
    assertThat(lastword.response(left, ANN).orElseThrow()).contains("\"text\":\"a\"");
  }

  @Test
  void givenAFailureWithoutWords_orWithTooMany_thenItIsSaidAllTheSame() throws Exception {
    start();
    var lastword = lastword();
    var huge = "x".repeat(999) + "😀".repeat(2_000);
    for (var message : List.of("", huge, "\u0000".repeat(5_000))) {
      try (var answer = lastword.open("c", ANN)) {
        answer.fail("model_unreachable", message);

        var view = answer.ended().toCompletableFuture().get();

        assertThat(view.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(view.reason()).isEqualTo("model_unreachable");
        var said = read(lastword, answer.id(), "");
        assertThat(said).contains(message.equals(huge) ? "x".repeat(999) + "\"" : "message");
      }
    }
  }

  // --- saving

  @Test
  void givenASaverThatThrows_thenItIsCalledAgain() throws Exception {
    start();
    var lastword = lastword();
    var calls = new AtomicInteger();
    try (var answer = lastword.open("c", ANN)) {
      answer.send("a");
      var view =
          answer.seal(
              response -> {
                if (calls.incrementAndGet() < 3) {
                  throw new IOException("no database");
                }
              });
      assertThat(view.outcome()).isEqualTo(Outcome.COMPLETED);
    }
    assertThat(calls).hasValue(3);
  }

  @Test
  void givenASaverThatRejects_thenTheAnswerHasFailed_andItCanBeSavedLater() throws Exception {
    start();
    var refuses = new AtomicInteger(1);
    var lastword =
        opened(
            at(gateway.url())
                .saver(
                    response -> {
                      if (refuses.getAndDecrement() > 0) {
                        throw new SaveException(SaveException.Kind.REJECTED, "too long");
                      }
                      saved.add(response);
                    }));
    StreamId id;
    try (var answer = lastword.open("c", ANN)) {
      answer.send("a");
      id = answer.id();
      assertThatThrownBy(answer::seal)
          .isInstanceOf(AnswerEndedException.class)
          .hasMessageContaining("save_rejected");
    }

    var again = lastword.saveAgain(id, ANN);

    assertThat(again).isInstanceOf(SaveResult.Saved.class);
    assertThat(saved).hasSize(1);
    assertThat(saved.getFirst().outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(saved.getFirst().text()).isEqualTo("a");
  }

  @Test
  void givenASaverThatTakesLongerThanTheLease_thenNobodyElseSavesMeanwhile() throws Exception {
    start("producers.lease-ms", "2000");
    var other = new CopyOnWriteArrayList<SavedResponse>();
    var writer = opened(at(gateway.url()).application("chat"));
    opened(at(gateway.url()).application("chat").saver(other::add));
    try (var answer = writer.open("c", ANN)) {
      answer.send("a");
      answer.seal(
          response -> {
            saved.add(response);
            Thread.sleep(6_000); // three times as long
          });
    }
    assertThat(saved).hasSize(1);
    assertThat(other).isEmpty();
  }

  @Test
  void givenARegisteredSaver_thenItHearsOfWhatWasNoSuccess_afterItsReaders() throws Exception {
    start();
    var lastword = opened(at(gateway.url()).saver(saved::add));
    try (var answer = lastword.open("c", ANN)) {
      answer.send("a");
      answer.fail("model_unreachable", "No model.");
    }

    await().atMost(PATIENCE).until(() -> saved.size() == 1);

    assertThat(saved.getFirst().outcome()).isEqualTo(Outcome.FAILED);
    assertThat(saved.getFirst().text()).isEqualTo("a");
    await()
        .atMost(PATIENCE)
        .until(() -> lastword.find(saved.getFirst().stream(), ANN).orElseThrow().saved());
  }

  // --- others

  @Test
  void givenAReaderWhoStopsAnAnswer_thenWhoWritesItIsTold_alsoWhileTheModelIsSilent()
      throws Exception {
    start("producers.lease-ms", "6000");
    var lastword = lastword();
    try (var answer = lastword.open("c", ANN)) {
      answer.send("a");

      assertThat(lastword.cancel(answer.id(), ANN)).isInstanceOf(CancelResult.Cancelled.class);

      var view = answer.ended().toCompletableFuture().get();
      assertThat(view.outcome()).isEqualTo(Outcome.CANCELLED);
      assertThat(answer.isOver()).isTrue();
      assertThatThrownBy(() -> answer.send("b")).isInstanceOf(AnswerEndedException.class);
      assertThatThrownBy(answer::seal).isInstanceOf(AnswerEndedException.class);
      assertThat(read(lastword, answer.id(), "")).endsWith("broken: cancelled");
      assertThat(lastword.cancel(answer.id(), ANN)).isInstanceOf(CancelResult.Cancelled.class);
    }
  }

  @Test
  void givenAnAnswerOfOneOwner_thenForAnotherThereIsNone() throws Exception {
    start();
    var lastword = lastword();
    try (var answer = lastword.open("c", ANN)) {
      answer.send("a");
      var id = answer.id();
      assertThat(lastword.find(id, BOB)).isEmpty();
      assertThat(lastword.read(id, BOB, "")).isEmpty();
      assertThat(lastword.response(id, BOB)).isEmpty();
      assertThat(lastword.cancel(id, BOB)).isInstanceOf(CancelResult.Unknown.class);
      assertThat(lastword.delete(id, BOB)).isEqualTo(DeleteResult.UNKNOWN);
      assertThat(lastword.saveAgain(id, BOB)).isInstanceOf(SaveResult.Unknown.class);
      assertThat(lastword.find(id, Owner.ALL)).isPresent();
      answer.seal();
    }
  }

  @Test
  void givenAnIdThatIsTaken_thenTheAnswerIsNotOpened() throws Exception {
    start();
    var id = new StreamId("an-id-that-was-chosen");
    var lastword = lastword();
    try (var answer = lastword.open(AnswerRequest.of(ANN).id(id))) {
      answer.send("a");
      assertThat(lastword.find(id, ANN).orElseThrow().id()).isEqualTo(answer.id());
      var second = lastword();
      assertThatThrownBy(() -> second.open(AnswerRequest.of(ANN).id(id)))
          .isInstanceOf(NotOpenedException.class)
          .satisfies(
              it ->
                  assertThat(((NotOpenedException) it).why())
                      .isInstanceOf(OpenRefusal.IdTaken.class));
      second.open(AnswerRequest.of(BOB).id(id)).close();
      answer.seal();
    }
  }

  @Test
  void givenAnIdThatThisProcessHasOpened_whenItIsOpenedAgain_thenItIsTaken_andTheFirstIsWhole()
      throws Exception {
    start();
    var id = new StreamId("an-id-of-a-double-click");
    var lastword = lastword();
    try (var answer = lastword.open(AnswerRequest.of(ANN).id(id))) {
      isTaken(lastword, id);
      answer.send("Hello ");
      isTaken(lastword, id);
      answer.send("world");
      answer.seal(saved::add);
    }
    isTaken(lastword, id);
    assertThat(saved).hasSize(1);
    assertThat(saved.getFirst().text()).isEqualTo("Hello world");
  }

  private static void isTaken(Lastword lastword, StreamId id) {
    assertThatThrownBy(() -> lastword.open(AnswerRequest.of(ANN).id(id)))
        .isInstanceOfSatisfying(
            NotOpenedException.class,
            it -> assertThat(it.why()).isInstanceOf(OpenRefusal.IdTaken.class));
  }

  @Test
  void givenQuestions_thenTheyAreAnsweredAsInAnApplicationItself() throws Exception {
    start();
    var lastword = lastword();
    try (var answer = lastword.open(AnswerRequest.of(ANN).conversation("a b/c").input("hi"))) {
      answer.send("Hello");
      assertThat(lastword.open()).isEqualTo(1);
      answer.seal();
      var id = answer.id();

      var listed = lastword.list(ANN, new StreamQuery(null, null, "a b/c", true, null, 10));
      assertThat(listed).hasSize(1);
      assertThat(listed.getFirst().id()).isEqualTo(id);
      assertThat(listed.getFirst().eventId(2)).isEqualTo("1-2");
      assertThat(listed.getFirst().attributes()).containsEntry("conversation", "a b/c");
      assertThat(lastword.list(ANN, new StreamQuery("open", null, null, null, null, 10))).isEmpty();
      assertThat(lastword.conversation("a b/c", ANN, 10))
          .extracting(Turn::text)
          .containsExactly("Hello");
      assertThat(lastword.conversation("a b/c", ANN, 10).getFirst().stream().attributes())
          .containsEntry("input", "hi");
      assertThat(lastword.find(id, ANN).orElseThrow().attributes()).containsEntry("input", "hi");
      assertThat(listed.getFirst().attributes()).containsEntry("input", "hi");
      assertThat(lastword.conversation("none", ANN, 10)).isEmpty();
      assertThat(lastword.health()).isEqualTo(Journal.Health.OPEN);
      assertThat(read(lastword, id, "1-1")).startsWith("id: 1-2\ndata: [DONE]");
      var atEnd = lastword.read(id, ANN, "1-2").orElseThrow();
      assertThat(atEnd.isAtEnd()).isTrue();
      assertThat(atEnd.outcome()).contains(Outcome.COMPLETED);
      assertThatThrownBy(() -> lastword.read(id, ANN, "7-7"))
          .isInstanceOf(UnknownEventException.class);
      assertThatThrownBy(() -> lastword.read(id, ANN, "1-1\n"))
          .isInstanceOf(UnknownEventException.class);
      assertThat(lastword.read(id, BOB, "1-1\n")).isEmpty();
      assertThat(lastword.delete(id, ANN)).isEqualTo(DeleteResult.DELETED);
      assertThat(lastword.find(id, ANN)).isEmpty();
      assertThat(lastword.delete(id, ANN)).isEqualTo(DeleteResult.UNKNOWN);
    }
  }

  @Test
  void givenConversationsOfAnyScript_thenEachIsFoundByItsOwnName() throws Exception {
    start();
    var lastword = lastword();
    var keys = List.of("größe", "grüße", "会話", " spaces ", "😀/%2F?#", "..", "x".repeat(200));
    for (var key : keys) {
      try (var answer = lastword.open(key, ANN)) {
        answer.send("of " + key);
        answer.seal(saved::add);
      }
    }

    for (int i = 0; i < keys.size(); i++) {
      var key = keys.get(i);
      assertThat(saved.get(i).attributes()).containsEntry("conversation", key);
      assertThat(lastword.conversation(key, ANN, 10))
          .extracting(Turn::text)
          .containsExactly("of " + key);
      assertThat(lastword.list(ANN, new StreamQuery(null, null, key, null, null, 10))).hasSize(1);
    }
    for (var none : List.of("", "a\nb", "x".repeat(201), "\ud83d")) {
      assertThatThrownBy(() -> lastword.open(none, ANN))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("conversation");
      assertThat(lastword.conversation(none, ANN, 10)).isEmpty();
    }
    await().atMost(PATIENCE).until(() -> lastword.open() == 0);
  }

  @Test
  void givenAReadingThatIsClosedEarly_thenItHasNoCleanEnd_andTheAnswerGoesOn() throws Exception {
    start();
    var lastword = opened(at(gateway.url()).heartbeat(Duration.ofMillis(50)));
    try (var answer = lastword.open("c", ANN)) {
      answer.send("a");
      var reading = lastword.read(answer.id(), ANN, "").orElseThrow();
      await().atMost(PATIENCE).until(() -> next(reading).contains("data: \"a\""));
      assertThat(next(reading)).isEqualTo(": hb\n\n");
      reading.close();
      assertThatThrownBy(reading::next)
          .isInstanceOf(ReadingBrokenException.class)
          .hasMessageContaining("closed");
      assertThat(answer.seal().outcome()).isEqualTo(Outcome.COMPLETED);
    }
  }

  private static String next(Reading reading) throws Exception {
    return new String(reading.next().orElseThrow(), StandardCharsets.UTF_8);
  }

  // --- faults

  @Test
  void givenConnectionsThatAreCutAgainAndAgain_thenTheAnswerIsWhole_andNothingIsThereTwice()
      throws Exception {
    start();
    var expected = new StringBuilder();
    try (var wire = CutWire.to(gateway.gateway().address())) {
      var lastword = opened(at(wire.url()));
      var seen = new CompletableFuture<String>();
      var random = new Random(7);
      Thread.ofVirtual()
          .start(
              () -> {
                for (int i = 0; i < CUTS; i++) {
                  wire.cut();
                  LockSupport.parkNanos(Duration.ofMillis(random.nextInt(120)).toNanos());
                }
              });
      try (var answer = lastword.open("c", ANN)) {
        Thread.ofVirtual().start(() -> seen.complete(read(lastword, answer.id(), "")));
        for (int i = 0; i < 3_000; i++) {
          var token = i + ":" + "x".repeat(i % 500) + " ";
          expected.append(token);
          answer.send(token);
        }
        answer.seal(saved::add);
      }
      assertThat(saved.getLast().text()).isEqualTo(expected.toString());
      assertThat(saved.getLast().events()).isEqualTo(3_001);
      assertThat(seen.get().split("id: ", -1)).hasSize(3_002);
      assertThat(wire.connections()).isGreaterThan(3);
    }
  }

  @Test
  void givenAnswersOfTheGatewayThatAreLost_thenWhatTheyAnsweredIsDoneOnce() throws Exception {
    start();
    var expected = new StringBuilder();
    try (var proxy = LosingProxy.to(gateway.url(), 2)) {
      var lastword = opened(at(proxy.url()));
      try (var answer = lastword.open("c", ANN)) {
        for (int i = 0; i < 100; i++) {
          expected.append(i).append(' ');
          answer.send(i + " ");
        }
        answer.seal(saved::add);
      }
      assertThat(proxy.requests()).filteredOn("POST /api/streams"::equals).hasSizeGreaterThan(1);
    }
    assertThat(saved).hasSize(1);
    assertThat(saved.getFirst().text()).isEqualTo(expected.toString());
    var all = gateway.get("/api/streams", "Authorization", "Bearer ann").body();
    assertThat(TestGateway.read(all).get("streams")).hasSize(1);
  }

  @Test
  void givenADeletionWhoseAnswerIsLost_thenItIsKnownToBeDone() throws Exception {
    start();
    try (var proxy = LosingProxy.to(gateway.url(), 0)) {
      var lastword = opened(at(proxy.url()));
      var answer = lastword.open("c", ANN);
      answer.seal();
      proxy.loseNext("DELETE");

      assertThat(lastword.delete(answer.id(), ANN)).isEqualTo(DeleteResult.DELETED);
      assertThat(proxy.requests()).filteredOn(it -> it.startsWith("DELETE")).hasSize(2);
      assertThat(lastword.delete(answer.id(), ANN)).isEqualTo(DeleteResult.UNKNOWN);
    }
  }

  @Test
  void givenTokensThatComeFasterThanTheDiskTakesThem_thenManyGoWithOneRequest() throws Exception {
    var disk = new FaultyDisk();
    gateway = TestGateway.on(disk, data, NOBODY, Map.of(Setting.ADMIN_TOKEN, ADMIN));
    try (var proxy = LosingProxy.to(gateway.url(), 0)) {
      var lastword = opened(at(proxy.url()));
      try (var answer = lastword.open("c", ANN)) {
        disk.beforeForce(() -> LockSupport.parkNanos(Duration.ofMillis(40).toNanos()));
        for (int i = 0; i < 2_000; i++) {
          answer.send(i + " ");
        }
        answer.seal(saved::add);
      }
      assertThat(saved.getFirst().events()).isEqualTo(2_001);
      assertThat(proxy.requests()).filteredOn(it -> it.endsWith("/events")).hasSizeLessThan(200);
    }
  }

  @Test
  void givenAGatewayThatStartsAgain_thenOpenAnswersAreInterrupted_andOnesBeingSavedAreSaved()
      throws Exception {
    start();
    var lastword = lastword();
    var toSave = new CountDownLatch(1);
    var open = lastword.open("c", ANN);
    open.send("open");
    var sealed = lastword.open("c", ANN);
    sealed.send("sealed");
    var sealing =
        sealed
            .sealAsync(
                response -> {
                  saved.add(response);
                  toSave.await();
                })
            .toCompletableFuture();
    await().atMost(PATIENCE).until(() -> saved.size() == 1);

    gateway.restart();
    toSave.countDown();

    assertThat(sealing.get().outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(saved).hasSize(1);
    assertThat(open.ended().toCompletableFuture().get().outcome()).isEqualTo(Outcome.INTERRUPTED);
    assertThatThrownBy(() -> open.send("b"))
        .isInstanceOf(AnswerEndedException.class)
        .hasMessageContaining("interrupted");
    assertThat(read(lastword, sealed.id(), "")).contains("sealed", "[DONE]");
  }

  @Test
  void givenAnApplicationThatIsKilledBeforeItHasSaved_thenAnotherProcessOfItSaves()
      throws Exception {
    start("producers.lease-ms", "2000");
    var killed = RemoteApplication.start(data, gateway.url(), "chat");
    var id = new StreamId(killed.awaitSaving());
    var lastword = lastword();
    var seen = new CompletableFuture<String>();
    Thread.ofVirtual().start(() -> seen.complete(read(lastword, id, "")));
    assertThat(lastword.find(id, ANN).orElseThrow().state()).isEqualTo("complete");

    killed.kill();
    opened(at(gateway.url()).application("another").saver(saved::add));
    opened(at(gateway.url()).application("chat").saver(saved::add));

    assertThat(outcome(lastword, id)).isEqualTo(Outcome.COMPLETED);
    assertThat(saved).hasSize(1);
    assertThat(saved.getFirst().stream()).isEqualTo(id);
    assertThat(saved.getFirst().text()).isEqualTo("half a sentence, whole");
    assertThat(saved.getFirst().attributes()).containsEntry("owner", "ann");
    assertThat(seen.get()).contains("[DONE]");
  }

  @Test
  void givenAnApplicationThatIsKilledWhileItWrites_thenItsAnswerIsInterrupted() throws Exception {
    start("producers.lease-ms", "1500");
    var killed = RemoteApplication.start(data, gateway.url(), "writes");
    var id = new StreamId(killed.awaitSaving());

    killed.kill();

    var lastword = lastword();
    assertThat(outcome(lastword, id)).isEqualTo(Outcome.INTERRUPTED);
    assertThat(lastword.find(id, ANN).orElseThrow().reason()).isEqualTo("producer_gone");
    assertThat(lastword.response(id, ANN).orElseThrow()).contains("half a sentence");
  }

  @Test
  void givenADiskThatIsSlow_thenWhoSendsWaits_andNothingIsLost() throws Exception {
    var disk = new FaultyDisk();
    gateway =
        TestGateway.on(
            disk, data, NOBODY, Map.of(Setting.PENDING_BYTES, "65536", Setting.ADMIN_TOKEN, ADMIN));
    var lastword = lastword();
    var sent = new AtomicInteger();
    var go = new CountDownLatch(1);
    try (var answer = lastword.open("c", ANN)) {
      disk.beforeForce(
          () -> {
            try {
              go.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      var sending =
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 200; i++) {
                  answer.send("x".repeat(20_000));
                  sent.incrementAndGet();
                }
              });
      await().atMost(PATIENCE).until(() -> sent.get() > 10);
      await() // of 4 MB some hundred KiB are on their way
          .atMost(PATIENCE)
          .during(Duration.ofMillis(500))
          .until(() -> sent.get() < 100);
      assertThat(sending).isNotDone();

      go.countDown();
      sending.get();
      answer.seal(saved::add);
    }
    assertThat(saved.getFirst().text()).hasSize(4_000_000);
  }

  @Test
  void givenAConnectionThatSwallowsARequest_thenTheAnswerIsNotGivenUp() throws Exception {
    start("producers.lease-ms", "6000");
    try (var wire = CutWire.to(gateway.gateway().address())) {
      var lastword = opened(at(wire.url()));
      var observer = lastword();
      try (var answer = lastword.open("c", ANN)) {
        wire.forget();
        answer.send("a");
        await()
            .atMost(PATIENCE)
            .until(() -> observer.find(answer.id(), ANN).orElseThrow().events() == 1);
        answer.send("b");
        assertThat(answer.seal(saved::add).outcome()).isEqualTo(Outcome.COMPLETED);
      }
    }
    assertThat(saved.getFirst().text()).isEqualTo("ab");
  }

  @Test
  void givenMoreAnswersThanMayWaitForTheDiskAtOnce_thenNoneIsGivenUp() throws Exception {
    var disk = new FaultyDisk();
    gateway =
        TestGateway.on(
            disk, data, NOBODY, Map.of(Setting.ADMIN_TOKEN, ADMIN, Setting.PRODUCER_LEASE, "2000"));
    var lastword = lastword();
    var answers = IntStream.range(0, 200).mapToObj(i -> lastword.open("c", ANN)).toList();
    var go = new CountDownLatch(1);
    disk.beforeForce(
        () -> {
          try {
            go.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    answers.forEach(answer -> answer.send("a"));
    await() // two leases
        .atMost(PATIENCE)
        .during(Duration.ofSeconds(4))
        .until(() -> answers.stream().noneMatch(Answer::isOver));
    go.countDown();

    for (var answer : answers) {
      assertThat(answer.seal().outcome()).isEqualTo(Outcome.COMPLETED);
    }
  }

  @Test
  void givenAThreadThatIsInterruptedWhileItOpensAnAnswer_thenTheAnswerIsLeft() throws Exception {
    var disk = new FaultyDisk();
    gateway = TestGateway.on(disk, data, NOBODY, Map.of(Setting.ADMIN_TOKEN, ADMIN));
    var lastword = lastword();
    var stands = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    disk.beforeForce(
        () -> {
          stands.countDown();
          try {
            go.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    var thrown = new CompletableFuture<Throwable>();
    var opening =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    lastword.open("c", ANN);
                  } catch (RuntimeException e) {
                    thrown.complete(e);
                  }
                });
    stands.await();
    opening.interrupt();

    assertThat(thrown.get()).isInstanceOf(WaitInterruptedException.class);
    go.countDown();
    var all = new StreamQuery(null, null, null, null, null, 10);
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(lastword.list(ANN, all))
                    .singleElement()
                    .satisfies(view -> assertThat(view.reason()).isEqualTo("not_sealed")));
  }

  @Test
  void givenAGatewayThatDoesNotComeBack_thenTheAnswerIsUndecided() throws Exception {
    start();
    var wire = CutWire.to(gateway.gateway().address());
    var lastword = opened(at(wire.url()).patience(Duration.ofMillis(300)));
    var answer = lastword.open("c", ANN);
    answer.send("a");

    wire.close();

    assertThatThrownBy(
            () -> {
              while (true) {
                answer.send("b".repeat(10_000));
              }
            })
        .isInstanceOf(UndecidedException.class);
    assertThatThrownBy(() -> lastword.find(answer.id(), ANN))
        .isInstanceOf(GatewayException.class)
        .hasMessageContaining("cannot be reached");
    assertThat(lastword.health()).isEqualTo(Journal.Health.CLOSED);
    assertThatThrownBy(() -> lastword.open("c", ANN)).isInstanceOf(GatewayException.class);
  }

  @Test
  void givenAGatewayThatIsAway_thenItsHealthIsKnownAtOnce_andAsksForNobodysCredentials()
      throws Exception {
    start();
    var wire = CutWire.to(gateway.gateway().address());
    var lastword =
        opened(
            Lastword.at(URI.create(wire.url()))
                .patience(Duration.ofDays(1))
                .credentials(
                    owner -> {
                      throw new IllegalStateException("no such user: " + owner.value());
                    }));
    assertThat(lastword.health()).isEqualTo(Journal.Health.OPEN);

    wire.close();

    assertThat(lastword.health()).isEqualTo(Journal.Health.CLOSED);
  }

  @Test
  void givenALastwordThatIsClosed_thenOpenAnswersAreInterruptedAtOnce() throws Exception {
    start();
    var lastword = lastword();
    var answer = lastword.open("c", ANN);
    answer.send("a");

    lastword.close();

    assertThat(answer.isOver()).isTrue();
    assertThat(outcome(lastword(), answer.id())).isEqualTo(Outcome.INTERRUPTED);
    assertThatThrownBy(() -> lastword.open("c", ANN)).isInstanceOf(LastwordClosedException.class);
    assertThatThrownBy(() -> lastword.read(answer.id(), ANN, ""))
        .isInstanceOf(LastwordClosedException.class);
    lastword.close();
    var saves = opened(at(gateway.url()).saver(saved::add));
    saves.close();
    assertThatThrownBy(() -> saves.saveAgain(answer.id(), ANN))
        .isInstanceOf(LastwordClosedException.class);
  }

  @Test
  void givenALastwordThatIsBeingClosed_thenWhatIsSilentInItsGraceIsNotGivenUp() throws Exception {
    start("producers.lease-ms", "2000");
    var lastword = opened(at(gateway.url()).grace(Duration.ofSeconds(100)));
    var observer = lastword();
    var answer = lastword.open("c", ANN);
    answer.send("a");

    var closing = Thread.ofVirtual().start(lastword::close);
    await() // more than two leases
        .atMost(PATIENCE)
        .during(Duration.ofSeconds(5))
        .until(() -> observer.find(answer.id(), ANN).orElseThrow().state().equals("open"));

    assertThat(answer.seal().outcome()).isEqualTo(Outcome.COMPLETED);
    closing.join();
  }

  @Test
  void givenAGatewayElsewhere_whenNobodySaysWhoAsks_thenItIsRefused() throws Exception {
    start();
    assertThatThrownBy(() -> Lastword.remote(URI.create("https://gateway.example")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("credentials");
    assertThatThrownBy(() -> Lastword.remote(URI.create("http://127.0.0.1:80/v1")))
        .isInstanceOf(IllegalArgumentException.class);
    var byName = opened(Lastword.at(URI.create(gateway.url())));
    try (Answer answer = byName.open("c", ANN)) {
      assertThat(lastword().find(answer.id(), ANN)).isPresent();
      answer.seal();
    }
    assertThatThrownBy(
            () -> byName.list(Owner.ALL, new StreamQuery(null, null, null, null, null, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("administrator");
  }
}
