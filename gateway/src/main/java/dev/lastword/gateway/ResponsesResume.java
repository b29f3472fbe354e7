package dev.lastword.gateway;

import dev.lastword.stream.Attributes;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Streams;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpMethod;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's Responses under their own ids, from the journal, whatever upstream said them: the object
 * as far as it has come, its events behind a sequence number, cancel and delete. Only what was
 * relayed as a stream is here; any other id is the upstream's, as ever.
 */
final class ResponsesResume implements ResumeProtocol {
  /** The dialect, and so the only streams that are answered for. */
  static final String DIALECT = "openai-responses";

  private static final Pattern PATH =
      Pattern.compile("(.*/responses)/([A-Za-z0-9._:-]{1,200})(/cancel)?/?");

  /** Whatever is asked of one response. */
  private static final Pattern BELOW =
      Pattern.compile("(.*/responses)/([A-Za-z0-9._:-]{1,200})(/.*)?");

  /** The same, however it is written. */
  private static final Pattern MEANT = Pattern.compile(".*/responses/+[^/].*", Pattern.DOTALL);

  /** What an upstream may leave out, or take for something else. */
  private static final Pattern ODD = Pattern.compile("//|/\\.\\.?(/|$)|[%;\\\\]");

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,15}");

  private final Streams streams;
  private final StreamsApi api;
  private final ResumedReading reading;
  private final Supplier<Access> access;
  private final Elsewhere elsewhere;

  ResponsesResume(
      Streams streams,
      StreamsApi api,
      ResumedReading reading,
      Supplier<Access> access,
      Elsewhere elsewhere) {
    this.elsewhere = elsewhere;
    this.streams = streams;
    this.api = api;
    this.reading = reading;
    this.access = access;
  }

  /** What is asked of a response. */
  private enum Ask {
    READ,
    CANCEL,
    DELETE;

    static @Nullable Ask of(HttpMethod method, boolean cancels) {
      if (method.equals(HttpMethod.POST)) {
        return cancels ? CANCEL : null;
      }
      if (cancels) {
        return null;
      }
      return method.equals(HttpMethod.GET)
          ? READ
          : method.equals(HttpMethod.DELETE) ? DELETE : null;
    }
  }

  @Override
  public void handle(Exchange exchange, Asker asker, RelayRoute route, Otherwise otherwise) {
    var request = exchange.request();
    var parts = PATH.matcher(request.path());
    var ask = parts.matches() ? Ask.of(request.method(), parts.group(3) != null) : null;
    boolean shared = !route.config().headers().isEmpty() && !asker.owner().all();
    if (shared && isWrittenOtherwise(request.path())) {
      respond(exchange, OwnRoutes::unknown); // its upstream may take it for one that is another's
      return;
    }
    if (ask == null) {
      if (shared) {
        relayUnlessOfAnothers(exchange, asker, otherwise);
      } else {
        otherwise.relay(exchange);
      }
      return;
    }
    var id = parts.group(2);
    var path = parts.group(1);
    find(
        exchange,
        asker,
        false,
        id,
        path,
        found -> {
          if (found.isPresent()) {
            answer(exchange, asker, ask, id, found.get());
          } else if (shared) {
            relayUnlessAnothers(exchange, asker, id, path, otherwise);
          } else {
            otherwise.relay(exchange);
          }
        });
  }

  /** What is asked of a response that only the upstream can answer, such as its input. */
  private void relayUnlessOfAnothers(Exchange exchange, Asker asker, Otherwise otherwise) {
    var path = exchange.request().path();
    var parts = BELOW.matcher(path);
    if (parts.matches()) {
      var id = parts.group(2);
      var created = parts.group(1);
      find(
          exchange,
          asker,
          false,
          id,
          created,
          found -> {
            if (found.isPresent()) {
              otherwise.relay(exchange);
            } else {
              relayUnlessAnothers(exchange, asker, id, created, otherwise);
            }
          });
    } else {
      otherwise.relay(exchange);
    }
  }

  /** Whether a path may mean a response to an upstream, and is not written as paths of one are. */
  private static boolean isWrittenOtherwise(String path) {
    String meant;
    try {
      meant = URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      meant = path;
    }
    return MEANT.matcher(meant).matches()
        && !(BELOW.matcher(path).matches() && !ODD.matcher(path).find());
  }

  /**
   * Finds a response.
   *
   * @param anybodys whether anybody's, only to keep it from the asker
   */
  private void find(
      Exchange exchange,
      Asker asker,
      boolean anybodys,
      String id,
      String path,
      Consumer<Optional<Stream>> found) {
    streams.findNamed(
        anybodys ? Owner.ALL : elsewhere.inNameOf(exchange.request(), asker.owner()),
        id,
        path,
        StreamsApi.answering(
            exchange,
            stream -> {
              if (!exchange.gone()) {
                var ours = stream.filter(ResponsesResume::isResponses);
                elsewhere.named(exchange, anybodys, ours, found);
              }
            },
            cause -> EventsRoute.unreadable(exchange, cause)));
  }

  private static boolean isResponses(Stream stream) {
    return DIALECT.equals(stream.attributes().get(Attributes.DIALECT));
  }

  /**
   * With the route's own credentials the upstream would show everybody's: another's is not there.
   */
  private void relayUnlessAnothers(
      Exchange exchange, Asker asker, String id, String path, Otherwise otherwise) {
    find(
        exchange,
        asker,
        true,
        id,
        path,
        found -> {
          if (found.isPresent()) {
            respond(exchange, OwnRoutes::unknown);
          } else {
            otherwise.relay(exchange);
          }
        });
  }

  private void answer(Exchange exchange, Asker asker, Ask ask, String id, Stream stream) {
    if (access.get().isForeign(exchange.request())) {
      respond(exchange, it -> Access.foreign().send(it));
      return;
    }
    respond(
        exchange,
        it -> {
          switch (ask) {
            case READ -> read(it, asker, id, stream);
            case CANCEL -> cancel(it, asker, id, stream);
            case DELETE -> delete(it, asker, id, stream);
          }
        });
  }

  private static void respond(Exchange exchange, Route route) {
    OwnRoutes.answer(exchange, route);
  }

  private void read(Exchange exchange, Asker asker, String id, Stream stream) {
    var request = exchange.request();
    var after = request.queryParameter("starting_after");
    if (!"true".equals(request.queryParameter("stream"))) {
      object(exchange, asker, id, stream.view());
    } else if (after == null) {
      reading.start(exchange, asker, stream, 0);
    } else if (NUMBER.matcher(after).matches()) {
      SequenceFinder.start(
          exchange,
          stream,
          Long.parseLong(after),
          place -> {
            if (place.isPresent()) {
              reading.start(exchange, asker, stream, place.getAsLong());
            } else {
              Problem.badField("starting_after", "the sequence_number of an event of this response")
                  .send(exchange);
            }
          });
    } else {
      Problem.badField("starting_after", "a sequence_number").send(exchange);
    }
  }

  private void object(Exchange exchange, Asker asker, String id, StreamView view) {
    api.assemble(exchange, asker.owner(), view, json -> ResponseObject.of(json, id, view));
  }

  /** Cancelled twice, or too late, the response says what has become of it. */
  private void cancel(Exchange exchange, Asker asker, String id, Stream stream) {
    streams.cancel(
        asker.owner(),
        stream.id(),
        StreamsApi.answering(
            exchange,
            result -> {
              switch (result) {
                case CancelResult.Cancelled(var view) -> object(exchange, asker, id, view);
                case CancelResult.Ended(var view) -> object(exchange, asker, id, view);
                case CancelResult.Unknown _ -> OwnRoutes.unknown(exchange);
              }
            },
            cause -> StreamsApi.unreadable(cause).send(exchange)));
  }

  private void delete(Exchange exchange, Asker asker, String id, Stream stream) {
    streams.delete(
        asker.owner(),
        stream.id(),
        StreamsApi.answering(
            exchange,
            result -> {
              if (result == DeleteResult.DELETED) {
                exchange.respond(
                    200,
                    OwnHeaders.of("application/json"),
                    Unpooled.wrappedBuffer(ResponseObject.deleted(id)));
              } else {
                StreamsApi.deleted(exchange, result);
              }
            },
            cause -> StreamsApi.unreadable(cause).send(exchange)));
  }
}
