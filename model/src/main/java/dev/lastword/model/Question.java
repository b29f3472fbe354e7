package dev.lastword.model;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What is asked of the model: whether something always holds, as it is or with a bug in it.
///
/// @param bug its name in the model, {@link #SOUND} for none
/// @param invariants hold in every state
/// @param properties hold of every run; to look at them takes several times as long
record Question(String bug, boolean failover, List<String> invariants, List<String> properties) {
  static final String SOUND = "none";

  private static final String ENDS = "Ends";
  private static final List<String> PROMISE =
      List.of(
          "SeenIsKept",
          "IdsNameOneEvent",
          "OneOutcome",
          "SavedBeforeSaid",
          "CompleteIsKept",
          "OneWriter");

  /// A promoted standby may lack what was acknowledged; that an id does not come to name another
  /// event is left.
  private static final List<String> BEHIND_A_FAILOVER = List.of("IdsNameOneEvent");

  static List<Question> all() {
    return List.of(
        new Question(SOUND, false, PROMISE, List.of(ENDS)),
        new Question(SOUND, true, BEHIND_A_FAILOVER, List.of()),
        bug("no fence"),
        bug("fence before the transaction"),
        bug("epoch not raised"),
        bug("acknowledged before the commit"),
        bug("complete forgotten by the take-over"),
        bug("said before the outcome is written"),
        bug("said without the hook"),
        new Question("nobody ends what it took over", false, List.of(), List.of(ENDS)),
        new Question("epoch without the timeline", true, BEHIND_A_FAILOVER, List.of()));
  }

  private static Question bug(String name) {
    return new Question(name, false, PROMISE, List.of());
  }

  boolean isSound() {
    return bug.equals(SOUND);
  }

  /// What it is called in the table.
  String title() {
    return isSound() ? (failover ? "as it is, with a failover" : "as it is") : bug;
  }

  /// The configuration that asks it of the model checker.
  String configuration(Bounds bounds) {
    var within = failover ? bounds.withFailover() : bounds.withoutFailover();
    var nodes =
        IntStream.rangeClosed(1, within.nodes())
            .mapToObj("\"node %d\""::formatted)
            .collect(Collectors.joining(", "));
    return """
        SPECIFICATION Spec
        CHECK_DEADLOCK FALSE
        CONSTANTS
          Nodes = {%s}
          EventsMax = %d
          CrashesMax = %d
          PausesMax = %d
          FailoversMax = %d
          Bug = "%s"
        %s%s"""
        .formatted(
            nodes,
            within.events(),
            within.crashes(),
            within.pauses(),
            within.failovers(),
            bug,
            lines("INVARIANT", invariants),
            lines("PROPERTY", properties));
  }

  private static String lines(String keyword, List<String> names) {
    return names.stream().map(name -> keyword + " " + name + "\n").collect(Collectors.joining());
  }
}
