package dev.lastword.stream;

import dev.lastword.dialect.AssembledResponse;
import dev.lastword.journal.Outcome;
import java.io.StringWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Puts responses together from what was kept, and writes them as JSON. */
final class Responses {
  private static final JsonFactory JSON = new JsonFactory();

  /** What a hook receives. Blocks on the disk. */
  SavedResponse toSave(Stream stream, Outcome outcome, String reason, long endedMs) {
    var blocks = stream.readAnswer();
    long events = blocks.stream().mapToLong(block -> block.events().count()).sum();
    return new SavedResponse(
        stream.id(),
        outcome,
        reason,
        stream.attributes(),
        assemble(stream, blocks),
        events,
        stream.createdMs(),
        endedMs);
  }

  /** Assembles the events of a stream. */
  AssembledResponse assemble(Stream stream, List<Block> blocks) {
    var assembler = stream.dialect().assembler();
    for (var block : blocks) {
      block.events().decode().forEach(assembler::accept);
    }
    return assembler.assemble();
  }

  /**
   * The response as {@code GET /api/streams/{id}/response} answers it, and as the archive keeps it.
   */
  String json(Stream stream, AssembledResponse response) {
    var text = new StringWriter();
    var outcome = stream.outcome();
    try (var json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      json.writeStringProperty("stream", stream.id().value());
      writeNullable(json, "outcome", outcome == null ? null : outcome.word());
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

  private static void write(JsonGenerator json, AssembledResponse.Choice choice) {
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

  /** A turn of a conversation, from a stream and the JSON of its response. */
  Turn turn(StreamView view, String response) {
    String text = "";
    String finishReason = null;
    try (var json = JSON.createParser(ObjectReadContext.empty(), response)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = json.currentName();
        json.nextToken();
        if (name.equals("text")) {
          text = json.getString();
        } else if (name.equals("choices")) {
          finishReason = firstFinishReason(json);
        } else {
          json.skipChildren();
        }
      }
    }
    return new Turn(view, text, finishReason);
  }

  /** A turn of a stream that is not in the archive yet. */
  Turn turn(Stream stream) {
    var response = assemble(stream, stream.readAnswer());
    return new Turn(
        stream.view(),
        response.text(),
        response.choices().isEmpty() ? null : response.choices().get(0).finishReason());
  }

  private static @Nullable String firstFinishReason(JsonParser json) {
    String found = null;
    boolean first = true;
    int depth = 0;
    do {
      var token = json.currentToken();
      if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
        first = first && !(depth == 1);
      } else if (first
          && depth == 2
          && token == JsonToken.VALUE_STRING
          && "finishReason".equals(json.currentName())) {
        found = json.getString();
      }
    } while (depth > 0 && json.nextToken() != null);
    return found;
  }
}
