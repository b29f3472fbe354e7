package dev.lastword.stream;

import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.Sign;
import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.EventParser;
import dev.lastword.sse.EventTooLargeException;
import dev.lastword.sse.Framing;
import dev.lastword.sse.SseEvent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One upstream response, from its first byte to the seal, watched or not. Used on its home only; no
 * subscriber can reach it.
 *
 * <p>Events go into the journal as they come. From an ending event on they are held back and the
 * upstream is read on: until its terminal event, the end of its body, or its silence, and then the
 * {@link Seal} takes over. An answer that goes on withdraws the ending: what was held back is part
 * of it like anything else.
 */
public final class Generation {
  private final Stream stream;
  private final Streams streams;
  private final StreamOptions options;
  private final Home home;
  private final Upstream upstream;
  private final EndingDetector detector;
  private final Framing framing;
  private final EventParser parser;
  private final Seal seal;

  private final List<SseEvent> arrived = new ArrayList<>();
  private final List<SseEvent> withheld = new ArrayList<>();

  /** What came after the terminal event: late, unless the answer goes on. */
  private final List<SseEvent> beyond = new ArrayList<>();

  private final List<SseEvent> late = new ArrayList<>();

  /** Whether the dialect is known, by the request or by events. */
  private boolean settled;

  private boolean holding;

  /**
   * The ending took the place of another: an upstream that says it again and again says nothing.
   */
  private boolean doubtful;

  private boolean terminalSeen;
  private boolean over;
  private boolean paused;
  private boolean deaf;
  private long nextSeq = 1;
  private long received;
  private long pendingBytes;
  private long lastByteNanos;
  private Home.@Nullable Timer idleTimer;
  private Home.@Nullable Timer durationTimer;
  private Home.@Nullable Timer tailTimer;

  Generation(Stream stream, Streams streams, StreamRequest request, Upstream upstream, Seal seal) {
    this.stream = stream;
    this.streams = streams;
    this.options = streams.options();
    this.home = stream.home();
    this.upstream = upstream;
    this.detector = request.dialect().detector(request.facts());
    this.settled = stream.dialect().equals(stream.dialect().settled());
    this.framing = request.framing();
    this.parser = framing.parser(options.eventBytesMax(), this::observe);
    this.seal = seal;
    seal.bodyIsRead();
  }

  /** The stream that it fills. */
  public Stream stream() {
    return stream;
  }

  /** Whether its end is decided: what the upstream sends from now on is late. */
  public boolean isOver() {
    return over;
  }

  /** Starts the timers. */
  void start() {
    lastByteNanos = streams.time().nanoTime();
    idleTimer = home.schedule(options.idle().toMillis(), this::checkIdle);
    durationTimer =
        home.schedule(
            options.duration().toMillis(),
            () ->
                fail(
                    "duration_exceeded",
                    "The response took longer than %s.".formatted(text(options.duration()))));
  }

  /**
   * Takes bytes of the upstream's body, however they are cut. What comes after the upstream was let
   * go counts for nothing.
   */
  public void feed(ByteBuffer bytes) {
    if (deaf) {
      bytes.position(bytes.limit());
      return;
    }
    lastByteNanos = streams.time().nanoTime();
    received += bytes.remaining();
    try {
      parser.feed(bytes);
    } catch (EventTooLargeException e) {
      flush();
      fail(
          "event_too_large",
          "The upstream sent an event larger than %d bytes.".formatted(e.bytesMax()));
      return;
    }
    flush();
    if (received > options.responseBytesMax()) {
      fail(
          "response_too_large",
          "The response is larger than %d bytes.".formatted(options.responseBytesMax()));
    }
  }

  /**
   * The upstream's body has ended.
   *
   * @param clean it ended as its framing says: last chunk, content length, end of stream
   */
  public void endOfBody(boolean clean) {
    if (clean && !deaf && !over) {
      parser.unfinished().ifPresent(this::last);
      flush();
    }
    cancel(tailTimer);
    deaf = true;
    seal.bodyIsOver();
    if (over) {
      return;
    }
    if (clean ? holding || detector.endOfBodyCompletes() : isAnswered()) {
      complete();
    } else if (clean) {
      fail("upstream_truncated", "The upstream ended its response before the answer was complete.");
    } else {
      fail(
          "upstream_reset", "The connection to the upstream broke before the answer was complete.");
    }
  }

