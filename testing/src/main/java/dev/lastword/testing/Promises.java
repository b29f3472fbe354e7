package dev.lastword.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.Resume;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Turn;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The delivery contract, as checks. Each looks at what came out of the engine, at the disk, at the
 * archive and at the hooks' stores, never at the engine's own opinion.
 */
final class Promises {
  private final World world;
  private final Map<StreamId, SeenStream> seen = new LinkedHashMap<>();

  /** What each hook was called with, by hook, stream and outcome. */
  private final Map<String, SavedResponse> called = new LinkedHashMap<>();

  Promises(World world) {
    this.world = world;
  }

  SeenStream of(ScriptedUpstream upstream) {
    return seen.computeIfAbsent(upstream.id(), id -> new SeenStream());
  }

  @SuppressWarnings(
      "AnnotateFormatMethod") // the annotation would be a dependency of what users embed
  private void check(boolean holds, String invariant, String what, @Nullable Object... arguments) {
    if (!holds) {
      throw world.broken(invariant, what.formatted(arguments));
    }
  }

  // I0: what was announced exists.

  /** Its id is given out: its creation is on the disk. */
  void announced(ScriptedUpstream upstream) {
    check(durable(upstream).isOpened(), "I0", "%s is announced, not durable", upstream.id());
  }

  /** Somebody looked for what was announced. */
  void isFound(ScriptedUpstream upstream, boolean found) {
    check(found, "I0", "%s was announced, not found", upstream.id());
  }

  /** A new process has come up: nothing that anyone ever saw is gone or changed. */
  void survived(ScriptedUpstream upstream, Optional<Stream> found) {
    isFound(upstream, found.isPresent());
    if (found.isEmpty()) {
      return;
    }
    var stream = found.get();
    upstream.announced(stream);
    var was = of(upstream);
    check(
        stream.view().events() >= was.length(),
        "I2",
        "%s: %d events were seen, %d are left",
        upstream.id(),
        was.length(),
        stream.view().events());
    check(
        was.outcome() == null || stream.outcome() != null,
        "I3",
        "%s was %s and has no outcome now",
        upstream.id(),
        was.outcome());
    told(upstream, stream.view());
    if (was.length() > 0) {
      resumes(upstream, stream, was.epoch(was.length()), was.length());
    }
  }

  // I2, I3, I4, I4p: what readers are given.

  /** A reader was given an event. */
  void saw(ScriptedSubscriber subscriber, long seq, long epoch, byte[] wire) {
    var upstream = subscriber.upstream();
    var was = of(upstream);
    check(
        seq == subscriber.lastSeq() + 1,
        "I4",
        "%s of %s was given event %d after %d",
        subscriber,
        upstream.id(),
        seq,
        subscriber.lastSeq());
    check(
        was.total() < 0 || seq <= was.total(),
        "I3",
        "%s ended with event %d, and %s was given %d",
        upstream.id(),
        was.total(),
        subscriber,
        seq);
    if (seq > was.length()) {
      was.add(wire, epoch);
      isTheUpstreams(upstream, seq, wire);
      isNoEndingTooEarly(upstream, seq);
    } else {
      check(
          Arrays.equals(was.wire(seq), wire),
          "I2",
          "%s: event %d is not what others saw",
          upstream.id(),
          seq);
      check(
          was.epoch(seq) == epoch,
          "I4p",
          "%s: event %d had the ID %d-%d and has %d-%d",
          upstream.id(),
          seq,
          was.epoch(seq),
          seq,
          epoch,
          seq);
    }
  }

  /** The events of the upstream in its order, then at most one of ours, which is the last. */
  private void isTheUpstreams(ScriptedUpstream upstream, long seq, byte[] wire) {
    var was = of(upstream);
    if (seq > 1) {
      check(
          isScripted(upstream, seq - 1, was.wire(seq - 1)),
          "I3",
          "%s: event %d comes after our terminal event",
          upstream.id(),
          seq);
    }
    boolean said = seq <= upstream.said() && isScripted(upstream, seq, wire);
    check(
        said || isOurs(upstream, wire),
        "I2",
        "%s: event %d is neither what the upstream said nor a terminal event of ours: %s",
        upstream.id(),
        seq,
        new String(wire, UTF_8));
  }

  private static boolean isScripted(ScriptedUpstream upstream, long seq, byte[] wire) {
    var script = upstream.script();
    return seq <= script.size() && Arrays.equals(script.get((int) seq - 1).wire(), wire);
  }

  private static boolean isOurs(ScriptedUpstream upstream, byte[] wire) {
    var text = new String(wire, UTF_8);
    return text.contains("\"error\"")
        || (upstream.dialect().missingTerminal().isPresent() && text.equals("data: [DONE]\n\n"));
  }

  /** A reader comes back with what it saw last. */
  Resume resumes(ScriptedSubscriber subscriber, Stream stream, long epoch, long seq) {
    return resumes(subscriber.upstream(), stream, epoch, seq);
  }

