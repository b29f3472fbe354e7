package dev.lastword.gateway;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.StreamView;
import java.io.StringWriter;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * A response as OpenAI's API tells it: what the upstream's events have brought of the object, with
 * the status that the stream has. A status that says an end is never told before it is so for every
 * reader.
 */
final class ResponseObject {
  private static final int DEPTH_MAX = 10_000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNestingDepth(DEPTH_MAX)
                  .build())
          .streamWriteConstraints(
              StreamWriteConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
          .build();

  private static final Set<String> RUNNING = Set.of("queued", "in_progress");
  private static final Set<String> ENDED = Set.of("completed", "incomplete", "failed", "cancelled");
  private static final Set<String> FAILED = Set.of("failed", "cancelled");

  private final JsonGenerator out;
  private final String id;
  private final StreamView view;
  private boolean idSaid;
  private boolean objectSaid;
  private boolean outputSaid;

  private ResponseObject(JsonGenerator out, String id, StreamView view) {
    this.out = out;
    this.id = id;
    this.view = view;
  }

  /**
   * Makes the object.
   *
   * @param assembled the stream's response as the API has it
   * @param id of the response
   */
  static String of(String assembled, String id, StreamView view) {
    var text = new StringWriter(assembled.length() / 2 + 256);
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), assembled);
        var out = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      new ResponseObject(out, id, view).write(parser, status(assembled));
    }
    return text.toString();
  }

  /** What answers a deletion. */
  static byte[] deleted(String id) {
    return Json.bytes(
        out -> {
          out.writeStartObject();
          out.writeStringProperty("id", id);
          out.writeStringProperty("object", "response");
          out.writeBooleanProperty("deleted", true);
          out.writeEndObject();
        });
  }

  /** The status that the upstream's last word gave it; {@code ""} for none. */
  private static String status(String assembled) {
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), assembled)) {
      if (toFinal(parser)) {
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
          boolean wanted = parser.currentName().equals("status");
          if (parser.nextToken() == JsonToken.VALUE_STRING && wanted) {
            return parser.getString();
          }
          parser.skipChildren();
        }
      }
    }
    return "";
  }

  /** Goes on to the start of the dialect's own object; false if there is none. */
  private static boolean toFinal(JsonParser parser) {
    parser.nextToken();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      boolean wanted = parser.currentName().equals("final");
      if (parser.nextToken() == JsonToken.START_OBJECT && wanted) {
        return true;
      }
      parser.skipChildren();
    }
    return false;
  }

  private void write(JsonParser parser, String upstreams) {
    var told = told(view.outcome(), upstreams);
    out.writeStartObject();
    if (toFinal(parser)) {
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        member(parser, parser.currentName(), upstreams, told);
      }
    }
    if (!idSaid) {
      out.writeStringProperty("id", id);
    }
    if (!objectSaid) {
      out.writeStringProperty("object", "response");
    }
    out.writeStringProperty("status", told);
    if (!told.equals(upstreams)) {
      out.writeName("error");
      error(told);
    }
    if (!outputSaid) {
      out.writeArrayPropertyStart("output");
      out.writeEndArray();
    }
    out.writeEndObject();
  }

  private void member(JsonParser parser, String name, String upstreams, String told) {
    parser.nextToken();
    boolean ours = !told.equals(upstreams) && (name.equals("error") || isOfAnEnd(name));
    if (name.equals("status") || ours) {
      parser.skipChildren();
      return;
    }
    idSaid |= name.equals("id");
    objectSaid |= name.equals("object");
    outputSaid |= name.equals("output");
    out.writeName(name);
    out.copyCurrentStructure(parser);
  }

  /** What only an end brings, and so would tell of it. */
  private boolean isOfAnEnd(String name) {
    return view.outcome() == null && (name.equals("completed_at") || name.equals("usage"));
  }

  private void error(String told) {
    if (!told.equals("failed")) {
      out.writeNull();
      return;
    }
    out.writeStartObject();
    out.writeStringProperty("code", "server_error");
    out.writeStringProperty("message", "The response ended before it was complete: " + why());
    out.writeEndObject();
  }

  private String why() {
    return view.reason().isEmpty() ? "interrupted" : view.reason();
  }

  private static String told(@Nullable Outcome outcome, String upstreams) {
    if (outcome == null) {
      return RUNNING.contains(upstreams) ? upstreams : "in_progress";
    }
    return switch (outcome) {
      case COMPLETED -> ENDED.contains(upstreams) ? upstreams : "completed";
      case CANCELLED -> "cancelled";
      case FAILED, INTERRUPTED -> FAILED.contains(upstreams) ? upstreams : "failed";
    };
  }
}
