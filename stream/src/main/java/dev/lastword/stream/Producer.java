package dev.lastword.stream;

import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;

/**
 * The one hand that fills a stream: whatever comes, an upstream's response or what an application
 * sends itself, goes into the journal through here. Used on the stream's home only.
 *
 * <p>It never waits: what is not on the disk yet is counted, and beyond a bound the source is asked
 * to pause.
 */
final class Producer {
  private final Stream stream;
  private final Streams streams;
  private final Seal seal;
  private final Source source;
  private final long pendingBytesMax;
  private long nextSeq = 1;
  private long withheld;
  private long pendingBytes;
  private long bytes;
  private long keptBack;
  private boolean paused;
  private boolean over;

  /** Where the events come from. Called on the home. */
  interface Source {
    /** More waits for the disk than the stream may hold: send nothing. */
    void pause();

    /** Go on. */
    void resume();

    /** The journal refused events: the response cannot go on, and its end is decided. */
    void broken();
  }

  Producer(Stream stream, Streams streams, Seal seal, long pendingBytesMax, Source source) {
    this.stream = stream;
    this.streams = streams;
    this.seal = seal;
    this.source = source;
    this.pendingBytesMax = pendingBytesMax;
  }

  /** Whether the stream's end is decided: nothing but what is late is taken any more. */
  boolean isOver() {
    return over;
  }

  /** What it was given so far, with the ids that it came with. */
  long bytes() {
    return bytes;
  }

  /** Events that readers may see as soon as they are on the disk. */
  void append(EncodedEvents events) {
    send(new Entry.Appended(stream.id(), take(events), events), events);
  }

  /** Events that are kept, and that nobody may see yet. */
  void withhold(EncodedEvents events) {
    withheld += events.count();
    send(new Entry.Withheld(stream.id(), take(events), events), events);
  }

  /**
   * What was withheld may be seen.
   *
   * @param ended the answer counts as complete unless more comes
   */
  void show(boolean ended) {
    withheld = 0;
    send(new Entry.Shown(stream.id(), ended), EncodedEvents.NONE);
  }

  /** What comes behind the end. */
  void late(EncodedEvents events) {
    streams.append(stream, new Entry.Late(stream.id(), events), Step.Then.UNHEEDED);
  }

  /**
   * So many bytes its source keeps to itself, until it knows what they are. It is not paused for
   * them: nothing would let it go on.
   */
  void keepsBack(long bytes) {
    long held = over ? 0 : bytes;
    long more = held - keptBack;
    keptBack = held;
    if (more > 0) {
      streams.budget().take(more);
    } else if (more < 0) {
      streams.budget().give(-more);
    }
  }

  private void noMore() {
    over = true;
    keepsBack(0);
  }

  /** The answer is whole. */
  void complete(EncodedEvents rest, boolean terminalMissing) {
    noMore();
    seal.complete(nextSeq, rest, terminalMissing);
  }

  /** The answer ends here and is not whole. */
  void end(Outcome outcome, String reason, SseEvent terminal) {
    noMore();
    seal.end(nextSeq - withheld, outcome, reason, terminal);
  }

  /** Nothing comes of the stream. */
  void abandon() {
    noMore();
  }

  private long take(EncodedEvents events) {
    long firstSeq = nextSeq;
    nextSeq += events.count();
    return firstSeq;
  }

  private void send(Entry entry, EncodedEvents events) {
    int length = events.lengthWithUpstreamIds();
    bytes += length;
    pendingBytes += length;
    streams.budget().take(length);
    if (pendingBytes > pendingBytesMax && !paused) {
      paused = true;
      source.pause();
    }
    streams.append(stream, entry, new Written(length));
  }

  /** What follows the append of some events. */
  private final class Written implements Step.Then {
    private final int bytes;

    Written(int bytes) {
      this.bytes = bytes;
    }

    @Override
    public void durable() {
      acknowledged();
      if (paused && pendingBytes <= pendingBytesMax / 2) {
        paused = false;
        source.resume();
      }
    }

    /**
     * Events of the answer are not on disk, so nothing after them may be shown and the answer
     * cannot be complete, even if its ending is on its way already: the journal refuses in order,
     * and what follows a gap is not applied.
     */
    @Override
    public void refused(Journal.Refusal refusal) {
      acknowledged();
      noMore();
      source.broken();
      seal.broken(refusal);
    }

    private void acknowledged() {
      pendingBytes -= bytes;
      streams.budget().give(bytes);
    }
  }
}
