package dev.lastword.stream;

import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.Sign;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.EventParser;
import dev.lastword.sse.EventTooLargeException;
import dev.lastword.sse.Framing;
import dev.lastword.sse.SseEvent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One upstream response, from its first byte to the seal, watched or not. Used on its home only; no
 * subscriber can reach it.
 *
 * <p>Events go into the journal as they come. From an ending event on they are withheld, in the
 * journal too, and the upstream is read on: until its terminal event, the end of its body, or its
 * silence, and then the {@link Seal} takes over. An answer that goes on withdraws the ending: what
 * was withheld is part of it like anything else.
 *
 * <p>Where no save hook has to be asked, readers are told the ending once the tail has passed in
 * which usage and the terminal event usually come, though the upstream is still listened to.
 */
public final class Generation implements Filling {
  private final Stream stream;
  private final Streams streams;
  private final StreamOptions options;
  private final Home home;
  private final Upstream upstream;
  private final EndingDetector detector;
  private final Framing framing;
  private final EventParser parser;
  private final Seal seal;
  private final Producer producer;
  private final Silence silence;
  private final Silence tail;

  private final Gathered arrived = new Gathered();
  private final Gathered withheld = new Gathered();

  /** What came after the terminal event: late, unless the answer goes on. */
  private final Gathered beyond = new Gathered();

  private final Gathered late = new Gathered();

  /** Whether the dialect is known, by the request or by events. */
  private boolean settled;

  /** An ending was seen, and nothing of the answer since. */
  private boolean holding;

  /**
   * The ending took the place of another: an upstream that says it again and again says nothing.
   */
  private boolean doubtful;

  /** Some of what is withheld is in the journal already. */
  private boolean withheldBefore;

  /** Readers were told the ending. */
  private boolean told;

  private boolean terminalSeen;
  private boolean deaf;
  private long received;
  private Home.@Nullable Timer durationTimer;
  private Home.@Nullable Timer lastTimer;

  Generation(
      Stream stream,
      Streams streams,
      StreamOptions options,
      StreamRequest request,
      Upstream upstream,
      Seal seal) {
    this.stream = stream;
    this.streams = streams;
    this.options = options;
    this.home = stream.home();
    this.upstream = upstream;
    this.detector = request.dialect().detector(request.facts());
    this.settled = stream.dialect().equals(stream.dialect().settled());
    this.framing = request.framing();
    this.parser = framing.parser(options.eventBytesMax(), this::observe);
    this.seal = seal;
    this.producer = new Producer(stream, streams, seal, options.pendingBytesMax(), new Tap());
    this.silence = new Silence(home, streams.time(), this::silentTooLong);
    this.tail = new Silence(home, streams.time(), this::tailIsOver);
    seal.bodyIsRead();
  }

  /** The stream that it fills. */
  public Stream stream() {
    return stream;
  }

  /** Whether its end is decided: what the upstream sends from now on is late. */
  public boolean isOver() {
    return producer.isOver();
  }

