package dev.lastword.testing;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseWriter;
import dev.lastword.stream.SavedResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One answer of an upstream in a {@link EngineStress}: what is said, and what everybody has learned
 * of the stream that it became. Thread-safe.
 */
final class StressAnswer {
  private static final int LONG_EVERY = 40;
  private static final List<Ending> ENDINGS = List.of(Ending.values());
  private static final String FINISH =
      "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
  private static final String USAGE = "{\"choices\":[],\"usage\":{\"total_tokens\":3}}";

  /** How the upstream ends. */
  enum Ending {
    WHOLE,
    WITHOUT_DONE,
    TRUNCATED,
    RESET
  }

  /** How far a deletion has come. */
  enum Deletion {
    NONE,
    ASKED,
    DONE
  }

  final StreamId id;
  final Ending ending;
  private final List<String> script = new ArrayList<>();
  private final String text;
  private final AtomicLong seen = new AtomicLong();
  private final AtomicReference<@Nullable String> last = new AtomicReference<>();
  private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();
  private final AtomicReference<@Nullable SavedResponse> saved = new AtomicReference<>();
  private volatile boolean announced;
  private volatile boolean acknowledged;
  private volatile boolean cut;
  private volatile Deletion deletion = Deletion.NONE;

  StressAnswer(StreamId id, SplittableRandom random) {
    this.id = id;
    this.ending = ENDINGS.get(Math.max(0, random.nextInt(8) - 4));
    int pieces = random.nextInt(LONG_EVERY) == 0 ? 3_000 : 1 + random.nextInt(60);
    var content = new StringBuilder();
    for (int i = 0; i < pieces; i++) {
      var piece = id.value().substring(0, 8) + "-" + i + "-" + "x".repeat(random.nextInt(80)) + " ";
      content.append(piece);
      script.add("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}".formatted(piece));
    }
    text = content.toString();
    if (ending == Ending.WHOLE || ending == Ending.WITHOUT_DONE) {
      script.add(FINISH);
      script.add(USAGE);
    }
    if (ending == Ending.WHOLE) {
      script.add("[DONE]");
    }
  }

  /** The body, in the upstream's own bytes. */
  byte[] body() {
    var writer = new SseWriter();
    script.forEach(data -> writer.event(SseEvent.of(data)));
    return writer.toByteArray();
  }

  /** The text of a whole answer. */
  String text() {
    return text;
  }

  /** A process has ended; if nobody knows an outcome it may have ended in the middle of it. */
  void processEnded() {
    cut |= outcome.get() == null;
  }

  /** Whether a completed answer has so many events: all, or all up to its ending if it was cut. */
  boolean isWhole(long events) {
    long upToEnding = script.indexOf(FINISH) + 1L;
    return events == wholeEvents() || (cut && upToEnding > 0 && events >= upToEnding);
  }

  /** Events of a whole answer; the terminal one may be the gateway's. */
  private long wholeEvents() {
    return script.size() + (ending == Ending.WITHOUT_DONE ? 1L : 0L);
  }

  boolean isFirstEnding(String data) {
    return data.equals(FINISH);
  }

  void announced() {
    announced = true;
  }

  boolean isAnnounced() {
    return announced;
  }

  void acknowledged() {
    acknowledged = true;
  }

  boolean isAcknowledged() {
    return acknowledged;
  }

  Deletion deletion() {
    return deletion;
  }

  void deletion(Deletion now) {
    deletion = now;
  }

  /** Most events that anybody has seen. */
  long seen() {
    return seen.get();
  }

  /** Somebody was given an event; what is wrong with it, or {@code ""}. */
  String saw(long seq, String data) {
    seen.accumulateAndGet(seq, Math::max);
    if (seq <= script.size() && data.equals(script.get((int) seq - 1))) {
      return "";
    }
    boolean ours = data.equals("[DONE]") || data.contains("\"error\"");
    if (!ours) {
      return "event %d is not the upstream's".formatted(seq);
    }
    var told = seq + " " + data;
    last.compareAndSet(null, told);
    return told.equals(last.get()) ? "" : "two last events: %s and %s".formatted(last.get(), told);
  }

  /** Somebody was told the outcome; whether it is what everybody was told. */
  boolean came(Outcome told) {
    outcome.compareAndSet(null, told);
    return told == outcome.get();
  }

  /** A save hook was called; whether with the same response as before. */
  boolean called(SavedResponse response) {
    saved.compareAndSet(null, response);
    return response.equals(saved.get());
  }

  @Override
  public String toString() {
    return "%s (%s, %d events, seen %d, deletion %s)"
        .formatted(id, ending, script.size(), seen.get(), deletion);
  }
}