  private Resume resumes(ScriptedUpstream upstream, Stream stream, long epoch, long seq) {
    var resume = stream.resume(epoch, seq);
    world.count("resume: " + resume.getClass().getSimpleName());
    boolean atEnd = stream.outcome() != null && stream.view().events() == seq;
    check(
        atEnd ? resume instanceof Resume.AtEnd : resume.equals(new Resume.After(seq)),
        "I4",
        "%s: %d-%d was seen, and a resume gives %s",
        upstream.id(),
        epoch,
        seq,
        resume);
    for (long[] id :
        new long[][] {{epoch + 7, seq}, {epoch, 0}, {epoch, stream.view().events() + 1}}) {
      check(
          stream.resume(id[0], id[1]) instanceof Resume.Unknown,
          "I4",
          "%s: a resume after %d-%d, which never was, is not refused",
          upstream.id(),
          id[0],
          id[1]);
    }
    return resume;
  }

  /** A reader was told that there is nothing more to come. */
  void sawEnd(ScriptedSubscriber subscriber, Stream stream) {
    var upstream = subscriber.upstream();
    var view = stream.view();
    check(view.outcome() != null, "I3", "%s ended without an outcome", upstream.id());
    check(
        subscriber.lastSeq() == view.events(),
        "I4",
        "%s was told the end of %s after event %d of %d",
        subscriber,
        upstream.id(),
        subscriber.lastSeq(),
        view.events());
    told(upstream, view);
  }

  /** A reader was given a notice. */
  void noticed(String code) {
    world.count("notice: " + code);
    check(
        !code.equals("read_failed") || !world.isReadable(),
        "I4",
        "a reader could not read on, though disk and archive are well");
  }

  // I3: one outcome for ever.

  /** Somebody was told how a stream stands. */
  void told(ScriptedUpstream upstream, StreamView view) {
    var was = of(upstream);
    var outcome = view.outcome();
    if (outcome == null) {
      return;
    }
    if (was.outcome() == null) {
      was.ended(outcome, view.reason(), view.events());
      world.count((outcome.word() + " " + view.reason()).strip());
      check(
          was.length() <= view.events(),
          "I3",
          "%s ends with event %d, and %d were seen",
          upstream.id(),
          view.events(),
          was.length());
      if (outcome == Outcome.COMPLETED) {
        isDurableAndSaved(upstream);
      }
      isDeserved(upstream);
      return;
    }
    check(
        was.outcome() == outcome
            && was.reason().equals(view.reason())
            && was.total() == view.events(),
        "I3",
        "%s was %s (%s) with %d events and is %s (%s) with %d",
        upstream.id(),
        was.outcome(),
        was.reason(),
        was.total(),
        outcome,
        view.reason(),
        view.events());
  }

  // I1: success is said after the save.

  private void isNoEndingTooEarly(ScriptedUpstream upstream, long seq) {
    var was = of(upstream);
    int ending = upstream.endingAt();
    boolean ours = !isScripted(upstream, seq, was.wire(seq));
    boolean soundsFinal =
        ours
            ? !new String(was.wire(seq), UTF_8).contains("\"error\"")
            : ending >= 0 && seq > ending;
    if (soundsFinal && !was.endingSeen) {
      was.endingSeen = true;
      isDurableAndSaved(upstream);
    }
  }

  private void isDurableAndSaved(ScriptedUpstream upstream) {
    var was = of(upstream);
    var durable = durable(upstream);
    check(
        durable.outcome() == Outcome.COMPLETED,
        "I1",
        "%s: success is said, and the disk says %s",
        upstream.id(),
        durable.outcome());
    var answer = durable.answer();
    check(
        answer.size() >= was.length(),
        "I1",
        "%s: success is said with %d of %d events on the disk",
        upstream.id(),
        answer.size(),
        was.length());
    check(
        answer.size() > upstream.endingAt(),
        "I1",
        "%s: success is said, and the ending is not on the disk",
        upstream.id());
    if (world.setup().options().saving().failOpen()) {
      return;
    }
    int number = 0;
    for (var hook : world.hooks()) {
      check(
          hook.acknowledged(upstream.id(), Outcome.COMPLETED),
          "I1",
          "%s: success is said, and hook %d has not acknowledged",
          upstream.id(),
          number++);
    }
  }

  // I9: the hooks' side.

  /** A hook is called. */
  void called(int hook, SavedResponse response) {
    var before =
        called.putIfAbsent(hook + " " + response.stream() + " " + response.outcome(), response);
    check(
        before == null || before.equals(response),
        "I9",
        "hook %d was called with %s, and now with %s",
        hook,
        before,
        response);
    if (before == null) {
      var upstream = world.upstream(response.stream());
      isTextOf(upstream, response.response().text(), "I9");
      check(
          response.outcome() != Outcome.COMPLETED
              || Answers.isPlain(upstream)
              || upstream.choices() > 1
              || upstream.text().equals(response.response().text()),
          "I1",
          "%s: hook %d was given less than the whole answer",
          response.stream(),
          hook);
      var durable = durable(upstream);
      check(
          durable.answer().size() >= response.events(),
          "I9",
          "%s: hook %d was given %d events, %d are on the disk",
          response.stream(),
          hook,
          response.events(),
          durable.answer().size());
      check(
          response.outcome() != Outcome.COMPLETED || upstream.saidSuccess(),
          "I16",
          "%s: hook %d was told of a success that the upstream never said",
          response.stream(),
          hook);
    }
  }

