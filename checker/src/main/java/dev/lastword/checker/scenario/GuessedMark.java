package dev.lastword.checker.scenario;

import dev.lastword.checker.template.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Members beside the saved text, or around it, that say of the calm run's answer that it is whole:
 * a status, a reason for the end, a flag. A part that has all of them is marked as whole.
 *
 * @param calm where the calm run's answer is saved
 */
record GuessedMark(SavedText calm, List<Member> members) implements WholeMark {
  private static final int LEVELS_MAX = 4;
  private static final int INSIDE_MAX = 2;
  private static final Set<String> WHOLE =
      Set.of(
          "complete",
          "completed",
          "done",
          "finished",
          "finish",
          "final",
          "success",
          "succeeded",
          "successful",
          "stop",
          "endturn",
          "ok",
          "full",
          "saved",
          "sealed",
          "stopsequence");
  private static final Set<String> STATES =
      Set.of(
          "status",
          "state",
          "finishreason",
          "stopreason",
          "phase",
          "completion",
          "outcome",
          "result",
          "streamstatus",
          "messagestatus");
  private static final Set<String> FLAGS =
      Set.of(
          "done",
          "complete",
          "completed",
          "finished",
          "final",
          "isfinal",
          "isdone",
          "iscomplete",
          "iscompleted",
          "isfinished",
          "ended");
  private static final Set<String> COUNTER_FLAGS =
      Set.of(
          "partial",
          "ispartial",
          "incomplete",
          "streaming",
          "isstreaming",
          "generating",
          "interrupted",
          "aborted",
          "inprogress",
          "pending",
          "truncated",
          "stopped",
          "cancelled");

  /**
   * A member.
   *
   * @param up how many levels above the text the object is that has it
   * @param pointer from that object on
   */
  record Member(int up, String pointer, String value) {}

  /** What the calm run's saved answer has; empty for none, or where no JSON is shown. */
  static Optional<GuessedMark> of(Baseline baseline) {
    if (baseline.watch().isEmpty() || !baseline.savedWhole()) {
      return Optional.empty();
    }
    return SavedText.last(baseline.watch().get().last().shown(), baseline.answer())
        .map(text -> new GuessedMark(text, members(text.above())))
        .filter(mark -> !mark.members().isEmpty());
  }

  private static List<Member> members(List<JsonNode> above) {
    var members = new ArrayList<Member>();
    for (int up = 0; up < Math.min(LEVELS_MAX, above.size()); up++) {
      collect(above.get(up), up, "", 1, members);
    }
    return List.copyOf(members);
  }

  private static void collect(
      JsonNode object, int up, String pointer, int depth, List<Member> members) {
    if (!object.isObject() || depth > INSIDE_MAX) {
      return;
    }
    object
        .properties()
        .forEach(
            each -> {
              var place = pointer + "/" + each.getKey().replace("~", "~0").replace("/", "~1");
              if (saysWhole(each.getKey(), each.getValue())) {
                members.add(new Member(up, place, each.getValue().asString()));
              }
              collect(each.getValue(), up, place, depth + 1, members);
            });
  }

  private static boolean saysWhole(String key, JsonNode value) {
    var name = plain(key);
    if (value.isBoolean()) {
      return value.asBoolean() ? FLAGS.contains(name) : COUNTER_FLAGS.contains(name);
    }
    return value.isString() && STATES.contains(name) && WHOLE.contains(plain(value.asString()));
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
  }

  @Override
  public boolean in(String shown, String text) {
    return SavedText.like(calm, shown, text).filter(each -> has(each.above())).isPresent();
  }

  private boolean has(List<JsonNode> above) {
    return members.stream()
        .allMatch(
            each ->
                each.up() < above.size()
                    && Json.at(above.get(each.up()), each.pointer())
                        .filter(each.value()::equals)
                        .isPresent());
  }

  @Override
  public String told() {
    return String.join(
            ", ",
            members.stream().map(each -> each.pointer() + "=" + each.value()).distinct().toList())
        + " (a guess: the calm run's answer has it; --expect-complete names another mark)";
  }
}
