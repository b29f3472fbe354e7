package dev.lastword.checker.template;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Head;
import dev.lastword.checker.probe.Reply;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the places stand for in one run.
 *
 * @param fixed known before the request is sent
 * @param steps what earlier requests were answered, by their names
 * @param head of the response; null before it has begun
 * @param arrivals the events that were read so far
 */
public record Values(
    Map<String, String> fixed,
    Map<String, Reply> steps,
    @Nullable Head head,
    List<Arrival> arrivals) {

  /** Nothing but the word that this run is known by. */
  public static Values ofRun(String run) {
    return new Values(Map.of("run", run), Map.of(), null, List.of());
  }

  /** These and one more. */
  public Values with(String name, String value) {
    var more = new HashMap<>(fixed);
    more.put(name, value);
    return new Values(Map.copyOf(more), steps, head, arrivals);
  }

  /** These and what an earlier request was answered. */
  public Values withStep(String name, Reply reply) {
    var more = new HashMap<>(steps);
    more.put(name, reply);
    return new Values(fixed, Map.copyOf(more), head, arrivals);
  }

  /** These and what was read of the response. */
  public Values withResponse(Head head, List<Arrival> arrivals) {
    return new Values(fixed, steps, head, List.copyOf(arrivals));
  }

  /**
   * The value of a place, which is its name or {@code source:name}.
   *
   * @throws MissingValueException if there is none
   */
  public String get(String place) {
    var value = fixed.get(place);
    return value != null
        ? value
        : captured(place).orElseThrow(() -> new MissingValueException(missing(place)));
  }

  private static String missing(String place) {
    return place.startsWith("env:")
        ? "the environment variable " + place.substring("env:".length()) + " is not set"
        : "there is no value for {{" + place + "}}";
  }

  private Optional<String> captured(String place) {
    int colon = place.indexOf(':');
    if (colon < 0) {
      return Optional.empty();
    }
    var source = place.substring(0, colon);
    var name = place.substring(colon + 1);
    int dot = source.lastIndexOf('.');
    if (dot > 0) {
      return Optional.ofNullable(steps.get(source.substring(0, dot)))
          .flatMap(reply -> ofStep(reply, source.substring(dot + 1), name));
    }
    return switch (source) {
      case "env" -> Optional.ofNullable(System.getenv(name));
      case "header" -> Optional.ofNullable(head).flatMap(each -> each.first(name));
      case "cookie" -> Optional.ofNullable(head).flatMap(each -> each.cookie(name));
      case "event" ->
          arrivals.stream()
              .flatMap(arrival -> Json.parse(arrival.event().data()).stream())
              .flatMap(json -> Json.at(json, name).stream())
              .findFirst();
      default -> Optional.empty();
    };
  }

  private static Optional<String> ofStep(Reply reply, String source, String name) {
    return switch (source) {
      case "header" -> reply.head().first(name);
      case "cookie" -> reply.head().cookie(name);
      case "json" -> Json.parse(reply.text()).flatMap(json -> Json.at(json, name));
      default -> Optional.empty();
    };
  }
}
