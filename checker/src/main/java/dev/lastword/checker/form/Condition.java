package dev.lastword.checker.form;

import dev.lastword.checker.template.Json;
import tools.jackson.databind.JsonNode;

/**
 * A value that an event's JSON has at a place.
 *
 * @param pointer RFC 6901
 * @param value a string's text; or a number, {@code true} or {@code false} as it is written
 */
record Condition(String pointer, String value) {
  boolean holds(JsonNode json) {
    return Json.at(json, pointer).filter(value::equals).isPresent();
  }

  /** As {@code --terminal} and {@code --text} take it. */
  String rule() {
    return "json:" + pointer + "=" + value;
  }
}
