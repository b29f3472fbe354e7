package dev.lastword.gateway;

import dev.lastword.archive.ArchiveDamagedException;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Answer;
import dev.lastword.stream.Home;
import dev.lastword.stream.ResponseTooLargeException;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamCorruptException;
import dev.lastword.stream.StreamView;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A request of an application that waits until there is something to say of its stream: that it is
 * to save the response, or what has become of it. Where that takes long it is answered {@code 202},
 * and asks again. On the exchange's loop.
 */
final class Settling implements ExchangeListener {
  /** How long it is waited. */
  private static final long WAIT_MS = 20_000;

  /** How long for a save that may be about to be asked for. */
  private static final long SAVE_WAIT_MS = 2_000;

  /** What nobody tells of is looked for so often. */
  private static final long LOOK_MS = 100;

  /** An answer up to here goes out in one piece. */
  private static final int PIECE_CHARS_MAX = 32 << 10;

  /** How much memory an answer takes for each byte of its events, and how much at least. */
  private static final int COST = 4;

  private static final int COST_MIN = 64 << 10;

  private final ProducersApi api;
  private final Exchange exchange;
  private final Asker asker;
  private final StreamId id;
  private final String producer;
  private final Wish wish;
  private final Runnable news;
  private final long startedNanos = System.nanoTime();
  private Home.@Nullable Timer timer;
  private boolean acknowledged;
  private boolean done;

  /** What is waited for. */
  sealed interface Wish {
    /** That the stream has its outcome, or its response is to be saved. */
    record Sealed() implements Wish {}

    /** The stream's outcome. */
    record Over() implements Wish {}

    /** The response, to save it. */
    record Saving() implements Wish {}

    /**
     * That the stream has its outcome, now that the response is saved.
     *
     * @param created when the stream was whose response that is; empty for whichever has the id
     * @param rejection why it never will be; empty where it is
     */
    record Saved(OptionalLong created, Optional<String> rejection) implements Wish {}
  }

  private Settling(
      ProducersApi api, Exchange exchange, Asker asker, StreamId id, String producer, Wish wish) {
    this.api = api;
    this.exchange = exchange;
    this.asker = asker;
    this.id = id;
    this.producer = producer;
    this.wish = wish;
    this.news = () -> exchange.loop().execute(this::look);
  }

  /**
   * Waits, and answers.
   *
   * @param id of the stream, not one that its owner chose
   */
  static void start(
      ProducersApi api, Exchange exchange, Asker asker, StreamId id, String producer, Wish wish) {
    var settling = new Settling(api, exchange, asker, id, producer, wish);
    if (exchange.gone()) {
      return;
    }
    exchange.listen(settling);
    api.waits().add(id, settling.news);
    settling.look();
  }

  @Override
  public void gone() {
    end();
  }

