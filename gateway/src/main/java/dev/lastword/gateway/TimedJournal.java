package dev.lastword.gateway;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.ForwardingJournal;
import dev.lastword.journal.Journal;

/** A journal whose appends are timed. */
final class TimedJournal extends ForwardingJournal {
  private final GatewayMetrics metrics;

  TimedJournal(Journal journal, GatewayMetrics metrics) {
    super(journal);
    this.metrics = metrics;
  }

  @Override
  public void append(Entry entry, FencingToken fence, Ack ack) {
    inner.append(entry, fence, new TimedAck(ack, metrics, System.nanoTime()));
  }

  /** An acknowledgement that notes how long it took to come. */
  private record TimedAck(Ack ack, GatewayMetrics metrics, long appendedNanos) implements Ack {
    @Override
    public void durable(long position, long epoch, long timeMs) {
      metrics.flushed(System.nanoTime() - appendedNanos);
      ack.durable(position, epoch, timeMs);
    }

    @Override
    public void refused(Refusal refusal) {
      ack.refused(refusal);
    }
  }
}
