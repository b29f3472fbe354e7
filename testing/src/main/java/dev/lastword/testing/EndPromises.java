package dev.lastword.testing;

import dev.lastword.journal.Outcome;

/** I5, I6, I9 and I16: what every stream has come to when the faults are over. */
final class EndPromises {
  private final Deployment world;
  private final Promises promises;

  EndPromises(Deployment world, Promises promises) {
    this.world = world;
    this.promises = promises;
  }

  /** Everything that a stream must have come to once the faults are over. */
  void atRest(ScriptedUpstream upstream) {
    var was = promises.of(upstream);
    var id = upstream.id();
    var outcome = was.outcome();
    if (outcome == null) {
      throw world.broken("I6", id + " has no outcome");
    }
    promises.check(
        !was.cancelLost || outcome != Outcome.CANCELLED,
        "I8",
        "%s: a cancel was told that it lost, and the stream is cancelled",
        id);
    promises.check(
        !was.wasWhole
            || outcome == Outcome.COMPLETED
            || was.reason().equals("save_rejected")
            || was.reason().equals("corrupt"),
        "I3",
        "%s: its whole answer was on the disk, and it is %s",
        id,
        outcome);
    isWhatTheScriptSays(upstream);
    if (!upstream.isThere() && !promises.durable(upstream).isOpened()) {
      return; // its deletion is on the disk, and whoever asked for it will be told
    }
    isInLedger(upstream, outcome);
    int number = 0;
    for (var hook : world.hooks()) {
      promises.check(
          hook.acknowledged(id, outcome)
              || world.hooks().stream().anyMatch(any -> any.hasRejected(id)),
          "I9",
          "%s is %s (%s), and hook %d has not acknowledged that",
          id,
          outcome,
          was.reason(),
          number++);
    }
  }

  /** What it took is counted, once, whatever was stored again. */
  private void isInLedger(ScriptedUpstream upstream, Outcome outcome) {
    var rows = world.ledger(upstream.id());
    promises.check(
        rows.size() == 1 && rows.getFirst().stream().outcome() == outcome,
        "ledger",
        "%s is %s, and the ledger says %s",
        upstream.id(),
        outcome,
        rows.stream().map(row -> row.stream().outcome()).toList());
  }

  /**
   * I5 and I16: where nobody cancelled and nothing broke, the record is what the script says,
   * whatever the readers did.
   */
  private void isWhatTheScriptSays(ScriptedUpstream upstream) {
    var was = promises.of(upstream);
    if (was.outcome() != Outcome.COMPLETED) {
      int ending = upstream.endingAt();
      promises.check(
          ending < 0
              || was.length() <= ending
              || !ReaderPromises.isScripted(upstream, ending + 1, was.wire(ending + 1)),
          "I16",
          "%s is %s, and its success was shown",
          upstream.id(),
          was.outcome());
    }
    if (upstream.isDisturbed() || was.reason().equals("save_rejected")) {
      return;
    }
    if (was.outcome() == Outcome.COMPLETED) {
      isTheWholeScript(upstream);
    }
    var expected = expected(upstream);
    promises.check(
        expected.equals(was.reason()) || isTimeLimit(upstream, was.reason()),
        "I16",
        "%s: the script ends \"%s\", the stream \"%s\" (%s)",
        upstream.id(),
        expected,
        was.reason(),
        was.outcome());
  }

  /** All of the answer is kept, and behind it at most the terminal event that was missing. */
  private void isTheWholeScript(ScriptedUpstream upstream) {
    var answer = promises.durable(upstream).answer();
    int length = upstream.answerLength();
    promises.check(
        answer.size() == length || answer.size() == length + 1,
        "I16",
        "%s: %d events are kept of an answer of %d",
        upstream.id(),
        answer.size(),
        length);
    for (int i = 0; i < length; i++) {
      promises.check(
          ReaderPromises.isScripted(upstream, i + 1L, answer.get(i)),
          "I16",
          "%s: event %d that is kept is not the upstream's",
          upstream.id(),
          i + 1);
    }
  }

  /** The reason that a stream must have if only its script decides. */
  private static String expected(ScriptedUpstream upstream) {
    if (upstream.saidSuccess()) {
      return "";
    }
    for (var said : upstream.script()) {
      if (said.meaning() == ScriptedUpstream.Meaning.ERROR) {
        return "upstream_error";
      }
    }
    return switch (upstream.close()) {
      case CLEAN -> "upstream_truncated";
      case RESET -> "upstream_reset";
      case NEVER -> "upstream_idle";
    };
  }

  private boolean isTimeLimit(ScriptedUpstream upstream, String reason) {
    var options = world.setup().options();
    return switch (reason) {
      case "upstream_idle" -> upstream.longestSilenceMs() >= options.idle().toMillis();
      case "duration_exceeded" -> upstream.ageMs() >= options.duration().toMillis();
      case "event_too_large" -> upstream.isOversize();
      case "response_too_large" -> upstream.fed() > options.responseBytesMax();
      default -> false;
    };
  }
}
