package dev.lastword.gateway;

import dev.lastword.stream.Owner;
import dev.lastword.stream.Stream;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The gateway of a shard that was taken over: it is asked nothing that has not been looked at, and
 * asks nobody else. It answers the questions of nodes what is here.
 */
class Questions implements Elsewhere {
  private static final JsonFactory FACTORY = new JsonFactory();

  /** In whose name a node asks: the asker's own, */
  static final String OWNER = "owner";

  /** or anybody's, so that one is not shown what is another's. */
  static final String ANYBODY = "anybody";

  /**
   * What a node has of a name.
   *
   * @param createdMs wall-clock time, by which the newest of several is told
   */
  record Known(String id, long createdMs) {
    /** Reads an answer; empty if it is none. */
    static Optional<Known> of(byte[] json) {
      String id = "";
      long createdMs = 0;
      try (var parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
          return Optional.empty();
        }
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
          var name = parser.currentName();
          parser.nextToken();
          switch (name) {
            case "id" -> id = parser.getString();
            case "created" -> createdMs = parser.getLongValue();
            default -> parser.skipChildren();
          }
        }
      } catch (tools.jackson.core.JacksonException e) {
        return Optional.empty();
      }
      return id.isEmpty() ? Optional.empty() : Optional.of(new Known(id, createdMs));
    }
  }

  @Override
  public boolean isVouchedFor(RequestHead head) {
    return true;
  }

  @Override
  public boolean isAdministrators(RequestHead head) {
    return NodeFields.ADMINISTRATOR.equals(head.headers().get(NodeFields.AS));
  }

  @Override
  public boolean isQuestion(RequestHead head) {
    return head.headers().contains(NodeFields.ASK);
  }

  @Override
  public Owner inNameOf(RequestHead head, Owner asker) {
    return ANYBODY.equals(head.headers().get(NodeFields.ASK)) ? Owner.ALL : asker;
  }

  @Override
  public void named(
      Exchange exchange,
      boolean anybodys,
      Optional<Stream> found,
      Consumer<Optional<Stream>> then) {
    if (isQuestion(exchange.request())) {
      answer(exchange, found);
    } else {
      then.accept(found);
    }
  }

  private static void answer(Exchange exchange, Optional<Stream> found) {
    if (found.isEmpty()) {
      Problem.notFound("stream of this name").send(exchange);
      return;
    }
    var view = found.get().view();
    StreamsApi.ok(
        exchange,
        200,
        Json.bytes(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("id", view.id().value());
              out.writeNumberProperty("created", view.createdMs());
              out.writeEndObject();
            }));
  }

  /** The fields of a question. */
  static void ask(HttpHeaders headers, boolean anybodys) {
    headers.set(NodeFields.ASK, anybodys ? ANYBODY : OWNER);
  }
}
