package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.TokensDialect;
import dev.lastword.gateway.StreamOrder.MalformedException;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.SavePolicy;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What an application orders with a stream that it writes itself: the body of its request.
 *
 * @param dialect that its events speak
 * @param saves what of it the application saves itself
 * @param application by which its processes find what waits for one of them to save it
 * @param attributes what is written down with it, under its names there
 */
record ProducerOrder(
    Dialect dialect, Saves saves, String application, Map<String, String> attributes) {
  static final int BODY_BYTES_MAX = 2 << 20;

  private static final JsonFactory FACTORY = new JsonFactory();

  /** What an application saves itself, before it is said. */
  enum Saves {
    /** Nothing: what else is configured saves it, or the journal. */
    NONE,
    /** What is whole. */
    COMPLETED,
    /** That, and after its readers were told what was cancelled, has failed or was interrupted. */
    ALL;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Saves> of(String word) {
      return Arrays.stream(values()).filter(saves -> saves.word().equals(word)).findFirst();
    }
  }

  /**
   * Reads an order.
   *
   * @param body empty for one of a stream of tokens that nobody but the gateway saves
   */
  static ProducerOrder of(byte[] body) throws MalformedException {
    var read = new Reading();
    if (body.length > 0) {
      try (var parser = FACTORY.createParser(ObjectReadContext.empty(), body)) {
        read.object(parser);
      } catch (JacksonException e) { // what it says of the body is nobody's business
        throw new MalformedException("body", "a JSON object");
      }
    }
    return new ProducerOrder(read.dialect, read.saves, read.application, Map.copyOf(read.written));
  }

  /** One reading. */
  private static final class Reading {
    Dialect dialect = TokensDialect.TOKENS;
    Saves saves = Saves.NONE;
    String application = "default";
    final Map<String, String> written = new HashMap<>();

    void object(JsonParser parser) throws MalformedException {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new MalformedException("body", "a JSON object");
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        var name = parser.currentName();
        parser.nextToken();
        member(name, parser);
      }
      if (parser.nextToken() != null) {
        throw new MalformedException("body", "one JSON object");
      }
    }

    private void member(String name, JsonParser parser) throws MalformedException {
      switch (name) {
        case "dialect" -> {
          var word = text(name, parser);
          dialect =
              Dialects.named(word)
                  .orElseThrow(() -> new MalformedException("dialect", "a dialect's name"));
        }
        case "saves" -> {
          var word = text(name, parser);
          saves =
              Saves.of(word)
                  .orElseThrow(() -> new MalformedException("saves", "none, completed or all"));
        }
        case "application" -> application = name(name, parser);
        case "opening" -> written.put(ProducerFields.OF_OPENING, name(name, parser));
        case "conversation" -> {
          var key = text(name, parser);
          if (!StreamOrder.isAnyConversation(key)) {
            throw new MalformedException(name, StreamOrder.ANY_CONVERSATION);
          }
          written.put(Attributes.CONVERSATION, key);
        }
        case "model" -> written.put(Attributes.MODEL, model(parser));
        case "input" -> written.put(Attributes.INPUT, text(name, parser));
        case "attributes" -> attributes(parser);
        default ->
            throw new MalformedException(
                name,
                "there are dialect, saves, application, opening, conversation, model, input and"
                    + " attributes");
      }
    }

    /** It stands in every list; that of a relayed stream is no longer either. */
    private static String model(JsonParser parser) throws MalformedException {
      var model = text("model", parser);
      if (model.length() > RequestFact.LENGTH_MAX) {
        throw new MalformedException("model", "at most " + RequestFact.LENGTH_MAX + " characters");
      }
      return model;
    }

    private void attributes(JsonParser parser) throws MalformedException {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        throw new MalformedException("attributes", "an object of texts");
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        var name = parser.currentName();
        parser.nextToken();
        written.put(ProducerFields.given(name), text("attributes", parser));
      }
    }

    private static String name(String name, JsonParser parser) throws MalformedException {
      var value = text(name, parser);
      if (!ProducerFields.NAME.matcher(value).matches()) {
        throw new MalformedException(name, ProducerFields.NAME_FORM);
      }
      return value;
    }

    private static String text(String name, JsonParser parser) throws MalformedException {
      if (parser.currentToken() != JsonToken.VALUE_STRING) {
        throw new MalformedException(name, "a text");
      }
      return parser.getString();
    }
  }

  /**
   * All that is written down with the stream.
   *
   * @param rules what else has to save it
   * @param request by which it is opened, and its body
   */
  Map<String, String> written(String producer, SaveRules rules, RequestHead request, byte[] body) {
    var all = new HashMap<>(attributes);
    all.putAll(rules.attributes(request, body));
    all.put(ProducerFields.OF_PRODUCER, producer);
    if (saves != Saves.NONE) {
      all.put(ProducerFields.OF_APPLICATION, application);
      all.put(ProducerFields.OF_SAVES, saves.word());
      all.put(Attributes.SAVE_POLICY, SavePolicy.WITHHOLD.word());
      all.merge(Attributes.SAVE, RemoteSaves.NAME, (hooks, own) -> hooks + "," + own);
    }
    return all;
  }
}
