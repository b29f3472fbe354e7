package dev.lastword.testing;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveHook;
import dev.lastword.stream.SavedResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A save hook with the store behind it, in another process: what it has stored, it has for ever. It
 * answers as it was told to, call by call, and acknowledges when it was told nothing.
 */
public final class ScriptedHook implements SaveHook {
  private static final long LATE_MS = 700;

  private final Lane lane;
  private final ArrayDeque<Reply> replies = new ArrayDeque<>();
  private final List<SavedResponse> calls = new ArrayList<>();
  private final Map<StreamId, SavedResponse> stored = new LinkedHashMap<>();
  private final Set<Ending> acknowledged = new HashSet<>();
  private final Set<StreamId> rejected = new HashSet<>();
  private final List<CompletableFuture<Void>> hanging = new ArrayList<>();
  private final List<Queued> queued = new ArrayList<>();
  private Supplier<Reply> otherwise = () -> Reply.ACKNOWLEDGE;
  private Consumer<SavedResponse> witness = response -> {};

  private record Queued(Runnable begins, CompletableFuture<Void> answer) {}

  private record Ending(StreamId stream, Outcome outcome) {}

  /** What becomes of one call. */
  public enum Reply {
    /** Stores and says so. */
    ACKNOWLEDGE,
    /** Stores and says so after 700 ms. */
    LATE,
    /** Stores, but the answer never arrives. */
    LOST,
    /** Does not store; the store cannot be reached. */
    FAIL,
    /** Does not store and never will. */
    REJECT,
    /** Does not store and never answers, until {@link ScriptedHook#wakeUp}. */
    HANG,
    /** As HANG, but its turn comes with {@link ScriptedHook#turn} only. */
    QUEUE,
    /** Throws where it is called. */
    THROW
  }

  ScriptedHook(Lane lane) {
    this.lane = lane;
  }

  /** Says what becomes of the next calls. */
  public void next(Reply... next) {
    replies.addAll(List.of(next));
  }

  /** Says what becomes of every call that {@link #next} says nothing of. */
  public void always(Reply reply) {
    otherwise = () -> reply;
  }

  void draw(Supplier<Reply> supplier) {
    otherwise = supplier;
  }

  /** Sees every call, before anything becomes of it. */
  void witness(Consumer<SavedResponse> witness) {
    this.witness = witness;
  }

  /** Acknowledges every call that hangs. */
  public void wakeUp() {
    var waking = List.copyOf(hanging);
    hanging.clear();
    waking.forEach(answer -> answer.complete(null));
  }

  /** It is the turn of every call that waits for it and was not given up. */
  public void turn() {
    var turns = queued.stream().filter(call -> !call.answer().isDone()).toList();
    queued.clear();
    turns.forEach(call -> call.begins().run());
  }

  /** How many calls wait for their turn and were not given up. */
  public long waiting() {
    return queued.stream().filter(call -> !call.answer().isDone()).count();
  }

  /** Every call so far. */
  public List<SavedResponse> calls() {
    return List.copyOf(calls);
  }

  /** What the store has of a stream. */
  public Optional<SavedResponse> stored(StreamId stream) {
    return Optional.ofNullable(stored.get(stream));
  }

  /** Whether it has ever acknowledged a stream that ended so. */
  public boolean acknowledged(StreamId stream, Outcome outcome) {
    return acknowledged.contains(new Ending(stream, outcome));
  }

  boolean hasRejected(StreamId stream) {
    return rejected.contains(stream);
  }

  @Override
  public CompletionStage<Void> save(SavedResponse response) {
    return save(response, () -> {});
  }

  @Override
  public CompletionStage<Void> save(SavedResponse response, Runnable begins) {
    witness.accept(response);
    calls.add(response);
    var reply = replies.isEmpty() ? otherwise.get() : replies.remove();
    var answer = new CompletableFuture<Void>();
    if (reply == Reply.QUEUE) {
      queued.add(new Queued(begins, answer));
    } else {
      begins.run();
    }
    switch (reply) {
      case ACKNOWLEDGE -> acknowledge(response, answer);
      case LATE -> lane.schedule(LATE_MS, () -> acknowledge(response, answer));
      case LOST -> store(response);
      case FAIL -> answer.completeExceptionally(refusal(SaveException.Kind.UNREACHABLE));
      case REJECT -> {
        rejected.add(response.stream());
        answer.completeExceptionally(refusal(SaveException.Kind.REJECTED));
      }
      case HANG, QUEUE -> hanging.add(whenAnswered(response, answer));
      case THROW -> throw new IllegalStateException("scripted");
    }
    return answer;
  }

  /** What hangs is stored when it wakes up; the engine hears of it behind that. */
  private CompletableFuture<Void> whenAnswered(
      SavedResponse response, CompletableFuture<Void> answer) {
    var wake = new CompletableFuture<Void>();
    var unused = wake.thenRun(() -> acknowledge(response, answer));
    return wake;
  }

  private void acknowledge(SavedResponse response, CompletableFuture<Void> answer) {
    store(response);
    acknowledged.add(new Ending(response.stream(), response.outcome()));
    answer.complete(null);
  }

  private void store(SavedResponse response) {
    stored.put(response.stream(), response);
  }

  private static SaveException refusal(SaveException.Kind kind) {
    return new SaveException(kind, "scripted");
  }
}