  // Whoever looks for an answer finds it, and finds no other.

  /** The turns of a conversation, as somebody was told who asked when these were announced. */
  void listed(Collection<ScriptedUpstream> announced, List<Turn> turns) {
    for (var upstream : announced) {
      var turn =
          turns.stream().filter(each -> each.stream().id().equals(upstream.id())).findFirst();
      check(turn.isPresent(), "I0", "%s is missing in its conversation", upstream.id());
      told(upstream, turn.orElseThrow().stream());
      isTextOf(upstream, turn.orElseThrow().text(), "I16");
    }
    for (int i = 1; i < turns.size(); i++) {
      check(
          turns.get(i - 1).stream().createdMs() <= turns.get(i).stream().createdMs(),
          "I0",
          "a conversation is out of order");
    }
  }

  /** What is kept as text is the upstream's, and in its order. */
  private void isTextOf(ScriptedUpstream upstream, String text, String invariant) {
    check(
        Answers.isPlain(upstream) || upstream.choices() > 1 || upstream.text().startsWith(text),
        invariant,
        "%s: the text is not what the upstream said: %s",
        upstream.id(),
        text);
  }

  // I16: no false success.

  private void isDeserved(ScriptedUpstream upstream) {
    var was = of(upstream);
    check(
        was.outcome() != Outcome.COMPLETED || upstream.saidSuccess(),
        "I16",
        "%s is completed, and the upstream never said so",
        upstream.id());
  }

  // I8: cancel.

  /** A cancel was answered. */
  void cancelled(ScriptedUpstream upstream, CancelResult result) {
    switch (result) {
      case CancelResult.Cancelled(StreamView view) -> {
        check(
            view.outcome() == Outcome.CANCELLED,
            "I8",
            "%s: cancelled, and it is %s",
            upstream.id(),
            view.outcome());
        told(upstream, view);
      }
      case CancelResult.Ended(StreamView view) -> {
        check(
            view.outcome() != Outcome.CANCELLED,
            "I8",
            "%s: a cancel lost against a cancel",
            upstream.id());
        of(upstream).cancelLost = true;
        told(upstream, view);
      }
      case CancelResult.Unknown unknown ->
          check(!upstream.isAnnounced(), "I8", "%s: a cancel does not find it", upstream.id());
    }
  }

  // After every step.

  void afterStep() {
    world.loops().forEach(this::isNotQueuedOn);
    for (var upstream : world.upstreams()) {
      check(upstream.aborts() <= 1, "I8", "%s: its upstream was aborted twice", upstream.id());
      var stream = upstream.stream();
      if (stream != null && stream.outcome() != null && of(upstream).outcome() == null) {
        told(upstream, stream.view());
      }
    }
  }

  /**
   * I10: one task for each stream, and one for each block on its way, however long a loop hangs.
   */
  private void isNotQueuedOn(Lane loop) {
    check(
        !loop.isStalled() || loop.size() <= 8 * world.subscribers().size() + 32,
        "I10",
        "%d tasks wait for a loop that hangs",
        loop.size());
  }

  // When all faults are over and time has passed.

  /** Everything that a stream must have come to once the faults are over. */
  void atRest(ScriptedUpstream upstream) {
    var was = of(upstream);
    var id = upstream.id();
    var outcome = was.outcome();
    if (outcome == null) {
      throw world.broken("I6", id + " has no outcome");
    }
    check(
        !was.cancelLost || outcome != Outcome.CANCELLED,
        "I8",
        "%s: a cancel was told that it lost, and the stream is cancelled",
        id);
    isWhatTheScriptSays(upstream);
    int number = 0;
    for (var hook : world.hooks()) {
      check(
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

  /**
   * I5 and I16: where nobody cancelled and nothing broke, the record is what the script says,
   * whatever the readers did.
   */
  private void isWhatTheScriptSays(ScriptedUpstream upstream) {
    var was = of(upstream);
    if (was.outcome() != Outcome.COMPLETED) {
      int ending = upstream.endingAt();
      check(
          ending < 0
              || was.length() <= ending
              || !isScripted(upstream, ending + 1, was.wire(ending + 1)),
          "I16",
          "%s is %s, and its success was shown",
          upstream.id(),
          was.outcome());
    }
    if (upstream.isDisturbed() || was.reason().equals("save_rejected")) {
      return;
    }
    var expected = expected(upstream);
    check(
        expected.equals(was.reason()) || isTimeLimit(upstream, was.reason()),
        "I16",
        "%s: the script ends \"%s\", the stream \"%s\" (%s)",
        upstream.id(),
        expected,
        was.reason(),
        was.outcome());
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

  private DurableRecord durable(ScriptedUpstream upstream) {
    return world.durable(upstream.id());
  }
}
