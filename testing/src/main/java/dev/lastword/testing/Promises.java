package dev.lastword.testing;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Turn;
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
  private final Deployment world;
  private final Map<StreamId, SeenStream> seen = new LinkedHashMap<>();

  final SavePromises saves;
  final ReaderPromises readers;
  final EndPromises ends;
  final ReceiptPromises receipts;

  Promises(Deployment world) {
    this.world = world;
    this.saves = new SavePromises(world, this);
    this.readers = new ReaderPromises(world, this, saves);
    this.ends = new EndPromises(world, this);
    this.receipts = new ReceiptPromises(world, this);
  }

  SeenStream of(ScriptedUpstream upstream) {
    return seen.computeIfAbsent(upstream.id(), id -> new SeenStream());
  }

  /** Throws if a promise does not hold. */
  @SuppressWarnings(
      "AnnotateFormatMethod") // the annotation would be a dependency of what users embed
  void check(boolean holds, String invariant, String what, @Nullable Object... arguments) {
    if (!holds) {
      throw world.broken(invariant, what.formatted(arguments));
    }
  }

  // I0: what was announced exists.

  /** Its id is given out: its creation is on the disk. */
  void announced(ScriptedUpstream upstream) {
    check(durable(upstream).isOpened(), "I0", "%s is announced, not durable", upstream.id());
  }

  /**
   * Somebody looked for what was announced.
   *
   * @param there whether it had to be there when the question was asked
   */
  void isFound(ScriptedUpstream upstream, boolean there, boolean found) {
    check(
        found || !there || !upstream.isThere(), "I0", "%s was announced, not found", upstream.id());
  }

  /** A stream that is deleted stays away, whatever happens to the process. */
  void isGone(ScriptedUpstream upstream, boolean found) {
    check(!found, "deletion", "%s was deleted, and is found", upstream.id());
  }

  /** A deletion was answered. */
  void deleted(ScriptedUpstream upstream) {
    upstream.deleted();
    check(
        !durable(upstream).isOpened(),
        "deletion",
        "%s is deleted, and the disk has it",
        upstream.id());
    check(
        of(upstream).outcome() == null || !world.ledger(upstream.id()).isEmpty(),
        "ledger",
        "%s had its outcome and is deleted, and the ledger does not have it",
        upstream.id());
  }

  /** The streams that a process which starts now finds whole, and has to complete. */
  List<ScriptedUpstream> wholeOnDisk() {
    return world.upstreams().stream()
        .filter(ScriptedUpstream::isThere)
        .filter(upstream -> world.written(upstream.id()).isUndecidedAndWhole())
        .toList();
  }

  /** A process has started and found it whole. */
  void hasToComplete(ScriptedUpstream upstream) {
    of(upstream).wasWhole = true;
  }

  /** A new process has come up: nothing that anyone ever saw is gone or changed. */
  void survived(ScriptedUpstream upstream, Optional<Stream> found) {
    if (upstream.isDeleted()) {
      isGone(upstream, found.isPresent());
      return;
    }
    isFound(upstream, true, found.isPresent());
    if (found.isEmpty()) {
      upstream.deleted();
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
      readers.resumes(upstream, stream, was.epoch(was.length()), was.length());
    }
  }

  // I3: one outcome for ever.

  /** Somebody was told how a stream stands. */
  void told(ScriptedUpstream upstream, StreamView view) {
    var outcome = view.outcome();
    if (outcome == null) {
      return;
    }
    ended(upstream, view, outcome);
    receipts.told(upstream, view); // last, for it signs what the others say
  }

  private void ended(ScriptedUpstream upstream, StreamView view, Outcome outcome) {
    var was = of(upstream);
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
        saves.isDurableAndSaved(upstream);
      }
      check(
          outcome != Outcome.COMPLETED || upstream.saidSuccess(),
          "I16",
          "%s is completed, and the upstream never said so",
          upstream.id());
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

  // Whoever looks for an answer finds it, and finds no other.

  /** The turns of a conversation, as somebody was told who asked when these were announced. */
  void listed(Collection<ScriptedUpstream> announced, List<Turn> turns) {
    for (var upstream : announced) {
      var turn =
          turns.stream().filter(each -> each.stream().id().equals(upstream.id())).findFirst();
      if (turn.isEmpty() && !upstream.isThere()) {
        continue;
      }
      check(turn.isPresent(), "I0", "%s is missing in its conversation", upstream.id());
      told(upstream, turn.orElseThrow().stream());
      saves.isTextOf(upstream, turn.orElseThrow().text(), "I16");
    }
    for (int i = 1; i < turns.size(); i++) {
      check(
          turns.get(i - 1).stream().createdMs() <= turns.get(i).stream().createdMs(),
          "I0",
          "a conversation is out of order");
    }
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
          check(!upstream.isThere(), "I8", "%s: a cancel does not find it", upstream.id());
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

  DurableRecord durable(ScriptedUpstream upstream) {
    return world.durable(upstream.id());
  }
}
