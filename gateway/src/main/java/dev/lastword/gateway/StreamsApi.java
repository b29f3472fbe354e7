package dev.lastword.gateway;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveDamagedException;
import dev.lastword.archive.ArchiveUnavailableException;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Answer;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.MemoryFullException;
import dev.lastword.stream.Owner;
import dev.lastword.stream.ResponseTooLargeException;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.StreamCorruptException;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Streams;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code /api} tells about streams, responses and conversations, and the command that stops
 * one.
 */
final class StreamsApi {
  private static final Logger log = LoggerFactory.getLogger(StreamsApi.class);
  private static final Set<String> STATES = Set.of("open", "complete", "saved", "released");
  private static final int LIMIT_DEFAULT = 50;
  private static final int LIMIT_MAX = 1_000;

  /**
   * How much memory an assembled answer takes for each byte of its events: its text stands in it up
   * to three times. What putting it together takes besides, the engine takes from its own budget.
   */
  private static final int COST = 4;

  private static final int COST_MIN = 64 << 10;

  /** An assembled answer up to here goes out in one piece. */
  private static final int PIECE_CHARS_MAX = 32 << 10;

  private final Streams streams;
  private final OwnedStreams owned;
  private final ResponseBudget budget;

  StreamsApi(OwnedStreams owned, ResponseBudget budget) {
    this.streams = owned.streams();
    this.owned = owned;
    this.budget = budget;
  }

  static Problem malformedId() {
    return Problem.badField("stream", "an id is 16 to 64 characters of A-Z a-z 0-9 _ -");
  }

  static Problem corrupt() {
    return Problem.of(
        500,
        "corrupt",
        "a part of the stream was damaged on the disk; what is left is not shown as if it were all");
  }

  static Problem unreadable(RuntimeException cause) {
    if (cause instanceof MemoryFullException full) {
      return Problem.unavailable("memory_full", "answers take nearly all of their memory now")
          .member("limit", full.bytesMax());
    }
    if (cause instanceof ResponseTooLargeException large) {
      return Problem.of(
              507,
              "response_too_large",
              "the response is too large to be put together in memory; read its events at /v1/stream/{id}")
          .member("limit", large.bytesMax());
    }
    if (cause instanceof StreamCorruptException || cause instanceof ArchiveDamagedException) {
      log.error("api.corrupt", cause);
      return corrupt();
    }
    if (cause instanceof ArchiveUnavailableException) {
      log.warn("api.archive_unavailable cause={}", cause.getMessage());
      return Problem.unavailable(
          "archive_unavailable", "the server that the archive is on cannot be reached now");
    }
    log.error("api.unreadable", cause);
    return Problem.of(500, "unreadable", "what is asked for cannot be read from the disk now");
  }

  // --- one stream

  void stream(Exchange exchange, Asker asker, String id) {
    withId(
        exchange,
        id,
        streamId ->
            owned.find(
                asker.owner(),
                streamId,
                answering(
                    exchange,
                    found ->
                        found.ifPresentOrElse(
                            stream -> ok(exchange, 200, StreamJson.of(stream.view(), asker)),
                            () -> Problem.notFound("stream of this id").send(exchange)))));
  }

  void response(Exchange exchange, Asker asker, String id) {
    withId(
        exchange,
        id,
        streamId ->
            owned.find(
                asker.owner(),
                streamId,
                answering(
                    exchange,
                    found ->
                        found.ifPresentOrElse(
                            stream ->
                                assemble(
                                    exchange,
                                    asker.owner(),
                                    stream.view(),
                                    UnaryOperator.identity()),
                            () -> Problem.notFound("stream of this id").send(exchange)))));
  }

  /**
   * Answers with a stream's response.
   *
   * @param shape makes of the response as the API has it what is answered; off the loop
   */
  void assemble(Exchange exchange, Owner owner, StreamView view, UnaryOperator<String> shape) {
    withLease(
        exchange,
        view.bytes(),
        lease ->
            streams.response(
                owner,
                view.id(),
                shaped(
                    shape,
                    answering(
                        exchange,
                        found -> assembled(exchange, found, lease),
                        cause -> {
                          lease.close();
                          unreadable(cause).send(exchange);
                        }))));
  }

