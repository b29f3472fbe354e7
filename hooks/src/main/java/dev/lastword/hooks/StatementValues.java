package dev.lastword.hooks;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.SavedResponse;
import java.io.StringWriter;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What the parameters of a statement stand for. What a response does not say is null.
 *
 * @param receipts is asked where a statement has one
 * @param postgres whether texts are to be as PostgreSQL takes them
 */
record StatementValues(
    SavedResponse saved, Map<String, String> facts, boolean postgres, AnswerReceipt receipts) {
  /** The names of parameters, beside {@code fact_NAME} for what is taken out of the request. */
  static final List<String> NAMES =
      List.of(
          "stream",
          "outcome",
          "reason",
          "owner",
          "conversation",
          "path",
          "model",
          "input",
          "text",
          "tool_calls",
          "finish_reason",
          "usage",
          "final",
          "response",
          "events",
          "sha256",
          "receipt",
          "created",
          "ended",
          "created_ms",
          "ended_ms");

  private static final Set<String> JSON_TEXTS = Set.of("tool_calls", "usage", "final", "response");

  private static final String FACT = "fact_";
  private static final JsonFactory JSON = new JsonFactory();

  StatementValues(SavedResponse saved, boolean postgres, AnswerReceipt receipts) {
    this(saved, HookBody.facts(saved), postgres, receipts);
  }

  /**
   * @throws IllegalArgumentException if there is no parameter of this name
   */
  static void require(String name) {
    if (!NAMES.contains(name) && !name.startsWith(FACT)) {
      throw new IllegalArgumentException(
          "the statement has a parameter ':%s'; there are :%s, and :fact_NAME"
              .formatted(name, String.join(", :", NAMES)));
    }
  }

  void set(PreparedStatement statement, int number, String name) throws SQLException {
    switch (name) {
      case "events" -> statement.setLong(number, saved.events());
      case "created_ms" -> statement.setLong(number, saved.createdMs());
      case "ended_ms" -> statement.setLong(number, saved.endedMs());
      case "created" -> statement.setTimestamp(number, new Timestamp(saved.createdMs()));
      case "ended" -> statement.setTimestamp(number, new Timestamp(saved.endedMs()));
      default -> statement.setString(number, taken(name, text(name)));
    }
  }

  private @Nullable String taken(String name, @Nullable String text) {
    if (text == null || !postgres) {
      return text;
    }
    return JSON_TEXTS.contains(name) ? PostgresText.ofJson(text) : PostgresText.of(text);
  }

  private @Nullable String text(String name) {
    return switch (name) {
      case "stream" -> saved.stream().value();
      case "outcome" -> saved.outcome().word();
      case "reason" -> saved.reason();
      case "sha256" -> saved.sha256();
      case "receipt" -> receipt();
      case "owner" -> saved.attributes().get(Attributes.OWNER);
      case "conversation" -> saved.attributes().get(Attributes.CONVERSATION);
      case "path" -> saved.attributes().get(Attributes.PATH);
      case "model" -> saved.attributes().get(Attributes.MODEL);
      case "input" -> saved.attributes().get(Attributes.INPUT);
      case "text" -> saved.response().text();
      case "tool_calls" -> first().map(StatementValues::toolCalls).orElse(null);
      case "finish_reason" -> first().map(Choice::finishReason).orElse(null);
      case "usage" -> saved.response().usage();
      case "final" -> saved.response().json();
      case "response" -> saved.json();
      default -> facts.get(name.substring(FACT.length()));
    };
  }

  private @Nullable String receipt() {
    var receipt = receipts.of(saved);
    return receipt.isEmpty() ? null : receipt;
  }

  private Optional<Choice> first() {
    return saved.response().choices().stream().findFirst();
  }

  /** A JSON array, or null if there are none. */
  private static @Nullable String toolCalls(Choice choice) {
    if (choice.toolCalls().isEmpty()) {
      return null;
    }
    var text = new StringWriter();
    try (var json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartArray();
      for (var call : choice.toolCalls()) {
        json.writeStartObject();
        json.writeStringProperty("id", call.id());
        json.writeStringProperty("name", call.name());
        json.writeStringProperty("arguments", call.arguments());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    return text.toString();
  }
}
