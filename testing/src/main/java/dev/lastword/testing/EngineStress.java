package dev.lastword.testing;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Answer;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Resume;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamQuery;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The whole engine with real threads and real files: upstreams, readers, cancels, deletions and
 * questions at random, over many lives of the process. In the end it looks back: what was promised
 * has to be there, and nothing may be left behind.
 *
 * <p>What the {@link World} sees step by step and again from a seed, this sees as it happens to
 * fall: it is for what only threads do to one another.
 */
public final class EngineStress {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int RUNNING_MAX = 60;
  private static final List<StressLife.End> ENDS = List.of(StressLife.End.values());

  /** Timers that the engine itself keeps: of the archiver and of retention. */
  private static final int TIMERS = 2;

  private final Path directory;
  private final Function<Path, Archive> archives;
  private final SplittableRandom random;
  private final StressWitness witness = new StressWitness();
  private final ConcurrentHashMap<StreamId, StressAnswer> answers = new ConcurrentHashMap<>();

  /**
   * @param directory where journal and archive are made; it has to be empty
   * @param archives opens the archive in it, as often as the process begins to live
   * @param seed of what is drawn; the threads take their own course
   */
  public EngineStress(Path directory, Function<Path, Archive> archives, long seed) {
    this.directory = directory;
    this.archives = archives;
    this.random = new SplittableRandom(seed);
  }

  /**
   * Lives again and again for so long, at least three times, and looks back.
   *
   * @return how often what happened
   * @throws AssertionError if a promise did not hold, or something was left behind
   */
  public SortedMap<String, Long> run(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    for (int lives = 0; lives < 3 || System.nanoTime() - end < 0; lives++) {
      live();
    }
    lookBack();
    new Leftovers(directory).check();
    return witness.tally();
  }

  private StressLife begin() {
    return new StressLife(
        directory, archives, witness, id -> Objects.requireNonNull(answers.get(id)));
  }

  // --- a life

  private void live() {
    var life = begin();
    witness.count("lives");
    resume(life);
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(200 + random.nextInt(800));
    while (System.nanoTime() - end < 0 && !witness.isBroken()) {
      if (life.streams().generations() < RUNNING_MAX) {
        var answer = new StressAnswer(StreamId.random(), random.split());
        answers.put(answer.id, answer);
        life.open(answer, random.split());
      }
      befall(life);
      LockSupport.parkNanos(random.nextInt(2_000_000));
    }
    var how = ENDS.get(random.nextInt(ENDS.size()));
    witness.count("end " + how);
    life.end(how);
    answers.values().forEach(StressAnswer::processEnded);
    witness.check();
  }

  /** Those who left come back with the last ID that they saw. */
  private void resume(StressLife life) {
    for (var leaver : witness.leavers()) {
      var answer = leaver.answer();
      life.streams()
          .find(
              Owner.ANONYMOUS,
              answer.id,
              told(
                  "find",
                  found ->
                      found.ifPresent(
                          stream -> {
                            if (leaver.seq() == 0) {
                              life.read(answer, stream, 0, new SplittableRandom(leaver.seq()));
                              return;
                            }
                            switch (stream.resume(leaver.epoch(), leaver.seq())) {
                              case Resume.After(long seq) ->
                                  life.read(answer, stream, seq, new SplittableRandom(seq));
                              case Resume.AtEnd end -> witness.count("resumed at the end");
                              case Resume.Unknown unknown ->
                                  witness.require(
                                      false, "I4 an ID that was seen is not honoured", answer);
                            }
                          })));
    }
  }

  private void befall(StressLife life) {
    var some = new ArrayList<>(answers.values());
    var answer = some.get(some.size() - 1 - random.nextInt(Math.min(some.size(), RUNNING_MAX)));
    switch (random.nextInt(12)) {
      case 0, 1 -> cancel(life, answer);
      case 2 -> delete(life, answer);
      case 3, 4 -> find(life, answer);
      case 5 ->
          life.streams().response(Owner.ANONYMOUS, answer.id, told("response", response -> {}));
      case 6 ->
          life.streams()
              .list(
                  Owner.ANONYMOUS,
                  new StreamQuery(null, null, null, null, null, 10),
                  told("list", streams -> {}));
      case 7 ->
          life.streams()
              .conversation(
                  Owner.ANONYMOUS,
                  answer.id.value().substring(0, 1),
                  10,
                  told("conversation", turns -> {}));
      default -> {}
    }
  }

