package dev.lastword.checker.form;

import dev.lastword.checker.template.Json;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
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
   * The text in a line on the wire by which a program that knows nothing of event streams finds
   * this event, in another run too: identities and counts are other ones there. Other lines may
   * have it as well.
   *
   * @param event one that looks so
   * @param wire the response's body
   * @return empty if nothing but its place tells it
   */
  public Optional<String> fragment(SseEvent event, String wire) {
    return conditions.stream()
        .flatMap(each -> written(each, event).stream())
        .findFirst()
        .or(() -> member.map(EventMark::key).filter(event.data()::contains))
        .or(() -> typeLine(event, wire))
        .or(() -> data.flatMap(each -> each.lines().filter(line -> !line.isBlank()).findFirst()));
  }

  private static Optional<String> written(Condition condition, SseEvent event) {
    return Pattern.compile(
            "%s[ \\t]*:[ \\t]*\"?%s\"?"
                .formatted(
                    Pattern.quote(key(condition.pointer())), Pattern.quote(condition.value())))
        .matcher(event.data())
        .results()
        .map(MatchResult::group)
        .findFirst();
  }

  /** The name that a pointer ends with, in quotes. */
  private static String key(String pointer) {
    var name = pointer.substring(pointer.lastIndexOf('/') + 1);
    return '"' + name.replace("~1", "/").replace("~0", "~") + '"';
  }

  private Optional<String> typeLine(SseEvent event, String wire) {
    return type.filter(each -> event.typeBytes().length > 0)
        .map(each -> wire.contains("event: " + each) ? "event: " + each : "event:" + each);
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
