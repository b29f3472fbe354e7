package dev.lastword.checker.form;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.template.Json;
import dev.lastword.dialect.Sign;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Where the text of an answer stands in its events.
 *
 * @param type the type of the events that have it; empty for events of any type
 * @param conditions values that the JSON of those events has
 * @param spot where in such an event
 * @param soFar whether each of them brings all of the text so far, instead of the next piece
 */
public record TextPlace(
    Optional<String> type, List<Condition> conditions, Spot spot, boolean soFar) {
  /** Text that comes again whole, as in a last event that sums up, is at least so long. */
  private static final int SUM_CHARACTERS_MIN = 12;

  /** Where in an event. */
  public sealed interface Spot {
    /** The data as it stands. */
    record Data() implements Spot {}

    /** The data as it stands, of events whose data is no JSON object. */
    record Words() implements Spot {}

    /**
     * A value in the data's JSON.
     *
     * @param pointer RFC 6901; {@code ""} for data that is one JSON string
     */
    record Value(String pointer) implements Spot {}
  }

  static TextPlace of(Spot spot) {
    return new TextPlace(Optional.empty(), List.of(), spot, false);
  }

  /**
   * The place that a rule names: {@code /pointer}, {@code json} for data that is a JSON string,
   * {@code data} for the data as it stands, {@code words} for data that is no JSON object; behind
   * {@code event:TYPE} and {@code json:/pointer=value}, which events have it.
   *
   * @throws IllegalArgumentException if it names none
   */
  public static TextPlace parse(String rule) {
    if (rule.startsWith("/") || rule.isEmpty()) {
      return of(new Spot.Value(rule));
    }
    var words = rule.strip().split("\\s+", -1);
    Optional<String> type = Optional.empty();
    var conditions = new ArrayList<Condition>();
    for (int i = 0; i < words.length - 1; i++) {
      int equals = words[i].indexOf('=');
      if (words[i].startsWith("event:")) {
        type = Optional.of(words[i].substring("event:".length()));
      } else if (words[i].startsWith("json:/") && equals > 0) {
        conditions.add(
            new Condition(
                words[i].substring("json:".length(), equals), words[i].substring(equals + 1)));
      } else {
        throw new IllegalArgumentException(words[i]);
      }
    }
    return new TextPlace(type, List.copyOf(conditions), spot(words[words.length - 1]), false);
  }

  private static Spot spot(String word) {
    return switch (word) {
      case "data" -> new Spot.Data();
      case "words" -> new Spot.Words();
      case "json" -> new Spot.Value("");
      default -> {
        if (!word.startsWith("/")) {
          throw new IllegalArgumentException(word);
        }
        yield new Spot.Value(word);
      }
    };
  }

  /** As {@link #parse} reads it. */
  public String rule() {
    var words = new ArrayList<String>();
    type.filter(each -> !each.equals("message")).ifPresent(each -> words.add("event:" + each));
    conditions.forEach(each -> words.add(each.rule()));
    words.add(
        switch (spot) {
          case Spot.Data data -> "data";
          case Spot.Words text -> "words";
          case Spot.Value(String pointer) -> pointer.isEmpty() ? "json" : pointer;
        });
    return String.join(" ", words);
  }

  /** Whether events that have text here have it there too, and others have as well. */
  public boolean isWithin(TextPlace other) {
    return spot.equals(other.spot)
        && !equals(other)
        && (other.type.isEmpty() || other.type.equals(type))
        && conditions.containsAll(other.conditions);
  }

  TextPlace growing(boolean whole) {
    return new TextPlace(type, conditions, spot, whole);
  }

  /** What an event has at this place, {@code ""} if nothing. */
  String piece(SseEvent event) {
    if (type.isPresent() && !type.get().equals(event.type())) {
      return "";
    }
    return switch (spot) {
      case Spot.Data data -> event.data();
      case Spot.Words words -> isObject(event) ? "" : event.data();
      case Spot.Value(String pointer) ->
          Json.parse(event.data())
              .filter(json -> conditions.stream().allMatch(each -> each.holds(json)))
              .flatMap(json -> Json.at(json, pointer))
              .orElse("");
    };
  }

  static boolean isObject(SseEvent event) {
    return Json.parse(event.data())
        .filter(json -> json.isObject() || (json.isArray() && json.size() > 0 && holdsObject(json)))
        .isPresent();
  }

  private static boolean holdsObject(JsonNode array) {
    return array.get(0).isObject();
  }

  /** Whether text is the data as it stands. */
  boolean isLiteral() {
    return !(spot instanceof Spot.Value);
  }

  /** What an event brings, where data that says the end is no text. */
  String piece(Arrival arrival) {
    boolean says = arrival.sign() != Sign.CONTENT && arrival.sign() != Sign.TAIL;
    return isLiteral() && says ? "" : piece(arrival.event());
  }

  /** The text of these events. */
  public String text(List<Arrival> arrivals) {
    return joined(arrivals.stream().map(this::piece).toList());
  }

  /** The text of these pieces, some of which may be empty. */
  String joined(List<String> pieces) {
    var text = new StringBuilder();
    var last = "";
    for (var piece : pieces) {
      if (piece.isEmpty()) {
        continue;
      }
      last = piece;
      boolean sum = piece.length() >= SUM_CHARACTERS_MIN && piece.contentEquals(text);
      if (!sum) {
        text.append(piece);
      }
    }
    return soFar ? last : text.toString();
  }
}
