package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.Lastword;
import dev.lastword.library.RemoteBuilder;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.SavedResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which process of an application saves which answer of a gateway, and how long it tries. */
@Timeout(120)
class RemoteSaversTest {
  private static final String NOBODY = "http://127.0.0.1:9";
  private static final String ADMIN = "token-of-an-administrator";
  private static final Owner ANN = Owner.of("ann");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

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

  private void start(String... settings) {
    var set = new HashMap<Setting, String>();
    set.put(Setting.ADMIN_TOKEN, ADMIN);
    for (int i = 0; i < settings.length; i += 2) {
      set.put(Setting.named(settings[i]).orElseThrow(), settings[i + 1]);
    }
    gateway = TestGateway.start(data, NOBODY, set);
  }

  /** A process of its own. */
  private RemoteBuilder process() {
    return Lastword.at(URI.create(gateway.url()))
        .credentials(owner -> owner.all() ? ADMIN : owner.value())
        .pickUp(Duration.ofMillis(100));
  }

  private Lastword opened(RemoteBuilder builder) {
    var lastword = builder.open();
    opened.add(lastword);
    return lastword;
  }

  @Test
  void givenAnAnswerThatWasRejected_thenAnotherProcessCanSaveItLater() throws Exception {
    start();
    var writer =
        opened(
            process()
                .saver(
                    response -> {
                      throw new SaveException(SaveException.Kind.REJECTED, "a bug");
                    }));
    StreamId id;
    try (var answer = writer.open("c", ANN)) {
      answer.send("a");
      id = answer.id();
      assertThatThrownBy(answer::seal).isInstanceOf(AnswerEndedException.class);
    }
    writer.close();

    var mended = opened(process().saver(saved::add));

    assertThat(mended.saveAgain(id, ANN)).isInstanceOf(SaveResult.Saved.class);
    assertThat(saved).extracting(SavedResponse::text).containsExactly("a");
  }

  @Test
  void givenASaverOfAFormerLifeThatIsLate_thenTheAnswerThatHasItsIdNowIsSavedByItsOwn()
      throws Exception {
    start();
    var late = new CountDownLatch(1);
    var former = new CopyOnWriteArrayList<SavedResponse>();
    var lastword =
        opened(
            process()
                .saver(
                    response -> {
                      former.add(response);
                      late.await();
                    }));
    var request = AnswerRequest.of(ANN).id(new StreamId("an-id-that-lives-again"));
    StreamId id;
    try (var answer = lastword.open(request)) {
      answer.send("before");
      id = answer.id();
      var sent = id;
      await().atMost(PATIENCE).until(() -> lastword.find(sent, ANN).orElseThrow().events() == 1);
      assertThat(lastword.cancel(id, ANN)).isInstanceOf(CancelResult.Cancelled.class);
    }
    await().atMost(PATIENCE).until(() -> !former.isEmpty());
    assertThat(lastword.delete(id, ANN)).isEqualTo(DeleteResult.DELETED);

    var toSave = new CountDownLatch(1);
    try (var answer = lastword.open(request)) {
      answer.send("now");
      var sealing =
          answer
              .sealAsync(
                  response -> {
                    saved.add(response);
                    toSave.await();
                  })
              .toCompletableFuture();
      await().atMost(PATIENCE).until(() -> !saved.isEmpty());
      late.countDown(); // and says that it is saved
      await()
          .during(Duration.ofMillis(500))
          .atMost(PATIENCE)
          .until(() -> lastword.find(id, ANN).orElseThrow().state().equals("complete"));
      toSave.countDown();

      assertThat(sealing.get().outcome()).isEqualTo(Outcome.COMPLETED);
    }
    assertThat(saved).extracting(SavedResponse::text).containsExactly("now");
    assertThat(former).extracting(SavedResponse::text).containsExactly("before");
  }

  @Test
  void givenAnAnswerThatIsDeletedWhileItsSaverThrows_thenItIsNotCalledForEver() throws Exception {
    start();
    var calls = new AtomicInteger();
    var lastword =
        opened(
            process()
                .saver(
                    response -> {
                      calls.incrementAndGet();
                      throw new IOException("no database");
                    }));
    try (var answer = lastword.open("c", ANN)) {
      answer.send("a");
      lastword.cancel(answer.id(), ANN);
      await().atMost(PATIENCE).until(() -> calls.get() > 1);
      assertThat(lastword.delete(answer.id(), ANN)).isEqualTo(DeleteResult.DELETED);
    }

    int before = calls.get();
    await() // one may be about to be made; then there would be more, after a second or two
        .atMost(Duration.ofSeconds(10))
        .during(Duration.ofSeconds(6))
        .until(() -> calls.get() <= before + 1);
  }

  @Test
  void givenAProcessThatOpensNothing_whenItsSaverTakesLongerThanTheLease_thenNobodyElseSaves()
      throws Exception {
    start("producers.lease-ms", "2000");
    var killed = RemoteApplication.start(data, gateway.url(), "chat");
    var id = new StreamId(killed.awaitSaving());
    var other = new CopyOnWriteArrayList<SavedResponse>();
    killed.kill();
    opened(
        process()
            .application("chat")
            .saver(
                response -> {
                  saved.add(response);
                  Thread.sleep(6_000); // three times as long
                }));
    await().atMost(PATIENCE).until(() -> !saved.isEmpty());
    var asking = opened(process().application("chat").saver(other::add));

    await()
        .atMost(PATIENCE)
        .until(() -> asking.find(id, ANN).orElseThrow().outcome() == Outcome.COMPLETED);

    assertThat(saved).hasSize(1);
    assertThat(other).isEmpty();
  }

  @Test
  void givenApplicationsWithoutNames_thenNoneSavesWhatAnotherHasLeft() throws Exception {
    start("producers.lease-ms", "1000");
    var writer = opened(process());
    try (var answer = writer.open("c", ANN)) {
      answer.send("a");
      var sealing =
          answer
              .sealAsync(
                  response -> {
                    throw new IOException("never");
                  })
              .toCompletableFuture();
      await()
          .atMost(PATIENCE)
          .until(() -> writer.find(answer.id(), ANN).orElseThrow().state().equals("complete"));
      writer.close(); // the save is left
      assertThat(sealing).failsWithin(PATIENCE);
      var another = opened(process().saver(saved::add));
      await()
          .atMost(PATIENCE)
          .during(Duration.ofSeconds(3)) // three leases
          .until(() -> another.find(answer.id(), ANN).orElseThrow().state().equals("complete"));
      assertThat(saved).isEmpty();

      opened(process().application("default").saver(saved::add));
      await()
          .atMost(PATIENCE)
          .until(() -> another.find(answer.id(), ANN).orElseThrow().outcome() != null);
    }
    assertThat(saved).hasSize(1);
  }
}
