package dev.lastword.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.StreamId;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readers: where they begin, what they are given, and how each of them comes to an end. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class ReadingTest {
  @TempDir Path dir;

  @Test
  void aReaderThatComesBackGoesOnWhereItWas() {
    try (var lastword = Lastword.embedded(dir)) {
      var id = sealed(lastword, "a", "b", "c");
      var whole = Rig.readAll(lastword.read(id, Rig.ANN, "").orElseThrow());
      var ids =
          whole.lines().filter(line -> line.startsWith("id: ")).map(l -> l.substring(4)).toList();
      assertThat(ids).hasSize(4);

      assertThat(Rig.data(Rig.readAll(lastword.read(id, Rig.ANN, ids.get(1)).orElseThrow())))
          .containsExactly("\"c\"", "[DONE]");
      try (var last = lastword.read(id, Rig.ANN, ids.get(3)).orElseThrow()) {
        assertThat(last.isAtEnd()).isTrue();
        assertThat(Rig.readAll(last)).isEmpty();
      }
      for (var wrong : new String[] {"nonsense", "1-5", "99-1", "1--1", "1-999999999999999999"}) {
        assertThatThrownBy(() -> lastword.read(id, Rig.ANN, wrong))
            .isInstanceOf(UnknownEventException.class);
      }
    }
  }

  /** As guides and endpoints do that answer 204, and have nothing to close. */
  @Test
  void aReaderWhoHasSeenEverythingIsNoReaderOfTheStream() {
    var stuck = new CountDownLatch(1);
    try (var lastword = Lastword.at(dir).saver(saved -> stuck.await()).open()) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("a");
      lastword.cancel(answer.id(), Rig.ANN); // its save keeps it from going to rest
      var whole = Rig.readAll(lastword.read(answer.id(), Rig.ANN, "").orElseThrow());
      var last =
          whole.lines().filter(line -> line.startsWith("id: ")).toList().getLast().substring(4);

      var reading = lastword.read(answer.id(), Rig.ANN, last).orElseThrow();

      assertThat(reading.isAtEnd()).isTrue();
      assertThat(lastword.find(answer.id(), Rig.ANN).orElseThrow().subscribers()).isZero();
      assertThat(Rig.readAll(reading)).isEqualTo("broken: cancelled");
    } finally {
      stuck.countDown();
    }
  }

  @Test
  void anothersStreamIsNotThere() {
    try (var lastword = Lastword.embedded(dir)) {
      var open = lastword.open("chat-1", Rig.ANN);
      var id = sealed(lastword, "a");
      for (var each : new StreamId[] {open.id(), id}) {
        assertThat(lastword.read(each, Rig.BOB, "")).isEmpty();
        assertThat(lastword.find(each, Rig.BOB)).isEmpty();
        assertThat(lastword.response(each, Rig.BOB)).isEmpty();
      }
      assertThat(lastword.conversation("chat-1", Rig.BOB, 10)).isEmpty();
    }
  }

  @Test
  void aQuietStreamIsHeardOf() throws Exception {
    try (var lastword = Lastword.at(dir).heartbeat(Duration.ofMillis(20)).open()) {
      var answer = lastword.open("chat-1", Rig.ANN);
      try (var reading = lastword.read(answer.id(), Rig.ANN, "").orElseThrow()) {
        assertThat(new String(reading.next().orElseThrow(), StandardCharsets.US_ASCII))
            .isEqualTo(": hb\n\n");
        assertThat(new String(reading.next().orElseThrow(), StandardCharsets.US_ASCII))
            .isEqualTo(": hb\n\n");
      }
    }
    assertThatThrownBy(() -> Lastword.at(dir).heartbeat(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("heartbeat");
  }

  @Test
  void aReaderThatLeavesChangesNothing() {
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("a");
      var reading = lastword.read(answer.id(), Rig.ANN, "").orElseThrow();
      var gone =
          new OutputStream() {
            @Override
            public void write(int b) throws IOException {
              throw new IOException("broken pipe");
            }
          };
      assertThatThrownBy(() -> reading.writeTo(gone)).hasMessage("broken pipe");
      assertThat(lastword.find(answer.id(), Rig.ANN).orElseThrow().subscribers()).isZero();
      answer.send("b");
      answer.seal(saved -> assertThat(saved.text()).isEqualTo("ab"));
    }
  }

  @Test
  void whoeverClosesAReadingEndsItsWaitAndMakesNoCleanEndOfIt() throws Exception {
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      var reading = lastword.read(answer.id(), Rig.ANN, "").orElseThrow();
      var read = CompletableFuture.supplyAsync(() -> Rig.readAll(reading));
      reading.close();
      assertThat(read.get(60, TimeUnit.SECONDS)).isEqualTo("broken: closed");
      assertThat(lastword.find(answer.id(), Rig.ANN).orElseThrow().subscribers()).isZero();

      answer.seal();
      var whole = lastword.read(answer.id(), Rig.ANN, "").orElseThrow();
      assertThat(Rig.readAll(whole)).endsWith("data: [DONE]\n\n");
      whole.close();
      assertThat(whole.next()).as("it had come to its end").isEmpty();
    }
  }

  @Test
  void aSubscriberIsGivenWhatItAsksFor() throws Exception {
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("a");
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> lastword.find(answer.id(), Rig.ANN).orElseThrow().events() == 1);
      var slow = new Slow();
      lastword.read(answer.id(), Rig.ANN, "").orElseThrow().publisher().subscribe(slow);
      assertThat(slow.given).isEmpty();

      slow.subscription.get().request(1);
      await().atMost(Rig.PATIENCE).until(() -> slow.given.size() == 1);
      answer.send("b");
      answer.seal();
      assertThat(slow.end.isDone()).isFalse();
      assertThat(slow.given).hasSize(1);
      slow.subscription.get().request(Long.MAX_VALUE);

      assertThat(slow.end.get(60, TimeUnit.SECONDS)).isEqualTo("complete");
      assertThat(Rig.data(String.join("", slow.given))).containsExactly("\"a\"", "\"b\"", "[DONE]");
    }
  }

  @Test
  void aSubscriberIsToldThatTheAnswerDidNotComeToItsEnd() throws Exception {
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      var slow = new Slow();
      var publisher = lastword.read(answer.id(), Rig.ANN, "").orElseThrow().publisher();
      publisher.subscribe(slow);
      slow.subscription.get().request(Long.MAX_VALUE);
      answer.close();
      assertThat(slow.end.get(60, TimeUnit.SECONDS)).startsWith("failed");

      var second = new Slow();
      publisher.subscribe(second);
      assertThat(second.end.get(60, TimeUnit.SECONDS)).contains("one subscriber");
      var wrong = new Slow();
      lastword.read(answer.id(), Rig.ANN, "").orElseThrow().publisher().subscribe(wrong);
      wrong.subscription.get().request(0);
      assertThat(wrong.end.get(60, TimeUnit.SECONDS)).contains("at least 1");
    }
  }

  @Test
  void aSubscriberThatCancelsHasLeft() {
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      var slow = new Slow();
      lastword.read(answer.id(), Rig.ANN, "").orElseThrow().publisher().subscribe(slow);
      slow.subscription.get().request(5);
      slow.subscription.get().cancel();
      await()
          .atMost(Rig.PATIENCE)
          .until(() -> lastword.find(answer.id(), Rig.ANN).orElseThrow().subscribers() == 0);
      answer.seal();
      assertThat(slow.end.isDone()).isFalse();
    }
  }

  @Test
  void aDeletedStreamBreaksOff() throws Exception {
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      var reading = lastword.read(answer.id(), Rig.ANN, "").orElseThrow();
      var read = CompletableFuture.supplyAsync(() -> Rig.readAll(reading));
      lastword.delete(answer.id(), Rig.ANN);
      assertThat(read.get(60, TimeUnit.SECONDS)).contains("broken: ");
      assertThat(lastword.find(answer.id(), Rig.ANN)).isEmpty();
    }
  }

  private static StreamId sealed(Lastword lastword, String... tokens) {
    var answer = lastword.open("chat-1", Rig.ANN);
    for (var token : tokens) {
      answer.send(token);
    }
    answer.seal();
    return answer.id();
  }

  /** Takes nothing by itself. */
  private static final class Slow implements Flow.Subscriber<ByteBuffer> {
    final AtomicReference<Flow.Subscription> subscription = new AtomicReference<>();
    final CopyOnWriteArrayList<String> given = new CopyOnWriteArrayList<>();
    final CompletableFuture<String> end = new CompletableFuture<>();

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription.set(given);
    }

    @Override
    public void onNext(ByteBuffer bytes) {
      given.add(StandardCharsets.UTF_8.decode(bytes).toString());
    }

    @Override
    public void onError(Throwable failure) {
      end.complete(String.valueOf(failure.getMessage()));
    }

    @Override
    public void onComplete() {
      end.complete("complete");
    }
  }
}
