package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.TokensDialect;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.Framing;
import dev.lastword.stream.Admission;
import dev.lastword.stream.Answer;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Composer;
import dev.lastword.stream.Composition;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.MemoryBudget;
import dev.lastword.stream.OpenListener;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.ReceiptSigner;
import dev.lastword.stream.Release;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamOptions;
import dev.lastword.stream.StreamRequest;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Streams;
import dev.lastword.stream.StreamsListener;
import dev.lastword.stream.ThreadHome;
import dev.lastword.stream.TimeSource;
import dev.lastword.testing.MemoryArchive;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a response costs that waits for its application, on an engine with little memory. */
@Timeout(60)
class RemoteSavesTest {
  private static final Owner ANN = Owner.of("ann");
  private static final String MINE = "process-1";
  private static final String OTHER = "process-2";
  private static final int MEMORY = 2 << 20;

  /** Of which three, put together, take more than there is. */
  private static final String TEXT = "x".repeat(220_000);

  @TempDir Path data;
  private final ExecutorService io = Executors.newVirtualThreadPerTaskExecutor();
  private final ThreadHome home = new ThreadHome("test");
  private final MemoryBudget budget = new MemoryBudget(MEMORY);
  private final AtomicBoolean saveIsOver = new AtomicBoolean();
  private final RemoteSaves saves =
      new RemoteSaves(
          Duration.ofHours(1).toNanos(), System::nanoTime, new Waits(), new GatewayMetrics());
  private Journal journal;
  private Streams streams;

  @BeforeEach
  void start() {
    journal = FileJournal.open(data, FileJournal.Options.DEFAULT);
    streams =
        Streams.start(
            new Streams.Parts(
                journal,
                new MemoryArchive(100),
                StreamOptions.DEFAULT,
                new Release.Named(
                    name -> name.equals(RemoteSaves.NAME) ? Optional.of(saves) : Optional.empty()),
                ReceiptSigner.NONE,
                budget,
                TimeSource.SYSTEM,
                () -> home,
                io,
                StreamId::random,
                new Random(1),
                StreamsListener.NONE));
  }

  @AfterEach
  void stop() {
    journal.close();
    home.close();
    io.shutdownNow();
  }

  /** What somebody is told, on whichever thread. */
  private static final class Told<T> implements Answer<T> {
    private final CompletableFuture<T> value = new CompletableFuture<>();

    static <T> T of(Consumer<Answer<T>> asking) {
      var told = new Told<T>();
      asking.accept(told);
      return told.value.join();
    }

    @Override
    public void succeeded(T told) {
      value.complete(told);
    }

    @Override
    public void failed(RuntimeException cause) {
      value.completeExceptionally(cause);
    }
  }

  private StreamId sealed(String saves) {
    var made = composed(saves);
    home.execute(
        () -> {
          made.append(EncodedEvents.of(List.of(TokensDialect.token(TEXT))));
          made.complete(EncodedEvents.NONE, false, false);
        });
    return made.stream().id();
  }

  private Composition composed(String saves) {
    var admission = new CompletableFuture<Admission>();
    streams.admit(null, admission::complete);
    assertThat(admission.join()).as("there is room").isInstanceOf(Admission.Admitted.class);
    var place = ((Admission.Admitted) admission.join()).place();
    var request =
        new StreamRequest(
            ANN,
            TokensDialect.TOKENS,
            Framing.EVENTS,
            RequestFacts.NONE,
            Map.of(
                Attributes.SAVE,
                RemoteSaves.NAME,
                ProducerFields.OF_PRODUCER,
                MINE,
                ProducerFields.OF_APPLICATION,
                "chat",
                ProducerFields.OF_SAVES,
                saves));
    var made = new CompletableFuture<Composition>();
    home.execute(
        () -> made.complete(streams.compose(place, request, home, new Quiet(), new Quiet())));
    return made.join();
  }

  /** An application that looks at nothing but the end of the save. */
  private final class Quiet implements Composer, OpenListener {
    @Override
    public void pause() {}

    @Override
    public void resume() {}

    @Override
    public void over(Outcome outcome, String reason) {}

    @Override
    public void ended(StreamView stream) {}

    @Override
    public void saveIsOver() {
      saveIsOver.set(true);
    }

    @Override
    public void lost() {}

    @Override
    public void opened(Stream stream) {}

    @Override
    public void refused(OpenRefusal why) {}
  }

