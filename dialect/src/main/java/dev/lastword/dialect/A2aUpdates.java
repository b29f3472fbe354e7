package dev.lastword.dialect;

import java.util.Locale;
import java.util.Set;

/**
 * Tells where an Agent2Agent stream ends. Its responses bring a task, changes of its status, pieces
 * of artifacts, or one message; the task's state says whether more will come. Versions before 1.0
 * name the kind of a result in it and say {@code final}; 1.0 has a member for each kind.
 *
 * <p>A task that asks back has come to the end of its stream like one that is completed. One that
 * failed, was rejected or cancelled has not.
 */
record A2aUpdates(JsonRpc call) implements JsonDetector.Judge {
  private static final Set<String> ENDS = Set.of("completed", "input-required", "auth-required");
  private static final Set<String> FAILURES = Set.of("failed", "rejected", "canceled", "cancelled");
  private static final String STATE_PREFIX = "task_state_";

  /** A part of an artifact of a task is the deepest that is looked into. */
  private static final int LEVEL_MAX = 7;

  private static final Set<String> OPENED =
      Set.of(
          "result",
          "task",
          "status",
          "statusUpdate",
          "message",
          "artifact",
          "artifactUpdate",
          "artifacts",
          "parts");

  /** What a result brings. */
  enum Kind {
    TASK("task", "task"),
    STATUS("status-update", "statusUpdate"),
    ARTIFACT("artifact-update", "artifactUpdate"),
    MESSAGE("message", "message"),
    UNKNOWN("", "");

    private final String word;
    private final String member;

    Kind(String word, String member) {
      this.word = word;
      this.member = member;
    }
  }

  /** One result: its kind, and the object that has what it brings. */
  record Update(Kind kind, Piece.Members body) {
    static Update of(Piece.Members message) {
      var result = message.members("result");
      var word = result.text("kind");
      for (var kind : Kind.values()) {
        if (!word.isEmpty() && word.equals(kind.word)) {
          return new Update(kind, result);
        }
        if (word.isEmpty() && result.get(kind.member) instanceof Piece.Members body) {
          return new Update(kind, body);
        }
      }
      return new Update(Kind.UNKNOWN, result);
    }

    /** The state of the task as versions before 1.0 write it; {@code ""} if none is told. */
    String state() {
      var state = body.members("status").text("state").toLowerCase(Locale.ROOT);
      return state.startsWith(STATE_PREFIX)
          ? state.substring(STATE_PREFIX.length()).replace('_', '-')
          : state;
    }

    boolean isFinal() {
      return body.get("final").equals(new Piece.Raw("true"));
    }
  }

  /** Down to the parts of messages and artifacts. */
  static boolean opens(String name, int level, boolean array) {
    return OPENED.contains(name) && level <= LEVEL_MAX && (level > 1 || name.equals("result"));
  }

  @Override
  public Sign sign(String kind, Piece.Members message) {
    if (!call.isAnsweredBy(message)) {
      return Sign.CONTENT;
    }
    return message.says("error") ? Sign.ERROR : sign(Update.of(message));
  }

  private static Sign sign(Update update) {
    var state = update.state();
    if (FAILURES.contains(state)) {
      return Sign.ERROR;
    }
    return update.kind() == Kind.MESSAGE || update.isFinal() || ENDS.contains(state)
        ? Sign.ENDING
        : Sign.CONTENT;
  }

  /** The same state once more adds nothing; whatever the agent goes on to say does. */
  @Override
  public boolean adds(String kind, Piece.Members message) {
    if (!call.isAnsweredBy(message)) {
      return false;
    }
    var update = Update.of(message);
    return switch (update.kind()) {
      case ARTIFACT, MESSAGE -> true;
      case TASK, STATUS, UNKNOWN -> sign(update) == Sign.CONTENT;
    };
  }
}
