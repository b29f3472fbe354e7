package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Something of a request that is told to save hooks, such as the chat that an answer belongs to.
 *
 * @param name what hooks know it by
 * @param pointer its place in a JSON body, or null
 * @param header its field, or null
 */
record RequestFact(String name, @Nullable String pointer, @Nullable String header) {
  /** A longer one is left out: half of a key is another key. */
  static final int LENGTH_MAX = 1_024;

  private static final Pattern FORM =
      Pattern.compile("([a-z][a-z0-9_]{0,63})=(/[^;]*|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+)");

  /** Credentials stay with the request. */
  private static final Set<String> CREDENTIALS =
      Set.of(
          "authorization",
          "proxy-authorization",
          "cookie",
          "x-api-key",
          "api-key",
          "x-goog-api-key");

  private static final JsonFactory JSON = new JsonFactory();

  /** Reads {@code NAME=/JSON/POINTER} or {@code NAME=header:FIELD}; empty if it is neither. */
  static Optional<RequestFact> parse(String text) {
    var found = FORM.matcher(text);
    if (!found.matches()) {
      return Optional.empty();
    }
    var place = found.group(2);
    if (place.startsWith("/")) {
      return Optional.of(new RequestFact(found.group(1), place, null));
    }
    var field = place.substring("header:".length()).toLowerCase(Locale.ROOT);
    return CREDENTIALS.contains(field)
        ? Optional.empty()
        : Optional.of(new RequestFact(found.group(1), null, field));
  }

  /**
   * What a request says of these, by their names.
   *
   * @param body JSON, or the beginning of it: what stands behind its end is not told
   */
  static Map<String, String> of(List<RequestFact> facts, HttpHeaders headers, byte[] body) {
    var told = new HashMap<String, String>();
    var sought = new HashMap<String, List<String>>();
    for (var fact : facts) {
      if (fact.pointer != null) {
        sought.computeIfAbsent(fact.pointer, place -> new ArrayList<>()).add(fact.name);
      } else if (fact.header != null && headers.contains(fact.header)) {
        put(told, fact.name, headers.get(fact.header));
      }
    }
    if (!sought.isEmpty() && body.length > 0) {
      try (var json = JSON.createParser(ObjectReadContext.empty(), body)) {
        new Search(json, sought, told).run();
      } catch (JacksonException e) {
        // it is no JSON, or not all of it was kept: what was found before is told
      }
    }
    return told;
  }

  private static void put(Map<String, String> told, String name, @Nullable String value) {
    if (value != null && value.length() <= LENGTH_MAX) {
      told.put(name, value);
    }
  }

  /** One reading of a body, value after value. */
  private record Search(
      JsonParser json, Map<String, List<String>> sought, Map<String, String> told) {
    void run() {
      Deque<Step> path = new ArrayDeque<>();
      for (var token = json.nextToken(); token != null; token = json.nextToken()) {
        switch (token) {
          case START_OBJECT, START_ARRAY -> {
            count(path);
            path.addLast(new Step(token == JsonToken.START_ARRAY));
          }
          case END_OBJECT, END_ARRAY -> path.removeLast();
          case PROPERTY_NAME -> path.getLast().name = json.currentName();
          default -> {
            count(path);
            found(path, token);
          }
        }
      }
    }

    private static void count(Deque<Step> path) {
      var last = path.peekLast();
      if (last != null && last.list) {
        last.name = Integer.toString(++last.index);
      }
    }

    private void found(Deque<Step> path, JsonToken token) {
      var names = sought.get(pointer(path));
      if (names != null && token != JsonToken.VALUE_NULL) {
        names.forEach(name -> put(told, name, json.getString()));
      }
    }

    private static String pointer(Deque<Step> path) {
      var text = new StringBuilder();
      for (var step : path) {
        text.append('/').append(step.name.replace("~", "~0").replace("/", "~1"));
      }
      return text.toString();
    }
  }

  /** Where a reading is in one object or list. */
  private static final class Step {
    private final boolean list;
    private String name = "";
    private int index = -1;

    Step(boolean list) {
      this.list = list;
    }
  }
}
