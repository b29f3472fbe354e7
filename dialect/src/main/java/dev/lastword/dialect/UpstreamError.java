package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's error event, as the response that would have said the same with a status.
 *
 * @param status 400 to 599: what the event says, by number or by one of the vendors' words; 502
 *     where it says none
 * @param json the body: an object with a member {@code error}, where clients of all vendors look
 */
public record UpstreamError(int status, String json) {
  private static final int UNKNOWN = 502;

  /** What vendors call their errors; the status is that of their own responses. */
  private static final Map<String, Integer> WORDS =
      Map.ofEntries(
          Map.entry("invalid_request_error", 400),
          Map.entry("invalid_request", 400),
          Map.entry("invalid_argument", 400),
          Map.entry("invalid_prompt", 400),
          Map.entry("failed_precondition", 400),
          Map.entry("context_length_exceeded", 400),
          Map.entry("badrequesterror", 400),
          Map.entry("bad_request", 400),
          Map.entry("authentication_error", 401),
          Map.entry("invalid_api_key", 401),
          Map.entry("unauthenticated", 401),
          Map.entry("billing_error", 402),
          Map.entry("permission_error", 403),
          Map.entry("permission_denied", 403),
          Map.entry("not_found_error", 404),
          Map.entry("notfounderror", 404),
          Map.entry("not_found", 404),
          Map.entry("model_not_found", 404),
          Map.entry("request_too_large", 413),
          Map.entry("rate_limit_error", 429),
          Map.entry("rate_limit_exceeded", 429),
          Map.entry("insufficient_quota", 429),
          Map.entry("resource_exhausted", 429),
          Map.entry("too_many_requests", 429),
          Map.entry("api_error", 500),
          Map.entry("server_error", 500),
          Map.entry("internal_server_error", 500),
          Map.entry("internalservererror", 500),
          Map.entry("internal_error", 500),
          Map.entry("internal", 500),
          Map.entry("unavailable", 503),
          Map.entry("service_unavailable", 503),
          Map.entry("timeout", 504),
          Map.entry("timeout_error", 504),
          Map.entry("deadline_exceeded", 504),
          Map.entry("overloaded", 529),
          Map.entry("overloaded_error", 529));

  /** Members that may hold a status, the one that says most first. */
  private static final List<String> TELLING =
      List.of("status_code", "code", "status", "type", "finish_reason");

  /** Reads an event that a detector has called an error. */
  static UpstreamError of(SseEvent event) {
    var root = JsonTree.object(event.data()).orElse(null);
    if (root == null) {
      return new UpstreamError(UNKNOWN, wrapped(Map.of("message", event.data())));
    }
    var error = root.get("error");
    if (error != null && says(error)) {
      return new UpstreamError(status(root, error), written(root));
    }
    var inside = inside(root);
    return new UpstreamError(status(root, inside), wrapped(inside));
  }

  private static boolean says(Object error) {
    return error instanceof Map<?, ?> || error instanceof CharSequence;
  }

  /** Where dialects say it that have no member {@code error} at the top; else the event itself. */
  private static Object inside(Map<String, Object> root) {
    if (root.get("last_error") instanceof Map<?, ?> last) {
      return last;
    }
    if (root.get("errorText") instanceof CharSequence text) {
      return text;
    }
    for (var name : List.of("response", "delta")) {
      var error = JsonTree.members(root.get(name)).get("error");
      if (error != null && says(error)) {
        return error;
      }
    }
    for (var choice : JsonTree.elements(root.get("choices"))) {
      var error = JsonTree.members(choice).get("error");
      if (error != null && says(error)) {
        return error;
      }
    }
    return root;
  }

  private static int status(Map<String, Object> root, Object error) {
    return told(JsonTree.members(error))
        .orElseGet(
            () ->
                told(root)
                    .orElseGet(() -> told(JsonTree.members(root.get("delta"))).orElse(UNKNOWN)));
  }

  private static OptionalInt told(Map<String, Object> members) {
    return TELLING.stream()
        .map(name -> status(members.get(name)))
        .filter(OptionalInt::isPresent)
        .findFirst()
        .orElse(OptionalInt.empty());
  }

  private static OptionalInt status(@Nullable Object value) {
    var text =
        switch (value) {
          case null -> "";
          case JsonTree.Literal(String json) -> json;
          case CharSequence word -> word.toString().toLowerCase(Locale.ROOT);
          default -> "";
        };
    if (text.matches("[45][0-9][0-9]")) {
      return OptionalInt.of(Integer.parseInt(text));
    }
    var known = WORDS.get(text);
    return known == null ? OptionalInt.empty() : OptionalInt.of(known);
  }

  private static String wrapped(Object error) {
    var object = error instanceof CharSequence text ? Map.of("message", text) : error;
    return written(Map.of("error", object));
  }

  private static String written(Object value) {
    return Json.write(out -> JsonTree.write(out, value));
  }

  /** Without the body, which is the upstream's. */
  @Override
  public String toString() {
    return "UpstreamError[status=" + status + "]";
  }
}
