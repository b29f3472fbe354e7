package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.LinkedHashMap;
import java.util.Map;

/// One line of the conversation between the tool and its workers: a word, then `key=value` pairs
/// with URL-encoded values.
record Line(String word, Map<String, String> fields) {

  static Line of(String word) {
    return new Line(word, new LinkedHashMap<>());
  }

  /// @throws IllegalArgumentException if a field has no `=`
  static Line parse(String text) {
    var parts = text.trim().split(" +");
    var line = of(parts[0]);
    for (int i = 1; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("field without a value in: " + text);
      }
      line.fields.put(
          parts[i].substring(0, equals), URLDecoder.decode(parts[i].substring(equals + 1), UTF_8));
    }
    return line;
  }

  Line with(String key, Object value) {
    fields.put(key, String.valueOf(value));
    return this;
  }

  /// @return the field's value, or `""`
  String text(String key) {
    return fields.getOrDefault(key, "");
  }

  /// @throws IllegalArgumentException if the field is missing or not a number
  long number(String key) {
    return Long.parseLong(text(key));
  }

  /// @throws IllegalArgumentException if the field is missing or not a number
  int count(String key) {
    return Integer.parseInt(text(key));
  }

  @Override
  public String toString() {
    var text = new StringBuilder(word);
    fields.forEach(
        (key, value) ->
            text.append(' ').append(key).append('=').append(URLEncoder.encode(value, UTF_8)));
    return text.toString();
  }
}
