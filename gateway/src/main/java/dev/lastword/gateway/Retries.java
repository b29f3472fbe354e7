package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.Owner;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Requests without a key that an SDK sends again by itself: OpenAI's, Anthropic's and their kin
 * count in {@code x-stainless-retry-count}. One that was refused is asked anew; one whose
 * connection broke has an answer, or will have.
 *
 * <p>Only in memory: after a restart an answer that nobody was told of is over, and is asked for
 * anew. Thread-safe; whoever waits is told on any thread.
 */
final class Retries {
  static final String FIELD = "x-stainless-retry-count";

  /** How long after it began an answer is looked for. SDKs wait up to 8 s, and ask twice. */
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** Requests that are remembered; beyond that the oldest are forgotten. */
  private static final int REQUESTS_MAX = 10_000;

  private final LongSupplier nanoTime;
  private final Map<Same, Asked> requests = new LinkedHashMap<>();

  /** By what a request is known again. */
  record Same(Owner owner, RequestFingerprint fingerprint) {}

  /** An answer that began, with the head that its client was told. */
  record Begun(StreamId id, KeptHead head) {}

  Retries(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Whether a request may be sent again, or has been. */
  static boolean isCounted(RequestHead request) {
    return request.is(HttpMethod.POST) && request.headers().contains(FIELD);
  }

  /** Whether a request is sent again. */
  static boolean isRetry(RequestHead request) {
    var count = request.headers().get(FIELD, "0").strip();
    return !count.isEmpty() && !count.equals("0");
  }

  /** All that was asked in the same words lately. */
  private static final class Asked {
    private final List<Consumer<Optional<Begun>>> waiting = new ArrayList<>();
    private long sinceNanos;
    private int pending;
    private int refused;
    private @Nullable Begun begun;
  }

  /** A request is relayed. */
  void asked(Same same) {
    synchronized (requests) {
      var asked = requests.remove(same);
      asked = asked == null || isOver(asked) ? new Asked() : asked;
      asked.pending++;
      asked.sinceNanos = nanoTime.getAsLong();
      requests.put(same, asked);
      var oldest = requests.values().iterator();
      while (oldest.hasNext() && isOver(oldest.next())) {
        oldest.remove();
      }
    }
  }

  /** Nothing that somebody waits for is forgotten. */
  private boolean isOver(Asked asked) {
    return asked.pending == 0
        && (requests.size() > REQUESTS_MAX
            || nanoTime.getAsLong() - asked.sinceNanos > WINDOW_NANOS);
  }

  /** The answer to a request has begun. */
  void began(Same same, Begun begun) {
    tell(
        same,
        Optional.of(begun),
        asked -> {
          asked.begun = begun;
          asked.sinceNanos = nanoTime.getAsLong();
        });
  }

  /**
   * No stream comes of a request.
   *
   * @param refused its client was told so: it will ask anew
   */
  void failed(Same same, boolean refused) {
    tell(same, Optional.empty(), asked -> asked.refused += refused ? 1 : 0);
  }

  /** Whoever waits wants to know of a request that was pending, and of none before. */
  private void tell(Same same, Optional<Begun> begun, Consumer<Asked> change) {
    var told = new ArrayList<Consumer<Optional<Begun>>>();
    synchronized (requests) {
      var asked = requests.get(same);
      if (asked == null) {
        return;
      }
      asked.pending--;
      change.accept(asked);
      if (begun.isPresent() || asked.pending == 0) {
        told.addAll(asked.waiting);
        asked.waiting.clear();
      }
    }
    told.forEach(each -> each.accept(begun));
  }

  /**
   * Asks for the answer to a request that is sent again.
   *
   * @param told once it has begun, or empty where none does
   */
  void find(Same same, Consumer<Optional<Begun>> told) {
    Optional<Begun> begun = Optional.empty();
    synchronized (requests) {
      var asked = requests.get(same);
      if (asked != null && asked.refused > 0) {
        asked.refused--;
      } else if (asked != null && asked.pending > 0) { // an earlier answer is not its own
        asked.waiting.add(told);
        return;
      } else if (asked != null && !isOver(asked)) {
        begun = Optional.ofNullable(asked.begun);
      }
    }
    told.accept(begun);
  }
}