  /**
   * The response cannot go on. If the ending event was seen the answer is complete all the same.
   *
   * @param code such as {@code upstream_reset}
   * @param message one sentence for a person, without content
   */
  public void fail(String code, String message) {
    end(Outcome.FAILED, code, message);
    letGo();
  }

  /** Its owner stops it; false if its end was decided before. */
  boolean cancel() {
    if (over) {
      return false;
    }
    if (!isAnswered()) {
      withdraw();
      flush();
    }
    end(Outcome.CANCELLED, "cancelled", error("cancelled", "The response was cancelled."));
    letGo();
    return true;
  }

  /** The process goes away. */
  void interrupt() {
    end(Outcome.INTERRUPTED, "interrupted", "The server stopped while the response was streaming.");
    letGo();
  }

  /** The stream was refused: there is nothing to fill. The upstream is the opener's to let go. */
  void abandon() {
    finish();
    deaf = true;
  }

  private void observe(SseEvent event) {
    if (over) {
      late.add(event);
    } else {
      take(event, judge(event));
    }
  }

  /**
   * The body has ended, and behind its last event the blank line is missing. A client leaves such
   * an event out; but if it ends the answer, the answer is whole. A last line is whole without its
   * end.
   */
  private void last(SseEvent event) {
    var sign = judge(event);
    boolean ends = sign == Sign.ENDING || sign == Sign.TERMINAL || sign == Sign.ERROR;
    if (ends || framing == Framing.LINES) {
      take(event, sign);
    }
  }

  private Sign judge(SseEvent event) {
    var sign = detector.observe(event);
    if (!settled) {
      settle();
    }
    return sign;
  }

  private void take(SseEvent event, Sign sign) {
    switch (sign) {
      case CONTENT -> {
        withdraw();
        arrived.add(event);
      }
      case ENDING -> {
        boolean again = holding;
        withdraw();
        withhold(event, again);
      }
      case TAIL -> (terminalSeen ? beyond : holding ? withheld : arrived).add(event);
      case TERMINAL -> terminal(event);
      case ERROR -> failed(event);
    }
  }

  /**
   * Before anything of the event goes on its way: its readers are shown what the dialect allows.
   */
  private void settle() {
    detector
        .settled()
        .ifPresent(
            dialect -> {
              settled = true;
              stream.settle(dialect);
            });
  }

  private void withhold(SseEvent event, boolean inDoubt) {
    holding = true;
    doubtful = inDoubt;
    withheld.add(event);
    cancel(tailTimer);
    checkSilence();
  }

  /** The answer goes on: what was held back is no ending. */
  private void withdraw() {
    if (holding) {
      holding = false;
      terminalSeen = false;
      cancel(tailTimer);
      arrived.addAll(withheld);
      arrived.addAll(beyond);
      withheld.clear();
      beyond.clear();
    }
  }

  private void terminal(SseEvent event) {
    if (terminalSeen) {
      beyond.add(event);
      return;
    }
    withhold(event, false);
    terminalSeen = true;
    if (!stream.dialect().clientsReadOn()) {
      flush();
      complete();
      readOn();
    }
  }

  /** Whether the answer is complete, whatever becomes of the upstream now. */
  private boolean isAnswered() {
    return holding && !doubtful;
  }

  /**
   * The upstream says itself that it has failed. Where the answer is complete that changes nothing
   * any more, and what follows is late.
   */
  private void failed(SseEvent error) {
    if (isAnswered()) {
      late.add(error);
      flush();
      complete();
    } else {
      withdraw();
      flush();
      end(Outcome.FAILED, "upstream_error", error);
    }
    readOn();
  }

