package dev.lastword.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.SavePolicy;
import dev.lastword.stream.SavedResponse;
import java.util.LinkedHashMap;
import java.util.Map;

/** I1 and I9: success is said after the save, and what the save hooks are given. */
final class SavePromises {
  private final Deployment world;
  private final Promises promises;

  /** What each hook was called with, by hook, stream and outcome. */
  private final Map<String, SavedResponse> called = new LinkedHashMap<>();

  SavePromises(Deployment world, Promises promises) {
    this.world = world;
    this.promises = promises;
  }

  /** I1: an event that was seen for the first time may sound final. */
  void soundsFinal(ScriptedUpstream upstream, long seq) {
    var was = promises.of(upstream);
    int ending = upstream.endingAt();
    boolean ours = !ReaderPromises.isScripted(upstream, seq, was.wire(seq));
    boolean soundsFinal =
        ours
            ? !new String(was.wire(seq), UTF_8).contains("\"error\"")
            : ending >= 0 && seq > ending;
    if (soundsFinal && !was.endingSeen) {
      was.endingSeen = true;
      isDurableAndSaved(upstream);
    }
  }

  /** I1: success is said. */
  void isDurableAndSaved(ScriptedUpstream upstream) {
    if (!upstream.isThere()) {
      return; // who was quick has it still
    }
    var was = promises.of(upstream);
    var durable = promises.durable(upstream);
    // Where the journal is the save, an ending may be told before the outcome is decided.
    boolean told = durable.isEnded() && world.hooks().isEmpty();
    promises.check(
        durable.outcome() == Outcome.COMPLETED || told,
        "I1",
        "%s: success is said, and the disk says %s",
        upstream.id(),
        durable.outcome());
    var answer = durable.answer();
    promises.check(
        answer.size() >= was.length(),
        "I1",
        "%s: success is said with %d of %d events on the disk",
        upstream.id(),
        answer.size(),
        was.length());
    promises.check(
        answer.size() > upstream.endingAt() || upstream.wasCutOff(),
        "I1",
        "%s: success is said, and the ending is not on the disk",
        upstream.id());
    if (world.setup().options().saving().policy() != SavePolicy.WITHHOLD) {
      return;
    }
    int number = 0;
    for (var hook : world.hooks()) {
      promises.check(
          hook.acknowledged(upstream.id(), Outcome.COMPLETED),
          "I1",
          "%s: success is said, and hook %d has not acknowledged",
          upstream.id(),
          number++);
    }
  }

  /** I9: a hook is called. */
  void called(int hook, SavedResponse response) {
    var before =
        called.putIfAbsent(hook + " " + response.stream() + " " + response.outcome(), response);
    promises.check(
        before == null || before.equals(response),
        "I9",
        "hook %d was called with %s, and now with %s",
        hook,
        before,
        response);
    if (before == null) {
      var upstream = world.upstream(response.stream());
      isTextOf(upstream, response.response().text(), "I9");
      promises.check(
          response.outcome() != Outcome.COMPLETED
              || Answers.isPlain(upstream)
              || upstream.choices() > 1
              || upstream.wasCutOff() // behind an ending, as by a connection that breaks
              || upstream.text().equals(response.response().text()),
          "I1",
          "%s: hook %d was given less than the whole answer",
          response.stream(),
          hook);
      var durable = promises.durable(upstream);
      promises.check(
          durable.answer().size() >= response.events() || !upstream.isThere(),
          "I9",
          "%s: hook %d was given %d events, %d are on the disk",
          response.stream(),
          hook,
          response.events(),
          durable.answer().size());
      promises.check(
          response.outcome() != Outcome.COMPLETED || upstream.saidSuccess(),
          "I16",
          "%s: hook %d was told of a success that the upstream never said",
          response.stream(),
          hook);
    }
  }

  /** What is kept as text is the upstream's, and in its order. */
  void isTextOf(ScriptedUpstream upstream, String text, String invariant) {
    promises.check(
        Answers.isPlain(upstream) || upstream.choices() > 1 || upstream.text().startsWith(text),
        invariant,
        "%s: the text is not what the upstream said: %s",
        upstream.id(),
        text);
  }
}