  private SavedResponse taken(StreamId id, String producer) {
    var taking =
        await()
            .until(
                () -> saves.take(RemoteSaves.Life.any(id), producer),
                RemoteSaves.Taking.Taken.class::isInstance);
    return ((RemoteSaves.Taking.Taken) taking).response();
  }

  private StreamView view(StreamId id) {
    return Told.<Optional<Stream>>of(it -> streams.find(ANN, id, it)).orElseThrow().view();
  }

  @Test
  void givenAnswersThatNobodyComesFor_thenTheyTakeNoMemory_andCanBeReadOnceSomebodyDoes() {
    var left = List.of(sealed("completed"), sealed("completed"), sealed("completed"));
    left.forEach(id -> assertThat(taken(id, MINE).text()).isEmpty());

    assertThat(streams.unsaved()).isEqualTo(3);
    assertThat(budget.taken()).as("put together they take 880 KB each").isLessThan(900_000);
    sealed("completed"); // there is room for others

    var told = taken(left.getLast(), MINE);
    var read = Told.<Optional<SavedResponse>>of(it -> streams.read(told, it)).orElseThrow();
    assertThat(read.text()).isEqualTo(TEXT);
    assertThat(read.sha256()).isNotEmpty();
    assertThat(read.withoutContent()).isEqualTo(told);
    saves.acknowledge(RemoteSaves.Life.any(told.stream()), MINE, Optional.empty());
    await().until(() -> view(told.stream()).outcome() == Outcome.COMPLETED);
    assertThat(view(told.stream()).saved()).isTrue();
  }

  @Test
  void givenAnAnswerThatNobodyComesFor_whenItsOwnerDeletesIt_thenItIsGone() {
    var id = sealed("completed");
    var told = taken(id, MINE);
    assertThat(saveIsOver).isFalse();

    assertThat(Told.<DeleteResult>of(it -> streams.delete(ANN, id, it)))
        .isEqualTo(DeleteResult.DELETED);

    assertThat(Told.<Optional<Stream>>of(it -> streams.find(ANN, id, it))).isEmpty();
    assertThat(Told.<Optional<SavedResponse>>of(it -> streams.read(told, it))).isEmpty();
    assertThat(saves.of(ANN, "chat", MINE)).isEmpty();
    await().untilTrue(saveIsOver);
    assertThat(streams.unsaved()).isZero();
  }

  @Test
  void givenAPartialThatItsApplicationIsToSave_thenTheSaveIsOverOnceItHas() {
    var made = composed("all");
    home.execute(made::cancel);
    var id = made.stream().id();
    var told = taken(id, MINE);
    assertThat(told.outcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(saveIsOver).isFalse();

    saves.acknowledge(RemoteSaves.Life.any(id), MINE, Optional.empty());

    await().untilTrue(saveIsOver);
    assertThat(view(id).saved()).isTrue();
  }

  @Test
  void givenAnAnswerThatWasRejected_whenItIsAskedForAgain_thenWhoeverComesMaySaveIt() {
    var id = sealed("completed");
    taken(id, MINE);
    assertThat(saves.take(RemoteSaves.Life.any(id), OTHER))
        .isInstanceOf(RemoteSaves.Taking.Held.class);
    saves.acknowledge(RemoteSaves.Life.any(id), MINE, Optional.of("too long"));
    await().until(() -> view(id).outcome() == Outcome.FAILED);
    await().until(() -> streams.unarchived() == 0);

    var again =
        CompletableFuture.supplyAsync(
            () -> Told.<SaveResult>of(it -> streams.save(ANN, id, it)), io);
    var told = taken(id, OTHER);

    assertThat(told.outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(Told.<Optional<SavedResponse>>of(it -> streams.read(told, it)).orElseThrow().text())
        .isEqualTo(TEXT);
    saves.acknowledge(RemoteSaves.Life.any(id), OTHER, Optional.empty());
    assertThat(again.join()).isInstanceOf(SaveResult.Saved.class);
  }

  @Test
  void givenWhatIsKeptBackByItsSource_thenItCountsUntilTheEndIsDecided() {
    var made = composed("completed");
    var counted = new CompletableFuture<List<Long>>();
    home.execute(
        () -> {
          long before = budget.taken();
          made.keepsBack(500_000);
          long kept = budget.taken() - before;
          made.keepsBack(100_000);
          long less = budget.taken() - before;
          made.cancel();
          counted.complete(List.of(kept, less, budget.taken() - before));
        });
    assertThat(counted.join().subList(0, 2)).containsExactly(500_000L, 100_000L);
    assertThat(counted.join().getLast()).isLessThan(100_000L);
  }
}