  /** The response is over; its body may go on for a while, and then the upstream is let go. */
  private void readOn() {
    tailTimer = home.schedule(options.tail().toMillis(), this::letGo);
  }

  /** Hands what has arrived to the journal, as one entry. */
  private void flush() {
    if (!late.isEmpty()) {
      streams.append(stream, new Entry.Late(stream.id(), EncodedEvents.of(late)), Seal.UNHEEDED);
      late.clear();
    }
    if (arrived.isEmpty()) {
      return;
    }
    var events = EncodedEvents.of(arrived);
    arrived.clear();
    long firstSeq = nextSeq;
    nextSeq += events.count();
    pendingBytes += events.length();
    if (pendingBytes > options.pendingBytesMax() && !paused) {
      paused = true;
      upstream.pause();
    }
    streams.append(stream, new Entry.Appended(stream.id(), firstSeq, events), new Written(events));
  }

  private void complete() {
    finish();
    var missing = stream.dialect().missingTerminal();
    boolean terminalMissing = !terminalSeen && missing.isPresent();
    if (terminalMissing) {
      missing.ifPresent(withheld::add);
    }
    late.addAll(beyond);
    beyond.clear();
    flush();
    seal.complete(nextSeq, EncodedEvents.of(withheld), terminalMissing);
  }

  /** The response cannot go on; if it was answered it is complete all the same. */
  private void end(Outcome outcome, String code, String message) {
    if (over) {
      return;
    }
    if (isAnswered()) {
      complete();
    } else {
      withdraw();
      flush();
      end(outcome, code, error(code, message));
    }
  }

  private SseEvent error(String code, String message) {
    return stream.dialect().error(code, message);
  }

  private void letGo() {
    cancel(tailTimer);
    if (!deaf) {
      deaf = true;
      upstream.abort();
      seal.bodyIsOver();
    }
  }

  private void end(Outcome outcome, String reason, SseEvent terminal) {
    finish();
    seal.end(nextSeq, outcome, reason, terminal);
  }

  private void finish() {
    over = true;
    cancel(idleTimer);
    cancel(durationTimer);
    cancel(tailTimer);
  }

  private static void cancel(Home.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  /** An answer whose ending stands is complete if the upstream says no more. */
  private void checkSilence() {
    if (over || !holding || doubtful) {
      return; // where the ending says nothing, silence is that of any upstream
    }
    long leftMs = options.endingSilence().toMillis() - silentMs();
    if (leftMs <= 0) {
      complete();
      letGo();
    } else {
      tailTimer = home.schedule(leftMs, this::checkSilence);
    }
  }

  /** How long the upstream has been silent; while we do not listen it is not. */
  private long silentMs() {
    return paused ? 0 : (streams.time().nanoTime() - lastByteNanos) / 1_000_000;
  }

  private void checkIdle() {
    if (over) {
      return;
    }
    long leftMs = options.idle().toMillis() - silentMs();
    if (leftMs <= 0) {
      fail("upstream_idle", "The upstream was silent for %s.".formatted(text(options.idle())));
    } else {
      idleTimer = home.schedule(leftMs, this::checkIdle);
    }
  }

  private static String text(Duration duration) {
    return duration.toSeconds() + " s";
  }

  /** What follows the append of some events. */
  private final class Written implements Step.Then {
    private final EncodedEvents events;

    Written(EncodedEvents events) {
      this.events = events;
    }

    @Override
    public void durable() {
      pendingBytes -= events.length();
      if (paused && pendingBytes <= options.pendingBytesMax() / 2) {
        paused = false;
        lastByteNanos = streams.time().nanoTime(); // its silence was ours
        if (!deaf) {
          upstream.resume();
        }
      }
    }

    /**
     * Events of the answer are not on disk, so nothing after them may be shown and the answer
     * cannot be complete, even if its ending is on its way already: the journal refuses in order,
     * and what follows a gap is not applied.
     */
    @Override
    public void refused(Journal.Refusal refusal) {
      finish();
      letGo();
      seal.broken(stream.eventCount() + 1, refusal);
    }
  }
}