  private void end() {
    done = true;
    api.waits().remove(id, news);
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void look() {
    if (done) {
      return;
    }
    switch (wish) {
      case Wish.Sealed _, Wish.Saving _ -> take();
      case Wish.Saved(var created, var rejection) when !acknowledged ->
          acknowledge(new RemoteSaves.Life(id, created), rejection);
      case Wish.Saved _, Wish.Over _ -> find(Optional.empty());
    }
  }

  private void take() {
    switch (api.saves().take(RemoteSaves.Life.any(id), producer)) {
      case RemoteSaves.Taking.Taken(var response) -> find(Optional.of(response));
      case RemoteSaves.Taking.Held(long leftMs) -> answer(held(leftMs));
      case RemoteSaves.Taking.Nothing _ -> find(Optional.empty());
    }
  }

  private void acknowledge(RemoteSaves.Life life, Optional<String> rejection) {
    switch (api.saves().acknowledge(life, producer, rejection)) {
      case RemoteSaves.Taking.Taken _ -> {
        acknowledged = true;
        find(Optional.empty());
      }
      case RemoteSaves.Taking.Held(long leftMs) -> answer(held(leftMs));
      case RemoteSaves.Taking.Nothing _ -> find(Optional.empty());
    }
  }

  static Problem held(long leftMs) {
    return Problem.of(409, "save_taken", "another process is saving this response")
        .header("retry-after", Long.toString(leftMs / 1_000 + 1));
  }

  static Problem inVain() {
    return Problem.of(409, "no_save_awaited", "nobody waits for this response to be saved");
  }

  private void answer(Problem problem) {
    end();
    problem.send(exchange);
  }

  private void find(Optional<SavedResponse> response) {
    api.streams()
        .find(
            asker.owner(),
            id,
            StreamsApi.answering(
                exchange,
                found -> found(found, response),
                cause -> {
                  if (!done) {
                    answer(StreamsApi.unreadable(cause));
                  }
                }));
  }

  private void found(Optional<Stream> found, Optional<SavedResponse> response) {
    if (done) {
      return;
    }
    if (found.isEmpty()) {
      answer(Problem.notFound("stream of this id"));
      return;
    }
    var view = found.get().view();
    if (isOfAnother(view)) {
      answer(inVain());
    } else if (response.isPresent()) {
      end();
      saving(view, response.get());
    } else if (isSettled(view)) {
      end();
      respond(200, SavedJson.of(view));
    } else if (isInVain(view)) {
      answer(inVain());
    } else if (waitedMs() >= WAIT_MS) {
      end();
      respond(202, SavedJson.of(view));
    } else {
      lookAgain();
    }
  }

  /** Whether the id lives again, and what is said was of the stream before. */
  private boolean isOfAnother(StreamView view) {
    return wish instanceof Wish.Saved(var created, _)
        && created.isPresent()
        && created.getAsLong() != view.createdMs();
  }

  /** Whether there is nothing more to wait for. */
  private boolean isSettled(StreamView view) {
    boolean released = view.outcome() != null;
    return switch (wish) {
      case Wish.Sealed _, Wish.Over _ -> released;
      case Wish.Saving _ -> false;
      case Wish.Saved(_, var rejection) ->
          released && (view.saved() || (acknowledged && (rejection.isPresent() || isLeft(view))));
    };
  }

  /**
   * Whether the save is not over with the application's: another hook has rejected the answer, or
   * takes its time with one that has its outcome all the same.
   */
  private boolean isLeft(StreamView view) {
    return view.reason().equals("save_rejected") || waitedMs() >= SAVE_WAIT_MS;
  }

  /** Whether no save is waited for, and none will be soon. */
  private boolean isInVain(StreamView view) {
    return switch (wish) {
      case Wish.Sealed _, Wish.Over _ -> false;
      case Wish.Saving _ ->
          view.saved() || view.state().equals("open") || waitedMs() >= SAVE_WAIT_MS;
      case Wish.Saved _ -> !acknowledged && waitedMs() >= SAVE_WAIT_MS;
    };
  }

  private long waitedMs() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos);
  }

  private void lookAgain() {
    if (timer != null) {
      timer.cancel();
    }
    timer = exchange.loop().schedule(LOOK_MS, this::look);
  }

  /** Reads the response, and writes it, off the loop: it may be megabytes. */
  private void saving(StreamView view, SavedResponse told) {
    var lease = api.budget().take(Math.max(COST_MIN, COST * view.bytes()));
    if (lease.isEmpty()) {
      api.budget().refusal().send(exchange);
      return;
    }
    api.streams().read(told, new Written(view, told, lease.get()));
  }

  /** The response, on any thread. */
  private final class Written implements Answer<Optional<SavedResponse>> {
    private final StreamView view;
    private final SavedResponse told;
    private final ResponseBudget.Lease lease;

    Written(StreamView view, SavedResponse told, ResponseBudget.Lease lease) {
      this.view = view;
      this.told = told;
      this.lease = lease;
    }

    @Override
    public void succeeded(Optional<SavedResponse> read) {
      var text = read.map(it -> SavedJson.of(view, it, api.saves().leaseMs()));
      exchange
          .loop()
          .run(
              () ->
                  text.ifPresentOrElse(
                      it -> saving(it, lease),
                      () -> refuse(Problem.notFound("stream of this id"))));
    }

    /** What can never be read can never be saved. */
    @Override
    public void failed(RuntimeException cause) {
      if (cause instanceof StreamCorruptException
          || cause instanceof ArchiveDamagedException
          || cause instanceof ResponseTooLargeException) {
        var life = new RemoteSaves.Life(id, OptionalLong.of(told.createdMs()));
        var _ = api.saves().acknowledge(life, producer, Optional.of("it cannot be read"));
      }
      exchange.loop().run(() -> refuse(StreamsApi.unreadable(cause)));
    }

    private void refuse(Problem problem) {
      lease.close();
      problem.send(exchange);
    }
  }

  private void saving(String text, ResponseBudget.Lease lease) {
    if (text.length() <= PIECE_CHARS_MAX) {
      lease.close();
      respond(200, text);
    } else {
      lease.shrinkTo(2L * text.length());
      PacedAnswer.start(exchange, OwnHeaders.of("application/json"), new TextSource(text, lease));
    }
  }

  private void respond(int status, String json) {
    exchange.respond(
        status,
        OwnHeaders.of("application/json"),
        Unpooled.wrappedBuffer(json.getBytes(StandardCharsets.UTF_8)));
  }
}
