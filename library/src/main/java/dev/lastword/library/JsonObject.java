package dev.lastword.library;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * An object of JSON that a gateway has said; what is null in it is not there.
 *
 * @param members texts, numbers as {@link Long} or {@link Double}, truth values, objects and lists
 */
record JsonObject(Map<String, Object> members) {
  /** Members that are kept as they were written, where they are objects. */
  private static final Set<String> AS_WRITTEN = Set.of("response");

  /** A response is as large as it is; what follows of it is bounded where it was made. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNestingDepth(2_000)
                  .build())
          .build();

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException if it is none
   */
  static JsonObject of(String text) {
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        return new Reading(parser, text).object();
      }
    } catch (JacksonException e) {
      throw new IllegalArgumentException("no JSON object", e);
    }
    throw new IllegalArgumentException("no JSON object");
  }

  /** Writes one. */
  static String write(Consumer<JsonGenerator> members) {
    var out = new StringWriter();
    try (var json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      members.accept(json);
      json.writeEndObject();
    }
    return out.toString();
  }

  /** A member's text, {@code ""} if there is none. */
  String text(String name) {
    return members.get(name) instanceof String text ? text : "";
  }

  /** A member's whole number, 0 if there is none. */
  long number(String name) {
    return members.get(name) instanceof Long number ? number : 0;
  }

  boolean isTrue(String name) {
    return Boolean.TRUE.equals(members.get(name));
  }

  Optional<JsonObject> object(String name) {
    return members.get(name) instanceof JsonObject object ? Optional.of(object) : Optional.empty();
  }

  /** The objects of a list. */
  List<JsonObject> objects(String name) {
    var objects = new ArrayList<JsonObject>();
    if (members.get(name) instanceof List<?> list) {
      for (var each : list) {
        if (each instanceof JsonObject object) {
          objects.add(object);
        }
      }
    }
    return objects;
  }

  /** The members that are texts. */
  Map<String, String> texts() {
    var texts = new LinkedHashMap<String, String>();
    members.forEach(
        (name, value) -> {
          if (value instanceof String text) {
            texts.put(name, text);
          }
        });
    return texts;
  }

  /** One reading of a text. */
  private record Reading(JsonParser parser, String source) {
    /** Stands on its start. */
    JsonObject object() {
      var members = new LinkedHashMap<String, Object>();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        var name = parser.currentName();
        parser.nextToken();
        if (AS_WRITTEN.contains(name) && parser.currentToken() == JsonToken.START_OBJECT) {
          members.put(name, written());
        } else {
          value().ifPresent(value -> members.put(name, value));
        }
      }
      return new JsonObject(members);
    }

    private String written() {
      int start = (int) parser.currentTokenLocation().getCharOffset();
      parser.skipChildren();
      parser.finishToken();
      return source.substring(start, (int) parser.currentLocation().getCharOffset());
    }

    private Optional<Object> value() {
      return switch (parser.currentToken()) {
        case START_OBJECT -> Optional.of(object());
        case START_ARRAY -> {
          var list = new ArrayList<Object>();
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            value().ifPresent(list::add);
          }
          yield Optional.of(list);
        }
        case VALUE_STRING -> Optional.of(parser.getString());
        case VALUE_NUMBER_INT -> Optional.of(parser.getLongValue());
        case VALUE_NUMBER_FLOAT -> Optional.of(parser.getDoubleValue());
        case VALUE_TRUE -> Optional.of(true);
        case VALUE_FALSE -> Optional.of(false);
        default -> Optional.empty();
      };
    }
  }
}
