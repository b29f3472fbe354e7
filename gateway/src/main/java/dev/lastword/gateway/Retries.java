package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.Home;
import dev.lastword.stream.Owner;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.HashMap;
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
 * anew. What is kept has a bound in number and in bytes. Thread-safe; whoever waits is told on any
 * thread.
 */
final class Retries {
  static final String FIELD = "x-stainless-retry-count";

  /** How long after it began an answer is looked for. SDKs wait up to 8 s, and ask twice. */
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** Requests that are remembered; beyond that the oldest are forgotten. */
  private static final int REQUESTS_MAX = 10_000;

  /** Bytes of the heads that are remembered; beyond that the oldest are forgotten. */
  private static final long HEAD_BYTES_MAX = 4 << 20;

  /** Counts that are told apart; SDKs ask twice more unless they are told otherwise. */
  private static final int COUNTS_MAX = 16;

  private final LongSupplier nanoTime;

  /** Guards both maps; nothing is called under it. */
  private final Object lock = new Object();

  /** Those that somebody may wait for; as many as calls that run. */
  private final Map<Same, Asked> pending = new HashMap<>();

  /** The others, those that were answered last behind. */
  private final Map<Same, Asked> over = new LinkedHashMap<>();

  /** Of all that is over. */
  private long headBytes;

  /** Somebody will look what may be let go of. */
  private boolean letsGo;

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

  /** How often a request has been sent before, as it says itself; what is no number is once. */
  static int count(RequestHead request) {
    var count = request.headers().get(FIELD, "0").strip();
    if (count.isEmpty()) {
      return 0;
    }
    try {
      return Math.clamp(Long.parseLong(count), 0, COUNTS_MAX);
    } catch (NumberFormatException e) {
      return 1;
    }
  }

  /** All that was asked in the same words lately. */
  private static final class Asked {
    private final List<Consumer<Optional<Begun>>> waiting = new ArrayList<>();
    private long sinceNanos;
    private int pending;

    /** How many were refused of each count: who is refused comes again with the next one. */
    private int @Nullable [] refused;

    private @Nullable Begun begun;

    long headBytes() {
      return begun == null ? 0 : begun.head().length();
    }

    void refuse(int count) {
      if (refused == null) {
        refused = new int[COUNTS_MAX + 1];
      }
      refused[count]++;
    }

    /** Takes the refusal that made a client send its request for this time; false if none did. */
    boolean wasRefusedBefore(int count) {
      if (refused == null || refused[count - 1] == 0) {
        return false;
      }
      refused[count - 1]--;
      return true;
    }
  }

  /** A request is relayed. */
  void asked(Same same) {
    synchronized (lock) {
      var asked = known(same);
      asked = asked == null || isForgotten(asked) ? new Asked() : asked;
      asked.pending++;
      asked.sinceNanos = nanoTime.getAsLong();
      var before = over.remove(same);
      headBytes -= before == null ? 0 : before.headBytes();
      pending.put(same, asked);
      letGo();
    }
  }

  private void letGo() {
    var oldest = over.values().iterator();
    while (oldest.hasNext()) {
      var asked = oldest.next();
      if (!isForgotten(asked)) {
        return;
      }
      headBytes -= asked.headBytes();
      oldest.remove();
    }
  }

  /** Lets go of what is too old, as long as there is something; any number of times. */
  void letGoInTime(Home home) {
    synchronized (lock) {
      letGo();
      if (letsGo || over.isEmpty()) {
        return;
      }
      letsGo = true;
    }
    home.schedule(
        TimeUnit.NANOSECONDS.toMillis(WINDOW_NANOS) + 1,
        () -> {
          synchronized (lock) {
            letsGo = false;
          }
          letGoInTime(home);
        });
  }

  private @Nullable Asked known(Same same) {
    var asked = pending.get(same);
    return asked == null ? over.get(same) : asked;
  }

  /** Nothing that somebody waits for is forgotten. */
  private boolean isForgotten(Asked asked) {
    return asked.pending == 0
        && (over.size() > REQUESTS_MAX
            || headBytes > HEAD_BYTES_MAX
            || nanoTime.getAsLong() - asked.sinceNanos > WINDOW_NANOS);
  }

  /** Requests that are remembered now. */
  int size() {
    synchronized (lock) {
      return pending.size() + over.size();
    }
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

  /** A request was refused, and its client was told so: it will ask anew. */
  void refused(Same same, int count) {
    tell(same, Optional.empty(), asked -> asked.refuse(count));
  }

  /** No stream comes of a request, and its client has no reason to ask anew, or has gone. */
  void failed(Same same) {
    tell(same, Optional.empty(), _ -> {});
  }

  /** Whoever waits wants to know of a request that was pending, and of none before. */
  private void tell(Same same, Optional<Begun> begun, Consumer<Asked> change) {
    var told = new ArrayList<Consumer<Optional<Begun>>>();
    synchronized (lock) {
      var asked = pending.get(same);
      if (asked == null) {
        return;
      }
      asked.pending--;
      change.accept(asked);
      if (asked.pending == 0) {
        pending.remove(same);
        over.put(same, asked);
        headBytes += asked.headBytes();
        letGo();
      }
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
   * @param count how often it has been sent before, at least once
   * @param told once it has begun, or empty where none does
   */
  void find(Same same, int count, Consumer<Optional<Begun>> told) {
    Optional<Begun> begun = Optional.empty();
    synchronized (lock) {
      var asked = known(same);
      if (asked != null && !asked.wasRefusedBefore(count)) {
        if (asked.pending > 0) { // an earlier answer is not its own
          asked.waiting.add(told);
          return;
        }
        begun = isForgotten(asked) ? Optional.empty() : Optional.ofNullable(asked.begun);
      }
    }
    told.accept(begun);
  }
}
