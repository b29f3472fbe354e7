package dev.lastword.gateway;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveHook;
import dev.lastword.stream.SavedResponse;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The save hook that is the application which has written the stream: a call waits until one of its
 * processes has taken the response, saved it, and said so. Who has taken one has it alone for a
 * while; the first to have it is who wrote it, also after a restart of the gateway. Of a response
 * that waits nothing is in memory but what is known of it. Thread-safe.
 */
final class RemoteSaves implements SaveHook {
  /** By which streams name it in the journal; no configured hook can have this name. */
  static final String NAME = "@producer";

  private static final Logger log = LoggerFactory.getLogger(RemoteSaves.class);

  private final long leaseNanos;
  private final LongSupplier nanos;
  private final Waits waits;
  private final GatewayMetrics metrics;
  private final ConcurrentHashMap<StreamId, Waiting> waiting = new ConcurrentHashMap<>();

  /** Streams whose application has said ahead that it need not be asked. */
  private final Set<StreamId> unneeded = ConcurrentHashMap.newKeySet();

  /**
   * A response that waits.
   *
   * @param response without its content
   * @param answer what its call is told
   * @param holder the process that is saving it, {@code ""} for none
   * @param untilNanos how long nobody else may take it
   */
  private record Waiting(
      SavedResponse response, CompletableFuture<Void> answer, String holder, long untilNanos) {
    boolean isFor(String producer, long now) {
      return holder.isEmpty() || holder.equals(producer) || now - untilNanos >= 0;
    }

    /** An id may live again: what is said of the one before says nothing of this one. */
    boolean isOf(Life life) {
      return life.created().isEmpty() || life.created().getAsLong() == response.createdMs();
    }
  }

  /** What becomes of taking a response. */
  sealed interface Taking {
    /**
     * It is the asker's for a while: to be saved, and that to be said.
     *
     * @param response without its content
     */
    record Taken(SavedResponse response) implements Taking {}

    /** Another process of the application has it. */
    record Held(long leftMs) implements Taking {}

    /** It does not wait for its application. */
    record Nothing() implements Taking {}
  }

  /**
   * @param leaseNanos how long a response is its taker's alone
   * @param nanos what time it is
   * @param waits told when a response begins to wait
   */
  RemoteSaves(long leaseNanos, LongSupplier nanos, Waits waits, GatewayMetrics metrics) {
    this.leaseNanos = leaseNanos;
    this.nanos = nanos;
    this.waits = waits;
    this.metrics = metrics;
  }

  @Override
  public boolean isAwaited() {
    return true;
  }

  /**
   * A stream that has or had an id.
   *
   * @param created when it was; empty for whichever there is
   */
  record Life(StreamId id, OptionalLong created) {
    static Life any(StreamId id) {
      return new Life(id, OptionalLong.empty());
    }
  }

  /** How long a response is its taker's alone. */
  long leaseMs() {
    return TimeUnit.NANOSECONDS.toMillis(leaseNanos);
  }

  @Override
  public CompletionStage<Void> save(SavedResponse response) {
    return wait(response, attribute(response, ProducerFields.OF_PRODUCER));
  }

  /** Whoever asks for that may be another process, and who wrote it gone for long. */
  @Override
  public CompletionStage<Void> saveAgain(SavedResponse response, Runnable begins) {
    begins.run();
    return wait(response, "");
  }

  private CompletionStage<Void> wait(SavedResponse response, String holder) {
    var id = response.stream();
    boolean wanted =
        response.outcome() == Outcome.COMPLETED
            || attribute(response, ProducerFields.OF_SAVES).equals(ProducerOrder.Saves.ALL.word());
    if (unneeded.remove(id) || !wanted) {
      return CompletableFuture.completedFuture(null);
    }
    var answer = new CompletableFuture<Void>();
    waiting.put(
        id, new Waiting(response.withoutContent(), answer, holder, nanos.getAsLong() + leaseNanos));
    var _ = answer.whenComplete((_, _) -> forget(id, answer));
    waits.news(id);
    return answer;
  }

  private static String attribute(SavedResponse response, String name) {
    return response.attributes().getOrDefault(name, "");
  }

  @SuppressWarnings("ReferenceEquality") // the call itself
  private void forget(StreamId id, CompletableFuture<Void> answer) {
    waiting.computeIfPresent(id, (_, now) -> now.answer() == answer ? null : now);
  }

  /** Who writes a stream, and is about to seal it, does not want to be asked. */
  void isUnneeded(StreamId id) {
    unneeded.add(id);
  }

  /** The stream has its outcome: nobody will be asked any more who was not. */
  void settled(StreamId id) {
    unneeded.remove(id);
  }

  /** Takes a response, or takes it for longer. */
  Taking take(Life life, String producer) {
    long now = nanos.getAsLong();
    var taken =
        waiting.computeIfPresent(
            life.id(),
            (_, it) ->
                it.isOf(life) && it.isFor(producer, now)
                    ? new Waiting(it.response(), it.answer(), producer, now + leaseNanos)
                    : it);
    if (taken == null || !taken.isOf(life)) {
      return new Taking.Nothing();
    }
    return taken.holder().equals(producer)
        ? new Taking.Taken(taken.response())
        : new Taking.Held(TimeUnit.NANOSECONDS.toMillis(taken.untilNanos() - now));
  }

  /**
   * The application has saved a response, or never will.
   *
   * @param rejection why it never will; empty for saved
   * @return as {@link #take}: taken where it was waited for
   */
  Taking acknowledge(Life life, String producer, Optional<String> rejection) {
    var taking = take(life, producer);
    if (taking instanceof Taking.Taken) {
      var it = waiting.get(life.id());
      if (it != null && it.isOf(life)) {
        rejection.ifPresentOrElse(
            why ->
                it.answer()
                    .completeExceptionally(new SaveException(SaveException.Kind.REJECTED, why)),
            () -> it.answer().complete(null));
      }
    }
    return taking;
  }

  /** The application could not save it now, and will try again. */
  void failed(StreamId id, String why) {
    log.warn("save.failed stream={} hook={} cause=\"{}\"", id, NAME, why);
    metrics.saveFailed(NAME);
  }

  /**
   * What waits for an application and is nobody else's, newest first.
   *
   * @param owner in whose name it is asked
   */
  List<StreamId> of(Owner owner, String application, String producer) {
    long now = nanos.getAsLong();
    return waiting.values().stream()
        .filter(it -> it.isFor(producer, now))
        .map(Waiting::response)
        .filter(it -> attribute(it, ProducerFields.OF_APPLICATION).equals(application))
        .filter(it -> owner.all() || owner.value().equals(attribute(it, Attributes.OWNER)))
        .sorted(Comparator.comparingLong(SavedResponse::createdMs).reversed())
        .map(SavedResponse::stream)
        .toList();
  }
}
