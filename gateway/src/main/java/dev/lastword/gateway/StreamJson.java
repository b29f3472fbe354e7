package dev.lastword.gateway;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.StreamView;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** Streams and conversations as JSON; docs/protocols/http.md has the shapes. */
final class StreamJson {
  private static final Pattern PLACE = Pattern.compile("([0-9]{1,15})\\.([A-Za-z0-9_-]+)");

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNestingDepth(10_000)
                  .build())
          .build();

  private StreamJson() {}

  /** All that there is to say of it. */
  static byte[] of(StreamView view) {
    return of(view, Own.ALL);
  }

  /** What an asker is shown of it: the application's own attributes are for its owner. */
  static byte[] of(StreamView view, Asker asker) {
    return of(view, asker.byLink() ? Own.NONE : Own.ALL);
  }

  private static byte[] of(StreamView view, Own own) {
    return Json.bytes(out -> write(out, view, own));
  }

  /** What is shown of the attributes that an application has given its stream. */
  private enum Own {
    ALL,
    /** Those, unless they are longer than one of many should be. */
    SHORT,
    NONE;

    private static final int LENGTH_MAX = 2_048;

    boolean shows(Map<String, String> given) {
      return switch (this) {
        case ALL -> true;
        case SHORT ->
            given.entrySet().stream()
                    .mapToLong(each -> each.getKey().length() + (long) each.getValue().length())
                    .sum()
                <= LENGTH_MAX;
        case NONE -> false;
      };
    }
  }

  /**
   * A part of a list.
   *
   * @param first whether the list begins with it
   * @param last whether it ends with it
   * @param more whether there may be streams that come after the list
   */
  static byte[] part(List<StreamView> views, boolean first, boolean last, boolean more) {
    var out = new ByteArrayOutputStream(64 + 512 * views.size());
    out.writeBytes(ascii(first ? "{\"streams\":[" : ""));
    for (int i = 0; i < views.size(); i++) {
      var view = views.get(i);
      out.writeBytes(ascii(first && i == 0 ? "" : ","));
      out.writeBytes(of(view, Own.SHORT));
    }
    if (last) {
      var next = more ? '"' + textOf(placeOf(views.getLast())) + '"' : "null";
      out.writeBytes(ascii("],\"next\":" + next + "}"));
    }
    return out.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Where a stream stands in the list. */
  static Archive.Place placeOf(StreamView view) {
    return new Archive.Place(view.createdMs(), view.id());
  }

  /** A place as a {@code next} names it. */
  static String textOf(Archive.Place place) {
    return place.createdMs() + "." + place.id().value();
  }

  /** The place in the list that a {@code next} names. */
  static Optional<Archive.Place> placeOf(String next) {
    var parts = PLACE.matcher(next);
    return parts.matches()
        ? StreamId.parse(parts.group(2))
            .map(id -> new Archive.Place(Long.parseLong(parts.group(1)), id))
        : Optional.empty();
  }

  /** A conversation up to its first turn. */
  static byte[] conversationStart(String key) {
    var whole =
        Json.bytes(
            out -> {
              out.writeStartObject();
              text(out, "conversation", key);
              out.writeEndObject();
            });
    return concat(Arrays.copyOf(whole, whole.length - 1), ascii(",\"turns\":["));
  }

  /** A conversation from behind its last turn. */
  static byte[] conversationEnd(@Nullable String running) {
    return ascii("],\"running\":" + (running == null ? "null" : '"' + running + '"') + "}");
  }

  /**
   * A turn of a conversation.
   *
   * @param response the assembled response as JSON
   * @param follows whether another turn stands before it
   */
  static byte[] turn(StreamView view, String response, boolean follows) {
    return turn(view, Said.of(response), null, follows);
  }

  /** A turn whose response cannot be read, and why. */
  static byte[] turnWithout(StreamView view, String unreadable, boolean follows) {
    return turn(view, new Said("", null), unreadable, follows);
  }

  private static byte[] turn(
      StreamView view, Said said, @Nullable String unreadable, boolean follows) {
    var json =
        Json.bytes(
            out -> {
              out.writeStartObject();
              text(out, "stream", view.id().value());
              text(out, "state", view.state());
              text(out, "outcome", word(view.outcome()));
              text(out, "reason", view.reason());
              text(out, "input", view.attributes().get(Attributes.INPUT));
              text(out, "text", said.text());
              text(out, "finishReason", said.finishReason());
              if (unreadable != null) {
                text(out, "unreadable", unreadable);
              }
              time(out, "created", view.createdMs());
              time(out, "ended", view.endedMs());
              out.writeEndObject();
            });
    return follows ? concat(ascii(","), json) : json;
  }

  private static byte[] concat(byte[] first, byte[] second) {
    var both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /** What a turn shows of a response. */
  private record Said(String text, @Nullable String finishReason) {
    /** Reads only that far: the rest may be megabytes. */
    static Said of(String response) {
      var text = "";
      try (var parser = FACTORY.createParser(ObjectReadContext.empty(), response)) {
        parser.nextToken();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
          var name = parser.currentName();
          var value = parser.nextToken();
          if (name.equals("text") && value == JsonToken.VALUE_STRING) {
            text = parser.getString();
          } else if (name.equals("choices")) {
            return new Said(text, finishReason(parser));
          } else {
            parser.skipChildren();
          }
        }
      }
      return new Said(text, null);
    }

    /** Of the first choice. */
    private static @Nullable String finishReason(JsonParser parser) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean wanted = parser.currentName().equals("finishReason");
        var value = parser.nextToken();
        if (wanted) {
          return value == JsonToken.VALUE_STRING ? parser.getString() : null;
        }
        parser.skipChildren();
      }
      return null;
    }
  }

  private static void write(JsonGenerator out, StreamView view, Own own) {
    var attributes = view.attributes();
    out.writeStartObject();
    text(out, "id", view.id().value());
    text(out, "state", view.state());
    text(out, "outcome", word(view.outcome()));
    text(out, "reason", view.reason());
    out.writeBooleanProperty("terminalMissing", view.terminalMissing());
    out.writeBooleanProperty("saved", view.saved());
    text(out, "dialect", attributes.get(Attributes.DIALECT));
    text(out, "model", attributes.get(Attributes.MODEL));
    text(out, "path", attributes.get(Attributes.PATH));
    text(out, "conversation", attributes.get(Attributes.CONVERSATION));
    time(out, "created", view.createdMs());
    time(out, "ended", view.endedMs());
    out.writeNumberProperty("events", view.events());
    out.writeNumberProperty("bytes", view.bytes());
    out.writeNumberProperty("late", view.late());
    text(out, "firstId", view.events() == 0 ? null : view.eventId(1));
    text(out, "lastId", view.events() == 0 ? null : view.eventId(view.events()));
    out.writeNumberProperty("subscribers", view.subscribers());
    text(out, "receipt", view.receipt().isEmpty() ? null : view.receipt());
    text(out, "url", "/v1/stream/" + view.id().value());
    if (attributes.containsKey(ProducerFields.OF_PRODUCER)) {
      var given = ProducerFields.ownOf(attributes);
      if (own.shows(given)) {
        out.writeObjectPropertyStart("attributes");
        given.forEach(out::writeStringProperty);
        out.writeEndObject();
      } else {
        out.writeNullProperty("attributes");
      }
    }
    out.writeEndObject();
  }

  private static @Nullable String word(@Nullable Outcome outcome) {
    return outcome == null ? null : outcome.word();
  }

  private static void time(JsonGenerator out, String name, long ms) {
    text(out, name, ms == 0 ? null : Instant.ofEpochMilli(ms).toString());
  }

  private static void text(JsonGenerator out, String name, @Nullable String value) {
    if (value == null) {
      out.writeNullProperty(name);
    } else {
      out.writeStringProperty(name, value);
    }
  }
}
