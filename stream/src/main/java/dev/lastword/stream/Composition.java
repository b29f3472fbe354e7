package dev.lastword.stream;

import dev.lastword.journal.Outcome;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One answer that an application writes itself, event by event. Used on its home only.
 *
 * <p>It is complete when the application says so, and by nothing else: silence, a bound and the end
 * of the process are failures, whatever was appended before.
 */
public final class Composition implements Filling {
  private final Stream stream;
  private final StreamOptions options;
  private final Composer composer;
  private final Seal seal;
  private final Producer producer;
  private final Silence silence;
  private Home.@Nullable Timer durationTimer;

  Composition(Stream stream, Streams streams, StreamOptions options, Composer composer, Seal seal) {
    this.stream = stream;
    this.options = options;
    this.composer = composer;
    this.seal = seal;
    this.producer = new Producer(stream, streams, seal, options.pendingBytesMax(), new Tap());
    this.silence = new Silence(stream.home(), streams.time(), this::silentTooLong);
  }

  /** The stream that it fills. */
  public Stream stream() {
    return stream;
  }

  @Override
  public void start() {
    silence.start(options.idle().toMillis());
    durationTimer =
        stream
            .home()
            .schedule(
                options.duration().toMillis(),
                () ->
                    fail(
                        "duration_exceeded",
                        "The response took longer than %s.".formatted(text(options.duration()))));
    seal.whenSettled(this::settled);
    seal.whenSaveIsOver(composer::saveIsOver);
  }

  private void settled(SealState.How how) {
    switch (how) {
      case RELEASED -> composer.ended(stream.view());
      case LOST -> composer.lost();
      case ABANDONED -> {} // whoever opened it was told
    }
  }

  /**
   * Events that readers may see as soon as they are on the disk. They say no ending in the stream's
   * dialect.
   */
  public void append(EncodedEvents events) {
    if (producer.isOver()) {
      return;
    }
    silence.heard();
    producer.append(events);
    if (producer.bytes() > options.responseBytesMax()) {
      fail(
          "response_too_large",
          "The response is larger than %d bytes.".formatted(options.responseBytesMax()));
    }
  }

  /**
   * The answer is whole: it is saved, and then its ending is said.
   *
   * @param ending the last events of the answer; the dialect's terminal event follows where it is
   *     not among them
   * @param terminalSaid whether it is
   * @param kept the journal is the save, also where the stream names a hook
   */
  public void complete(EncodedEvents ending, boolean terminalSaid, boolean kept) {
    if (producer.isOver()) {
      return;
    }
    finish();
    if (kept) {
      seal.keepInJournal();
    }
    var missing = stream.missingTerminal().filter(event -> !terminalSaid);
    var rest =
        missing
            .map(event -> EncodedEvents.of(List.of(event)))
            .map(last -> EncodedEvents.concat(List.of(ending, last)))
            .orElse(ending);
    producer.complete(rest, missing.isPresent());
    composer.over(Outcome.COMPLETED, "");
  }

  /**
   * The answer ends here and is not whole.
   *
   * @param code such as {@code not_sealed}
   * @param message one sentence for a person, without content
   */
  public void fail(String code, String message) {
    end(Outcome.FAILED, code, message);
  }

  /**
   * The answer ends here, with a failure that it has said itself.
   *
   * @param said the event that says it, which is the last
   */
  public void fail(String code, SseEvent said) {
    end(Outcome.FAILED, code, said);
  }

  /**
   * The answer ends here, since whoever wrote it has gone.
   *
   * @param code such as {@code producer_gone}
   * @param message one sentence for a person, without content
   */
  public void interrupt(String code, String message) {
    end(Outcome.INTERRUPTED, code, message);
  }

  /**
   * Its source keeps so much back in memory; what that was before counts no more, and nothing does
   * once the answer's end is decided.
   */
  public void keepsBack(long bytes) {
    producer.keepsBack(bytes);
  }

  /** Runs a task once all that was appended is on the disk, or refused; at once if it is. */
  public void whenDurable(Runnable task) {
    stream.whenSettled(task);
  }

  @Override
  public boolean cancel() {
    return end(Outcome.CANCELLED, "cancelled", "The response was cancelled.");
  }

  @Override
  public void interrupt() {
    end(Outcome.INTERRUPTED, "interrupted", "The server stopped while the response was streaming.");
  }

  @Override
  public void abandon() {
    finish();
    producer.abandon();
  }

  private void silentTooLong() {
    fail("idle", "Nothing was added to the response for %s.".formatted(text(options.idle())));
  }

  private boolean end(Outcome outcome, String reason, String message) {
    return end(outcome, reason, stream.dialect().error(reason, message));
  }

  private boolean end(Outcome outcome, String reason, SseEvent last) {
    if (producer.isOver()) {
      return false;
    }
    finish();
    producer.end(outcome, reason, last);
    composer.over(outcome, reason);
    return true;
  }

  private void finish() {
    silence.stop();
    if (durationTimer != null) {
      durationTimer.cancel();
    }
  }

  private static String text(Duration duration) {
    return duration.toSeconds() + " s";
  }

  /** The application, as what the producer is filled from. */
  private final class Tap implements Producer.Source {
    @Override
    public void pause() {
      silence.pause();
      composer.pause();
    }

    @Override
    public void resume() {
      silence.resume();
      composer.resume();
    }

    @Override
    public void broken() {
      finish();
      composer.over(Outcome.FAILED, "not_written");
    }
  }
}
