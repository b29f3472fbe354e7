package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Stream;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The AI SDK's {@code WorkflowChatTransport}: an answer's head names its run, which is its stream,
 * and {@code GET {chat}/{run}/stream?startIndex=N} goes on behind N parts. The client asks again
 * and at once until it has seen a {@code finish}, so that an end is told it once: what is behind it
 * is gone.
 */
final class WorkflowResume implements ResumeProtocol {
  private static final String RUN_ID = "x-workflow-run-id";
  private static final String TAIL_INDEX = "x-workflow-stream-tail-index";
  private static final Pattern INDEX = Pattern.compile("-?[0-9]{1,15}");

  private final OwnedStreams streams;
  private final ResumedReading reading;
  private final Supplier<Access> access;
  private final Elsewhere elsewhere;

  WorkflowResume(
      OwnedStreams streams, ResumedReading reading, Supplier<Access> access, Elsewhere elsewhere) {
    this.elsewhere = elsewhere;
    this.streams = streams;
    this.reading = reading;
    this.access = access;
  }

  @Override
  public void handle(Exchange exchange, Asker asker, RelayRoute route, Otherwise otherwise) {
    var request = exchange.request();
    var back = ChatResume.Return.of(request);
    var index = request.queryParameter("startIndex");
    if (back.isEmpty()) {
      otherwise.relay(exchange);
    } else if (access.get().isForeign(request)) {
      Access.foreign().send(exchange);
    } else if (index != null && !INDEX.matcher(index).matches()) {
      Problem.badField("startIndex", "a whole number").send(exchange);
    } else {
      long from = index == null ? 0 : Long.parseLong(index);
      find(exchange, asker, back.get(), from);
    }
  }

  private void find(Exchange exchange, Asker asker, ChatResume.Return back, long index) {
    var id = StreamId.parse(back.id());
    if (id.isEmpty()) {
      findOfChat(exchange, asker, back, index);
      return;
    }
    elsewhere.find(
        exchange,
        streams.idsOf(asker.owner(), id.get()),
        () -> findRun(exchange, asker, back, id.get(), index));
  }

  private void findRun(
      Exchange exchange, Asker asker, ChatResume.Return back, StreamId id, long index) {
    streams.find(
        asker.owner(),
        id,
        StreamsApi.answering(
            exchange,
            found -> {
              var run = found.filter(stream -> isOf(stream, back.path()));
              if (run.isPresent()) {
                look(exchange, asker, run.get(), index);
              } else {
                findOfChat(exchange, asker, back, index);
              }
            },
            cause -> StreamsApi.unreadable(cause).send(exchange)));
  }

  private static boolean isOf(Stream stream, String path) {
    return path.equals(stream.attributes().get(Attributes.PATH));
  }

  /** A page that has not kept the run's id asks by its chat's. */
  private void findOfChat(Exchange exchange, Asker asker, ChatResume.Return back, long index) {
    ChatResume.findRunning(
        streams.streams(),
        elsewhere,
        exchange,
        asker,
        back,
        found ->
            found.ifPresentOrElse(
                stream -> look(exchange, asker, stream, index),
                () ->
                    Problem.notFound("run of this id, and nothing runs in a chat of it")
                        .send(exchange)));
  }

  /** The client counts parts, and {@code [DONE]} is none. */
  private void look(Exchange exchange, Asker asker, Stream stream, long index) {
    if (exchange.gone()) {
      return;
    }
    boolean ended = stream.outcome() != null;
    long events = stream.view().events();
    if (!ended || events == 0) {
      answer(exchange, asker, stream, new Parts(events, ended), index);
      return;
    }
    LastEvent.read(
        exchange,
        stream,
        last -> {
          long parts = last.data().equals("[DONE]") ? events - 1 : events;
          answer(exchange, asker, stream, new Parts(parts, true), index);
        });
  }

  /** How many parts there are, and whether more may come. */
  private record Parts(long count, boolean ended) {
    /** The number of parts that a reader has who names an index; null if it is past the end. */
    @Nullable Long before(long index) {
      long before = index < 0 ? Math.max(0, count + index) : index;
      return before > count || (before == count && ended) ? null : Long.valueOf(before);
    }
  }

  private void answer(Exchange exchange, Asker asker, Stream stream, Parts parts, long index) {
    var before = parts.before(index);
    if (before == null) {
      Problem.of(410, "run_over", "this run has no part of this index, and will have none")
          .member("field", "startIndex")
          .send(exchange);
      return;
    }
    var headers = ChatResume.headers(stream);
    headers.set(RUN_ID, stream.id().value());
    headers.set(TAIL_INDEX, parts.count() - 1);
    reading.start(exchange, asker, stream, before, headers);
  }

  @Override
  public Map<String, String> attributes(RequestHead request, byte[] body) {
    return ChatResume.chat(request, body);
  }

  @Override
  public void begun(HttpHeaders answer, Stream stream) {
    answer.set(RUN_ID, stream.id().value());
  }
}
