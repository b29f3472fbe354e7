package dev.lastword.gateway;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalId;

/** A journal whose appends are timed. */
final class TimedJournal implements Journal {
  private final Journal journal;
  private final GatewayMetrics metrics;

  TimedJournal(Journal journal, GatewayMetrics metrics) {
    this.journal = journal;
    this.metrics = metrics;
  }

  @Override
  public void append(Entry entry, FencingToken fence, Ack ack) {
    journal.append(entry, fence, new TimedAck(ack, metrics, System.nanoTime()));
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

  @Override
  public JournalId id() {
    return journal.id();
  }

  @Override
  public long timeMs() {
    return journal.timeMs();
  }

  @Override
  public long oldest() {
    return journal.oldest();
  }

  @Override
  public boolean isTrimmed() {
    return journal.isTrimmed();
  }

  @Override
  public long epoch() {
    return journal.epoch();
  }

  @Override
  public FencingToken fence() {
    return journal.fence();
  }

  @Override
  public void replay(long from, Visitor visitor) {
    journal.replay(from, visitor);
  }

  @Override
  public Entry read(long position) {
    return journal.read(position);
  }

  @Override
  public int trim(long below) {
    return journal.trim(below);
  }

  @Override
  public long tail() {
    return journal.tail();
  }

  @Override
  public Health health() {
    return journal.health();
  }

  @Override
  public void close() {
    journal.close();
  }
}
