package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Resume;
import dev.lastword.stream.Stream;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Runs that their clients name: a run's stream has an id that is made of its name and its path, so
 * that the same request again, at the same moment too, finds it in place of beginning another.
 */
record Runs(
    OwnedStreams streams, ResumedReading reading, Supplier<Access> access, Elsewhere elsewhere) {
  /** Bytes of a hash that stand in an id. */
  private static final int ID_BYTES = 24;

  /** Longer names are of no run. */
  static final int NAME_LENGTH_MAX = 1_024;

  /** The id that the stream of a run has, as its owner names it. */
  static StreamId idOf(String path, String run) {
    try {
      var hash =
          MessageDigest.getInstance("SHA-256")
              .digest((path + "\n" + run).getBytes(StandardCharsets.UTF_8));
      return new StreamId(
          Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, ID_BYTES)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Whether what a request of a run gets that is here already is said by its key. */
  static boolean isKeyed(RequestHead request) {
    return request.is(HttpMethod.POST) && request.headers().contains(IdempotencyKey.FIELD);
  }

  /**
   * Finds the stream of a run, where it is here or nowhere; on the exchange's loop, and only while
   * its peer is there.
   */
  void find(Exchange exchange, Asker asker, StreamId id, Consumer<Optional<Stream>> then) {
    elsewhere.find(
        exchange,
        streams.idsOf(asker.owner(), id),
        () ->
            streams.find(
                asker.owner(),
                id,
                StreamsApi.answering(
                    exchange,
                    found -> {
                      if (!exchange.gone()) {
                        then.accept(found);
                      }
                    },
                    cause -> StreamsApi.unreadable(cause).send(exchange))));
  }

  /**
   * Answers with the events of a run, from behind the one that the request names in {@code
   * Last-Event-ID} or from the first; its body goes by.
   *
   * @param withIds whether the events carry ids, and the field counts
   * @param faces how it is shown
   */
  void attach(
      Exchange exchange,
      Asker asker,
      Stream stream,
      boolean withIds,
      Function<Dialect, Face> faces) {
    if (access.get().isForeign(exchange.request())) {
      OwnRoutes.answer(exchange, it -> Access.foreign().send(it));
    } else {
      OwnRoutes.answer(exchange, it -> read(it, asker, stream, withIds, faces));
    }
  }

  private void read(
      Exchange exchange,
      Asker asker,
      Stream stream,
      boolean withIds,
      Function<Dialect, Face> faces) {
    var attributes = stream.attributes();
    if (StoredAnswer.is(attributes) || attributes.containsKey(Attributes.CLAIM)) {
      noEvents().send(exchange);
      return;
    }
    var last = withIds ? exchange.request().headers().get("last-event-id", "") : "";
    if (last.isEmpty()) {
      start(exchange, asker, stream, 0, faces);
      return;
    }
    switch (EventsRoute.resume(stream, last)) {
      case Resume.After(long seq) -> start(exchange, asker, stream, seq, faces);
      case Resume.AtEnd _ -> start(exchange, asker, stream, stream.view().events(), faces);
      case Resume.Unknown _ -> unknownEvent().send(exchange);
    }
  }

  private void start(
      Exchange exchange, Asker asker, Stream stream, long seq, Function<Dialect, Face> faces) {
    var headers = OwnHeaders.ofEvents(stream.id().value());
    headers.set(Replay.FIELD, "true");
    reading.start(exchange, asker, stream, seq, headers, faces);
  }

  /** Its request had a key, and was answered with a body, or not at all. */
  private static Problem noEvents() {
    return Problem.of(
            409,
            "run_without_events",
            "the answer to this run is no event stream; the request that began it gets it again"
                + " under its key")
        .member("field", IdempotencyKey.FIELD);
  }

  /** What a run is asked for behind that is not there: to begin it anew would pay it twice. */
  static Problem unknownEvent() {
    return Problem.of(410, "event_id_unknown", "no run of this name has an event of this id here")
        .member("field", "Last-Event-ID");
  }
}
