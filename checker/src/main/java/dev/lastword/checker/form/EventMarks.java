package dev.lastword.checker.form;

import dev.lastword.checker.form.Leaves.Leaf;
import dev.lastword.checker.template.Json;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Finds what tells an event from others. What names an end is asked first, then what is usual. */
final class EventMarks {
  private static final int LITERAL_MAX = 40;
  private static final int VALUE_DEPTH_MAX = 5;
  private static final int MEMBER_DEPTH_MAX = 2;

  /** A word, such as a kind or a status; identities and counts are other ones in each run. */
  private static final Pattern WORD = Pattern.compile("[A-Za-z][A-Za-z_.:/ -]{0,39}");

  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z_.:/-]*");

  private EventMarks() {}

  /** What tells it from others; of those that look alike it is the last. */
  static EventMark of(SseEvent event, List<SseEvent> others) {
    var possible = new ArrayList<>(saying(event));
    possible.addAll(telling(event));
    return possible.stream()
        .filter(mark -> others.stream().noneMatch(mark::fits))
        .findFirst()
        .orElseGet(() -> last(event, others));
  }

  /** What tells it from others and says the end by its name; empty if nothing does. */
  static Optional<EventMark> sayingEnd(SseEvent event, List<SseEvent> others) {
    return saying(event).stream().filter(mark -> others.stream().noneMatch(mark::fits)).findFirst();
  }

  private static EventMark last(SseEvent event, List<SseEvent> others) {
    var kinds =
        json(event).stream()
            .flatMap(json -> Leaves.of(json).stream())
            .filter(leaf -> leaf.depth() == 1 && tellsKind(leaf))
            .map(leaf -> new Condition(leaf.pointer(), leaf.text()))
            .toList();
    var like =
        new EventMark(
            Optional.of(event.type()).filter(EventMarks::isName),
            Optional.empty(),
            kinds,
            Optional.empty(),
            1);
    return like.number(1 + (int) others.stream().filter(like::fits).count());
  }

  private static boolean tellsKind(Leaf leaf) {
    return leaf.node().isString() && (EndNames.isKind(leaf.key()) || leaf.inArray());
  }

  /** What of it says the end by its name. */
  static List<EventMark> saying(SseEvent event) {
    var marks = new ArrayList<EventMark>();
    if (isName(event.type()) && EndNames.soundsFinal(event.type())) {
      marks.add(EventMark.ofType(event.type()));
    }
    var json = json(event);
    if (json.isEmpty()) {
      if (EndNames.isLiteral(event.data())) {
        marks.add(EventMark.ofData(event.data()));
      }
      return marks;
    }
    Leaves.of(json.get()).stream()
        .filter(leaf -> leaf.depth() <= VALUE_DEPTH_MAX)
        .filter(leaf -> saysEnd(leaf))
        .sorted(Comparator.comparingInt(Leaf::depth))
        .forEach(leaf -> marks.add(EventMark.of(new Condition(leaf.pointer(), leaf.text()))));
    return marks;
  }

  private static boolean saysEnd(Leaf leaf) {
    boolean value = leaf.node().isString() || leaf.node().isBoolean();
    return value
        && (EndNames.soundsFinal(leaf.key(), leaf.text())
            || (leaf.inArray() && leaf.depth() == 1 && EndNames.isLiteral(leaf.text())));
  }

  private static List<EventMark> telling(SseEvent event) {
    var marks = new ArrayList<EventMark>();
    if (!event.type().equals("message") && isName(event.type())) {
      marks.add(EventMark.ofType(event.type()));
    }
    var json = json(event);
    if (json.isEmpty()) {
      var data = event.data();
      if (data.length() <= LITERAL_MAX && !data.matches(".*\\d.*")) {
        marks.add(EventMark.ofData(data));
      }
      return marks;
    }
    marks.addAll(inside(json.get()));
    for (var mark : isName(event.type()) ? List.copyOf(marks) : List.<EventMark>of()) {
      marks.add(mark.withType(event.type()));
    }
    return marks;
  }

  private static List<EventMark> inside(JsonNode json) {
    var leaves = Leaves.of(json);
    var marks = new ArrayList<EventMark>();
    leaves.stream()
        .filter(leaf -> leaf.depth() <= 2 && tellsKind(leaf) && WORD.matcher(leaf.text()).matches())
        .forEach(leaf -> marks.add(EventMark.of(new Condition(leaf.pointer(), leaf.text()))));
    members(json, "", 1, marks);
    leaves.stream()
        .filter(leaf -> leaf.depth() <= VALUE_DEPTH_MAX)
        .filter(leaf -> leaf.node().isBoolean() || WORD.matcher(leaf.text()).matches())
        .forEach(leaf -> marks.add(EventMark.of(new Condition(leaf.pointer(), leaf.text()))));
    return marks;
  }

  private static void members(JsonNode json, String above, int depth, List<EventMark> marks) {
    if (!json.isObject() || depth > MEMBER_DEPTH_MAX) {
      return;
    }
    json.properties()
        .forEach(
            each -> {
              var pointer = above + "/" + each.getKey().replace("~", "~0").replace("/", "~1");
              marks.add(EventMark.ofMember(pointer));
              members(each.getValue(), pointer, depth + 1, marks);
            });
  }

  /** Whether a type is a name: what a reader wrote, or an id, is another one in each run. */
  static boolean isName(String type) {
    return NAME.matcher(type).matches();
  }

  /** The JSON of an event that has an inside. */
  static Optional<JsonNode> json(SseEvent event) {
    return Json.parse(event.data()).filter(JsonNode::isContainer);
  }
}