  private static Answer<Optional<String>> shaped(
      UnaryOperator<String> shape, Answer<Optional<String>> answer) {
    return new Answer<>() {
      @Override
      public void succeeded(Optional<String> found) {
        Optional<String> shaped;
        try {
          shaped = found.map(shape);
        } catch (RuntimeException e) {
          answer.failed(e);
          return;
        }
        answer.succeeded(shaped);
      }

      @Override
      public void failed(RuntimeException cause) {
        answer.failed(cause);
      }
    };
  }

  private static void assembled(
      Exchange exchange, Optional<String> found, ResponseBudget.Lease lease) {
    if (found.isPresent() && found.get().length() > PIECE_CHARS_MAX) {
      lease.shrinkTo(2L * found.get().length());
      PacedAnswer.start(
          exchange, OwnHeaders.of("application/json"), new TextSource(found.get(), lease));
      return;
    }
    lease.close();
    found.ifPresentOrElse(
        json -> ok(exchange, 200, json.getBytes(StandardCharsets.UTF_8)),
        () -> Problem.notFound("stream of this id").send(exchange));
  }

  /** Takes what an answer of so many bytes of events costs, before it is put together. */
  private void withLease(Exchange exchange, long bytes, Consumer<ResponseBudget.Lease> then) {
    budget
        .take(Math.max(COST_MIN, COST * bytes))
        .ifPresentOrElse(then, () -> budget.refusal().send(exchange));
  }

  void cancel(Exchange exchange, Asker asker, String id) {
    withId(
        exchange,
        id,
        streamId ->
            owned.cancel(
                asker.owner(),
                streamId,
                answering(exchange, result -> cancelled(exchange, asker, result))));
  }

  void save(Exchange exchange, Asker asker, String id) {
    withId(
        exchange,
        id,
        streamId ->
            owned.save(
                asker.owner(), streamId, answering(exchange, result -> saved(exchange, result))));
  }

  private static void saved(Exchange exchange, SaveResult result) {
    switch (result) {
      case SaveResult.Saved(var view) -> ok(exchange, 200, StreamJson.of(view));
      case SaveResult.Pending(var view) -> ok(exchange, 409, StreamJson.of(view));
      case SaveResult.Unsaved(var view, var cause) ->
          Problem.of(502, "save_failed", "a save hook did not take it: " + told(cause))
              .send(exchange);
      case SaveResult.Unknown unknown -> Problem.notFound("stream of this id").send(exchange);
    }
  }

  /** What a hook says itself may be told; any other failure is only named. */
  private static String told(Throwable cause) {
    return cause instanceof SaveException
        ? String.valueOf(cause.getMessage())
        : cause.getClass().getSimpleName();
  }

  void delete(Exchange exchange, Asker asker, String id) {
    withId(
        exchange,
        id,
        streamId ->
            owned.delete(
                asker.owner(), streamId, answering(exchange, result -> deleted(exchange, result))));
  }

  static void deleted(Exchange exchange, DeleteResult result) {
    switch (result) {
      case DELETED -> nothing(exchange);
      case PENDING ->
          Problem.of(
                  409,
                  "save_pending",
                  "the answer is complete and waits to be saved; it can be deleted after that")
              .send(exchange);
      case UNKNOWN -> Problem.notFound("stream of this id").send(exchange);
    }
  }

  private static void nothing(Exchange exchange) {
    exchange.start(204, new DefaultHttpHeaders());
    exchange.end();
  }

  private static void cancelled(Exchange exchange, Asker asker, CancelResult result) {
    switch (result) {
      case CancelResult.Cancelled(var view) -> ok(exchange, 200, StreamJson.of(view, asker));
      case CancelResult.Ended(var view) -> ok(exchange, 409, StreamJson.of(view, asker));
      case CancelResult.Unknown unknown -> Problem.notFound("stream of this id").send(exchange);
    }
  }

  private static void withId(Exchange exchange, String id, Consumer<StreamId> then) {
    StreamId.parse(id).ifPresentOrElse(then, () -> malformedId().send(exchange));
  }

  // --- many

