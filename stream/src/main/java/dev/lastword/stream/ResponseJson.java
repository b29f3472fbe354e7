package dev.lastword.stream;

import dev.lastword.dialect.AssembledResponse;
import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.dialect.AssembledResponse.ToolCall;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * A response as {@code GET /api/streams/{id}/response} answers it, and as the archive keeps it.
 *
 * @param events number of events that it was put together from
 * @param sha256 their digest, {@code ""} if nobody took it
 */
record ResponseJson(AssembledResponse response, long events, String sha256) {
  /** What was written of a response is read again, however deep and long its dialect made it. */
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNestingDepth(10_000)
                  .build())
          .build();

  /** Writes it. */
  String of(StreamId stream, @Nullable Outcome outcome) {
    // Long enough for the text three times: alone, in its choice and in `final`.
    var text = new StringWriter(3 * Math.min(response.text().length(), 1 << 24) + 512);
    try (var json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      json.writeStringProperty("stream", stream.value());
      writeNullable(json, "outcome", outcome == null ? null : outcome.word());
      json.writeNumberProperty("events", events);
      if (!sha256.isEmpty()) {
        json.writeStringProperty("sha256", sha256);
      }
      json.writeStringProperty("text", response.text());
      json.writeArrayPropertyStart("choices");
      response.choices().forEach(choice -> write(json, choice));
      json.writeEndArray();
      json.writeName("usage");
      json.writeRawValue(response.usage() == null ? "null" : response.usage());
      json.writeName("final");
      json.writeRawValue(response.json());
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, Choice choice) {
    json.writeStartObject();
    json.writeNumberProperty("index", choice.index());
    json.writeStringProperty("text", choice.text());
    writeNullable(json, "refusal", choice.refusal());
    json.writeArrayPropertyStart("toolCalls");
    for (var call : choice.toolCalls()) {
      json.writeStartObject();
      json.writeStringProperty("id", call.id());
      json.writeStringProperty("name", call.name());
      json.writeStringProperty("arguments", call.arguments());
      json.writeEndObject();
    }
    json.writeEndArray();
    writeNullable(json, "finishReason", choice.finishReason());
    json.writeEndObject();
  }

  private static void writeNullable(JsonGenerator json, String name, @Nullable String value) {
    if (value == null) {
      json.writeNullProperty(name);
    } else {
      json.writeStringProperty(name, value);
    }
  }

  /** Reads what {@link #of} wrote; what was raw JSON in it comes back to the letter. */
  static ResponseJson read(String text) {
    try (var json = JSON.createParser(ObjectReadContext.empty(), text)) {
      json.nextToken();
      return new Reading(json, text).response();
    }
  }

  /** One reading of the text, from one value to the next. */
  private record Reading(JsonParser json, String source) {
    ResponseJson response() {
      var read =
          new Object() {
            long events;
            String sha256 = "";
            String text = "";
            List<Choice> choices = List.of();
            @Nullable String usage;
            String end = "null";
          };
      object(
          name -> {
            switch (name) {
              case "events" -> read.events = json.getLongValue();
              case "sha256" -> read.sha256 = json.getString();
              case "text" -> read.text = json.getString();
              case "choices" -> read.choices = array(this::choice);
              case "usage" -> read.usage = nullableRaw();
              case "final" -> read.end = raw();
              default -> json.skipChildren();
            }
          });
      return new ResponseJson(
          new AssembledResponse(read.text, read.choices, read.usage, read.end),
          read.events,
          read.sha256);
    }

    private Choice choice() {
      var read =
          new Object() {
            int index;
            String text = "";
            @Nullable String refusal;
            List<ToolCall> toolCalls = List.of();
            @Nullable String finishReason;
          };
      object(
          name -> {
            switch (name) {
              case "index" -> read.index = json.getIntValue();
              case "text" -> read.text = json.getString();
              case "refusal" -> read.refusal = nullable();
              case "toolCalls" -> read.toolCalls = array(this::toolCall);
              case "finishReason" -> read.finishReason = nullable();
              default -> json.skipChildren();
            }
          });
      return new Choice(read.index, read.text, read.refusal, read.toolCalls, read.finishReason);
    }

    private ToolCall toolCall() {
      var read =
          new Object() {
            String id = "";
            String name = "";
            String arguments = "";
          };
      object(
          name -> {
            switch (name) {
              case "id" -> read.id = json.getString();
              case "name" -> read.name = json.getString();
              case "arguments" -> read.arguments = json.getString();
              default -> json.skipChildren();
            }
          });
      return new ToolCall(read.id, read.name, read.arguments);
    }

    /** Stands on an object's start, and on its end after; the property stands on its value. */
    private void object(Consumer<String> property) {
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        var name = json.currentName();
        json.nextToken();
        property.accept(name);
      }
    }

    private <T> List<T> array(Supplier<T> element) {
      var elements = new ArrayList<T>();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        elements.add(element.get());
      }
      return List.copyOf(elements);
    }

    private @Nullable String nullable() {
      return json.currentToken() == JsonToken.VALUE_NULL ? null : json.getString();
    }

    private @Nullable String nullableRaw() {
      return json.currentToken() == JsonToken.VALUE_NULL ? null : raw();
    }

    private String raw() {
      int start = (int) json.currentTokenLocation().getCharOffset();
      json.skipChildren();
      json.finishToken();
      return source.substring(start, (int) json.currentLocation().getCharOffset());
    }
  }
}