  private void cancel(StressLife life, StressAnswer answer) {
    life.streams()
        .cancel(
            Owner.ANONYMOUS,
            answer.id,
            told(
                "cancel",
                result -> {
                  switch (result) {
                    case CancelResult.Cancelled(var view) ->
                        witness.require(
                            answer.came(Outcome.CANCELLED), "I8 cancelled after all", answer);
                    case CancelResult.Ended(var view) -> {
                      var outcome = view.outcome();
                      witness.require(
                          outcome == null || answer.came(outcome), "I8 another outcome", answer);
                    }
                    case CancelResult.Unknown unknown -> {}
                  }
                }));
  }

  private void delete(StressLife life, StressAnswer answer) {
    if (answer.isAnnounced() && answer.deletion() == StressAnswer.Deletion.NONE) {
      answer.deletion(StressAnswer.Deletion.ASKED);
      life.streams()
          .delete(
              Owner.ANONYMOUS,
              answer.id,
              told(
                  "delete",
                  result -> {
                    witness.count("delete " + result);
                    answer.deletion(
                        result == DeleteResult.DELETED
                            ? StressAnswer.Deletion.DONE
                            : StressAnswer.Deletion.NONE);
                  }));
    }
  }

  private void find(StressLife life, StressAnswer answer) {
    var before = answer.deletion();
    boolean announced = answer.isAnnounced();
    long seen = answer.seen();
    life.streams()
        .find(
            Owner.ANONYMOUS,
            answer.id,
            told(
                "find",
                found -> {
                  if (before == StressAnswer.Deletion.DONE) {
                    witness.require(found.isEmpty(), "a deleted stream is back", answer);
                  } else if (announced && answer.deletion() == StressAnswer.Deletion.NONE) {
                    witness.require(found.isPresent(), "I0 a stream is not found", answer);
                    found.ifPresent(stream -> survives(stream, seen, answer));
                  }
                }));
  }

  private void survives(Stream stream, long seen, StressAnswer answer) {
    witness.require(stream.view().events() >= seen, "I2 what was seen is gone", answer);
    var outcome = stream.view().outcome();
    witness.require(outcome == null || answer.came(outcome), "I3 another outcome", answer);
  }

  /** An answer that is looked at; a process that is going away may fail to give it. */
  private <T> Answer<T> told(String what, Consumer<T> then) {
    return new Answer<>() {
      @Override
      public void succeeded(T value) {
        witness.count(what);
        then.accept(value);
      }

      @Override
      public void failed(RuntimeException cause) {
        witness.count(what + " failed");
      }
    };
  }

  // --- looking back

  private void lookBack() {
    var life = begin();
    await("all streams are in the archive", () -> life.streams().unarchived() == 0);
    for (var answer : answers.values()) {
      if (answer.isAnnounced() && answer.deletion() != StressAnswer.Deletion.ASKED) {
        lookAt(life, answer);
      }
    }
    witness.check();
    await("no bytes are held", () -> life.heldBytes() == 0);
    await("no generation has a place", () -> life.streams().generations() == 0);
    await("no timer is left", () -> life.waiting() <= TIMERS);
    life.end(StressLife.End.ORDERLY);
  }

  private void lookAt(StressLife life, StressAnswer answer) {
    var found =
        ask((Answer<Optional<Stream>> to) -> life.streams().find(Owner.ANONYMOUS, answer.id, to));
    if (answer.deletion() == StressAnswer.Deletion.DONE) {
      witness.require(found.isEmpty(), "a deleted stream is back", answer);
      return;
    }
    if (found.isEmpty()) {
      witness.require(false, "I0 a stream is not found", answer);
      return;
    }
    var view = found.get().view();
    var outcome = view.outcome();
    witness.require(outcome != null, "I6 a stream has no outcome", answer);
    survives(found.get(), answer.seen(), answer);
    witness.count("outcome " + (outcome == null ? "none" : outcome.word()));
    if (outcome == Outcome.COMPLETED) {
      witness.require(answer.isAcknowledged(), "I1 completed and not saved", answer);
      witness.require(answer.isWhole(view.events()), "I16 an event is missing", answer);
      var response =
          ask(
              (Answer<Optional<String>> to) ->
                  life.streams().response(Owner.ANONYMOUS, answer.id, to));
      witness.require(
          response.orElse("").contains(answer.text().strip()), "I16 another text", answer);
    }
  }

  private static <T> T ask(Consumer<Answer<T>> question) {
    var told = new CompletableFuture<T>();
    question.accept(
        new Answer<>() {
          @Override
          public void succeeded(T value) {
            told.complete(value);
          }

          @Override
          public void failed(RuntimeException cause) {
            told.completeExceptionally(cause);
          }
        });
    return told.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }

  /** Waits until something holds; an error after a minute. */
  static void await(String what, BooleanSupplier holds) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("I6 within %s: %s".formatted(PATIENCE, what));
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }
}