  void list(Exchange exchange, Asker asker) {
    var head = exchange.request();
    var state = head.queryParameter("state");
    var outcome = head.queryParameter("outcome");
    var conversation = head.queryParameter("conversation");
    var saved = head.queryParameter("saved");
    var before = head.queryParameter("before");
    int limit = limit(head.queryParameter("limit"));
    if (state != null && !STATES.contains(state)) {
      Problem.badField("state", "one of open, complete, saved, released").send(exchange);
    } else if (outcome != null && outcomeOf(outcome).isEmpty()) {
      Problem.badField("outcome", "one of completed, cancelled, failed, interrupted")
          .send(exchange);
    } else if (saved != null && !saved.equals("true") && !saved.equals("false")) {
      Problem.badField("saved", "true or false").send(exchange);
    } else if (limit < 1) {
      Problem.badField("limit", "1 to " + LIMIT_MAX).member("limit", LIMIT_MAX).send(exchange);
    } else if (before != null && StreamJson.placeOf(before).isEmpty()) {
      Problem.badField("before", "the next of an earlier page").send(exchange);
    } else {
      var query =
          new StreamQuery(
              state,
              outcome == null ? null : outcomeOf(outcome).orElse(null),
              conversation,
              saved == null ? null : Boolean.valueOf(saved),
              place(before),
              limit);
      streams.list(
          asker.owner(),
          ListSource.page(query, query.before(), limit),
          answering(exchange, found -> listed(exchange, asker.owner(), query, found)));
    }
  }

  private void listed(Exchange exchange, Owner owner, StreamQuery query, List<StreamView> first) {
    int asked = ListSource.page(query, query.before(), query.limit()).limit();
    boolean full = first.size() == asked;
    if (asked == query.limit() || !full) {
      ok(exchange, 200, StreamJson.part(first, true, true, full));
    } else {
      PacedAnswer.start(
          exchange,
          OwnHeaders.of("application/json"),
          new ListSource(streams, exchange, owner, query, first));
    }
  }

  private static Archive.@Nullable Place place(@Nullable String before) {
    return before == null ? null : StreamJson.placeOf(before).orElse(null);
  }

  private static Optional<Outcome> outcomeOf(String word) {
    return Arrays.stream(Outcome.values())
        .filter(outcome -> outcome.word().equals(word))
        .findFirst();
  }

  /** The limit asked for, 0 if it is none. */
  static int limit(@Nullable String text) {
    if (text == null) {
      return LIMIT_DEFAULT;
    }
    if (!text.matches("[0-9]{1,4}")) {
      return 0;
    }
    int limit = Integer.parseInt(text);
    return limit <= LIMIT_MAX ? limit : 0;
  }

  void conversation(Exchange exchange, Asker asker, String encodedKey) {
    withKey(
        exchange,
        encodedKey,
        key -> new Conversation(streams, budget, exchange, asker.owner(), key).collect());
  }

  void deleteConversation(Exchange exchange, Asker asker, String encodedKey) {
    withKey(
        exchange,
        encodedKey,
        key ->
            streams.deleteConversation(
                asker.owner(),
                key,
                answering(
                    exchange,
                    deleted -> {
                      if (deleted > 0) {
                        nothing(exchange);
                      } else {
                        Problem.notFound("conversation of this key").send(exchange);
                      }
                    })));
  }

  private static void withKey(Exchange exchange, String encodedKey, Consumer<String> then) {
    String key;
    try {
      key = URLDecoder.decode(encodedKey.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      key = "";
    }
    if (StreamOrder.isAnyConversation(key)) {
      then.accept(key);
    } else {
      Problem.badField("conversation", StreamOrder.ANY_CONVERSATION).send(exchange);
    }
  }

  // --- answers

  static void ok(Exchange exchange, int status, byte[] json) {
    exchange.respond(status, OwnHeaders.of("application/json"), Unpooled.wrappedBuffer(json));
  }

  private static <T> Answer<T> answering(Exchange exchange, Consumer<T> then) {
    return answering(exchange, then, cause -> unreadable(cause).send(exchange));
  }

  /** Answers a part of an answer that has begun: all that can be said of a failure is no more. */
  static <T> Answer<T> answering(Exchange exchange, PacedAnswer to, Consumer<T> then) {
    return answering(
        exchange,
        then,
        cause -> {
          log.error("api.cut_off", cause);
          to.fail();
        });
  }

  /** Answers on the exchange's loop. */
  static <T> Answer<T> answering(
      Exchange exchange, Consumer<T> then, Consumer<RuntimeException> otherwise) {
    return new Answer<>() {
      @Override
      public void succeeded(T value) {
        exchange.loop().run(() -> then.accept(value));
      }

      @Override
      public void failed(RuntimeException cause) {
        exchange.loop().run(() -> otherwise.accept(cause));
      }
    };
  }
}
