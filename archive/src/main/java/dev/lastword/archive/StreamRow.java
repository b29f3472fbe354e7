package dev.lastword.archive;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import java.io.StringWriter;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** A stream as a row of {@code streams}. */
final class StreamRow {
  /** What {@link #read} reads, in its order. */
  static final String COLUMNS =
      "id, attributes, outcome, reason, terminal_missing, saved, created_ms, ended_ms, events,"
          + " bytes, late, epochs";

  /** Takes what {@link #write} sets. */
  static final String INSERT =
      "INSERT INTO streams ("
          + COLUMNS
          + ", text, response) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

  private StreamRow() {}

  static void write(PreparedStatement insert, Archive.Deposit deposit) throws SQLException {
    var stream = deposit.stream();
    insert.setString(1, stream.id().value());
    insert.setString(2, attributesJson(stream.attributes()));
    insert.setString(3, stream.outcome().word());
    insert.setString(4, stream.reason());
    insert.setBoolean(5, stream.terminalMissing());
    insert.setBoolean(6, stream.saved());
    insert.setLong(7, stream.createdMs());
    insert.setLong(8, stream.endedMs());
    insert.setLong(9, stream.events());
    insert.setLong(10, stream.bytes());
    insert.setLong(11, stream.late());
    insert.setString(12, epochsJson(stream.epochs()));
    insert.setString(13, deposit.text());
    insert.setString(14, deposit.response());
    insert.executeUpdate();
  }

  /**
   * @throws IllegalArgumentException if the row is none that {@link #write} writes
   */
  static ClosedStream read(ResultSet row) throws SQLException {
    return new ClosedStream(
        new StreamId(row.getString(1)),
        attributes(row.getString(2)),
        Outcome.valueOf(row.getString(3).toUpperCase(Locale.ROOT)),
        row.getString(4),
        row.getBoolean(5),
        row.getBoolean(6),
        row.getLong(7),
        row.getLong(8),
        row.getLong(9),
        row.getLong(10),
        row.getLong(11),
        epochs(row.getString(12)));
  }

  private static String attributesJson(Map<String, String> attributes) {
    var out = new StringWriter();
    try (var json = generator(out)) {
      json.writeStartObject();
      attributes.forEach(json::writeStringProperty);
      json.writeEndObject();
    }
    return out.toString();
  }

  private static Map<String, String> attributes(String text) {
    var attributes = new HashMap<String, String>();
    try (var json = JSON.createParser(ObjectReadContext.empty(), text)) {
      json.nextToken();
      for (var name = json.nextName(); name != null; name = json.nextName()) {
        json.nextToken();
        attributes.put(name, json.getString());
      }
    } catch (JacksonException e) {
      throw new IllegalArgumentException("attributes are not JSON", e);
    }
    return Map.copyOf(attributes);
  }

  private static String epochsJson(List<EpochSpan> epochs) {
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

  private static List<EpochSpan> epochs(String text) {
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
