package dev.lastword.checker.form;

import dev.lastword.checker.template.Json;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What tells one event of a response from all others, in every run.
 *
 * @param type the event's type, if that tells it
 * @param data its data, if that tells it
 * @param conditions values in its JSON that tell it
 * @param member a place in its JSON at which others have nothing, if that tells it
 * @param nth which one it is of those that look so, counted from 1
 */
public record EventMark(
    Optional<String> type,
    Optional<String> data,
    List<Condition> conditions,
    Optional<String> member,
    int nth) {

  static EventMark ofType(String type) {
    return new EventMark(Optional.of(type), Optional.empty(), List.of(), Optional.empty(), 1);
  }

  static EventMark ofData(String data) {
    return new EventMark(Optional.empty(), Optional.of(data), List.of(), Optional.empty(), 1);
  }

  static EventMark of(Condition condition) {
    return new EventMark(
        Optional.empty(), Optional.empty(), List.of(condition), Optional.empty(), 1);
  }

  static EventMark ofMember(String pointer) {
    return new EventMark(Optional.empty(), Optional.empty(), List.of(), Optional.of(pointer), 1);
  }

  EventMark withType(String also) {
    return new EventMark(Optional.of(also), data, conditions, member, nth);
  }

  EventMark number(int n) {
    return new EventMark(type, data, conditions, member, n);
  }

  /** Whether an event looks so, whichever of its like it is. */
  boolean fits(SseEvent event) {
    if (type.isPresent() && !type.get().equals(event.type())) {
      return false;
    }
    if (data.isPresent() && !data.get().equals(event.data())) {
      return false;
    }
    if (conditions.isEmpty() && member.isEmpty()) {
      return true;
    }
    return Json.parse(event.data())
        .filter(json -> conditions.stream().allMatch(each -> each.holds(json)))
        .filter(json -> member.filter(each -> json.at(each).isMissingNode()).isEmpty())
        .isPresent();
  }

  /** What tells an event from those before it. */
  public static EventMark telling(SseEvent event, List<SseEvent> before) {
    return EventMarks.of(event, before);
  }

  /**
   * The text on the wire by which a program that knows nothing of event streams finds this event.
   *
   * @param event one that looks so
   * @param wire the response's body
   */
  public String fragment(SseEvent event, String wire) {
    if (!conditions.isEmpty()) {
      var condition = conditions.getFirst();
      var key = condition.pointer().substring(condition.pointer().lastIndexOf('/') + 1);
      var found =
          Pattern.compile(
                  "\"%s\"\\s*:\\s*\"?%s\"?"
                      .formatted(Pattern.quote(key), Pattern.quote(condition.value())))
              .matcher(event.data());
      if (found.find()) {
        return found.group();
      }
    }
    if (type.isPresent()) {
      var line = "event: " + type.get();
      return wire.contains(line) ? line : "event:" + type.get();
    }
    return event.data().lines().findFirst().orElse("");
  }

  /** In a few words, and as {@code --terminal} takes it where one rule says it all. */
  public String rule() {
    var rules = new ArrayList<String>();
    type.ifPresent(each -> rules.add("event:" + each));
    data.ifPresent(each -> rules.add("data:" + each));
    conditions.forEach(each -> rules.add(each.rule()));
    member.ifPresent(each -> rules.add("the member " + each));
    return String.join(" with ", rules) + (nth == 1 ? "" : ", the " + nth + ". of its like");
  }
}
