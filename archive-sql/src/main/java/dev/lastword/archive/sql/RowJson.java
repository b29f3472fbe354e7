package dev.lastword.archive.sql;

import dev.lastword.archive.EpochSpan;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** The two columns of {@code streams} that hold JSON. */
final class RowJson {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

  private RowJson() {}

  /** In the order of the names: the same attributes are the same text. */
  static String attributes(Map<String, String> attributes, UnaryOperator<String> stored) {
    var out = new StringWriter();
    try (var json = generator(out)) {
      json.writeStartObject();
      new TreeMap<>(attributes)
          .forEach(
              (name, value) -> json.writeStringProperty(stored.apply(name), stored.apply(value)));
      json.writeEndObject();
    }
    return out.toString();
  }

  /**
   * @throws IllegalArgumentException if the text is not JSON
   */
  static Map<String, String> attributes(String text, UnaryOperator<String> read) {
    var attributes = new HashMap<String, String>();
    try (var json = JSON.createParser(ObjectReadContext.empty(), text)) {
      json.nextToken();
      for (var name = json.nextName(); name != null; name = json.nextName()) {
        json.nextToken();
        attributes.put(read.apply(name), read.apply(json.getString()));
      }
    } catch (JacksonException e) {
      throw new IllegalArgumentException("attributes are not JSON", e);
    }
    return Map.copyOf(attributes);
  }

  /** An array of texts. */
  static String texts(List<String> texts) {
    var out = new StringWriter();
    try (var json = generator(out)) {
      json.writeStartArray();
      texts.forEach(json::writeString);
      json.writeEndArray();
    }
    return out.toString();
  }

  static String epochs(List<EpochSpan> epochs) {
    var out = new StringWriter();
    try (var json = generator(out)) {
      json.writeStartArray();
      for (var span : epochs) {
        json.writeStartObject();
        json.writeNumberProperty("epoch", span.epoch());
        json.writeNumberProperty("first_seq", span.firstSeq());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    return out.toString();
  }

  /**
   * @throws IllegalArgumentException if the text is not JSON
   */
  static List<EpochSpan> epochs(String text) {
    var epochs = new ArrayList<EpochSpan>();
    try (var json = JSON.createParser(ObjectReadContext.empty(), text)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.START_OBJECT) {
        long epoch = 0;
        long firstSeq = 0;
        for (var name = json.nextName(); name != null; name = json.nextName()) {
          json.nextToken();
          switch (name) {
            case "epoch" -> epoch = json.getLongValue();
            case "first_seq" -> firstSeq = json.getLongValue();
            default -> {}
          }
        }
        epochs.add(new EpochSpan(epoch, firstSeq));
      }
    } catch (JacksonException e) {
      throw new IllegalArgumentException("epochs are not JSON", e);
    }
    return List.copyOf(epochs);
  }

  private static JsonGenerator generator(StringWriter out) {
    return JSON.createGenerator(ObjectWriteContext.empty(), out);
  }
}