  @Override
  public void start() {
    silence.start(options.idle().toMillis());
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
    silence.heard();
    received += bytes.remaining();
    try {
      parser.feed(bytes);
    } catch (EventTooLargeException e) {
      flush();
      failOf(e);
      return;
    }
    flush();
    if (Math.max(received, producer.bytes()) > options.responseBytesMax()) {
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
    if (clean && !deaf && !isOver()) {
      unfinished();
    }
    cancel(lastTimer);
    deaf = true;
    seal.bodyIsOver();
    if (isOver()) {
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

  /** What the body has left without the end of its line, or of its event. */
  private void unfinished() {
    try {
      parser.unfinished().ifPresent(this::last);
      flush();
    } catch (EventTooLargeException e) {
      flush();
      failOf(e);
    }
  }

  private void failOf(EventTooLargeException cause) {
    fail(
        "event_too_large",
        "The upstream sent an event larger than %d bytes.".formatted(cause.bytesMax()));
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

  @Override
  public boolean cancel() {
    if (isOver()) {
      return false;
    }
    if (told) {
      complete();
      letGo();
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

  @Override
  public void interrupt() {
    end(Outcome.INTERRUPTED, "interrupted", "The server stopped while the response was streaming.");
    letGo();
  }

  /** The stream was refused: there is nothing to fill. The upstream is the opener's to let go. */
  @Override
  public void abandon() {
    finish();
    producer.abandon();
    deaf = true;
  }

  private void observe(SseEvent event) {
    if (isOver()) {
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
      case TAIL -> {
        if (!isHidden(event)) {
          (terminalSeen ? beyond : holding ? withheld : arrived).add(event);
        }
      }
      case TERMINAL -> terminal(event);
      case ERROR -> failed(event);
    }
  }

  /** Usage that its client did not ask for is written down, and not shown. */
  private boolean isHidden(SseEvent event) {
    boolean hidden =
        stream.attributes().containsKey(Attributes.USAGE_ASKED)
            && HiddenUsage.of(event).isPresent();
    if (hidden) {
      producer.late(EncodedEvents.of(List.of(event)));
    }
    return hidden;
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
    if (!inDoubt) { // where the ending says nothing, silence is that of any upstream
      tail.start(options.tail().toMillis());
      silence.start(options.endingSilence().toMillis());
    }
  }

  /** The answer goes on: what was withheld is no ending. */
  private void withdraw() {
    if (!holding) {
      return;
    }
    holding = false;
    told = false;
    terminalSeen = false;
    tail.stop();
    silence.start(options.idle().toMillis());
    if (withheldBefore) {
      withheldBefore = false;
      producer.show(false);
    }
    arrived.addAll(withheld);
    arrived.addAll(beyond);
  }

  private void terminal(SseEvent event) {
    if (terminalSeen) {
      beyond.add(event);
      return;
    }
    withhold(event, false);
    terminalSeen = true;
    if (!stream.dialect().clientsReadOn()) {
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
      complete();
    } else {
      withdraw();
      flushArrived();
      end(Outcome.FAILED, "upstream_error", error);
    }
    readOn();
  }

  /** The response is over; its body may go on for a while, and then the upstream is let go. */
  private void readOn() {
    lastTimer = home.schedule(options.tail().toMillis(), this::letGo);
  }

  /** Hands what one read has brought to the journal. */
  private void flush() {
    late.take(producer::late);
    if (isOver()) {
      return;
    }
    flushArrived();
    if (!withheld.isEmpty() && !doubtful) { // a restart takes what it finds withheld for an ending
      withheldBefore = true;
      withheld.take(producer::withhold);
    }
    producer.keepsBack(withheld.bytes() + beyond.bytes());
  }

  private void flushArrived() {
    arrived.take(producer::append);
  }

  private void complete() {
    flushArrived();
    finish();
    var missing = stream.missingTerminal();
    boolean terminalMissing = !terminalSeen && missing.isPresent();
    if (terminalMissing) {
      missing.ifPresent(withheld::add);
    }
    var rest = withheld.takeLast(producer::withhold);
    late.addAll(beyond);
    producer.complete(rest, terminalMissing);
    flush();
  }

  /** The response cannot go on; if it was answered it is complete all the same. */
  private void end(Outcome outcome, String code, String message) {
    if (isOver()) {
      return;
    }
    if (isAnswered()) {
      complete();
    } else {
      withdraw();
      flushArrived();
      end(outcome, code, error(code, message));
    }
  }

  private SseEvent error(String code, String message) {
    return stream.dialect().error(code, message);
  }

  private void letGo() {
    cancel(lastTimer);
    if (!deaf) {
      deaf = true;
      upstream.abort();
      seal.bodyIsOver();
    }
  }

  private void end(Outcome outcome, String reason, SseEvent terminal) {
    finish();
    producer.end(outcome, reason, terminal);
  }

  private void finish() {
    silence.stop();
    tail.stop();
    cancel(durationTimer);
    cancel(lastTimer);
  }

  private static void cancel(Home.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  /**
   * What usually follows an ending has had its time. All of the answer that there is stands in the
   * journal: where that is the save, readers may know.
   */
  private void tailIsOver() {
    if (!isOver()
        && isAnswered()
        && withheldBefore
        && !streams.saver().isNeeded(stream.attributes())) {
      withheldBefore = false;
      told = true;
      producer.show(true);
    }
  }

  /** An answer whose ending event was seen is complete, though the upstream says no more. */
  private void silentTooLong() {
    if (isOver()) {
      return;
    }
    if (isAnswered()) {
      complete();
      letGo();
    } else {
      fail("upstream_idle", "The upstream was silent for %s.".formatted(text(options.idle())));
    }
  }

  private static String text(Duration duration) {
    return duration.toSeconds() + " s";
  }

  /** The upstream, as what the producer is filled from. */
  private final class Tap implements Producer.Source {
    @Override
    public void pause() {
      silence.pause();
      tail.pause();
      upstream.pause();
    }

    @Override
    public void resume() {
      silence.resume();
      tail.resume();
      if (!deaf) {
        upstream.resume();
      }
    }

    @Override
    public void broken() {
      finish();
      letGo();
    }
  }
}
