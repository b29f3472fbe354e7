package dev.lastword.testing;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalId;

/** A journal that does what another does; what it does else is written below it. */
class ForwardingJournal implements Journal {
  final Journal inner;

  ForwardingJournal(Journal inner) {
    this.inner = inner;
  }

  @Override
  public JournalId id() {
    return inner.id();
  }

  @Override
  public long timeMs() {
    return inner.timeMs();
  }

  @Override
  public long oldest() {
    return inner.oldest();
  }

  @Override
  public boolean isTrimmed() {
    return inner.isTrimmed();
  }

  @Override
  public long epoch() {
    return inner.epoch();
  }

  @Override
  public FencingToken fence() {
    return inner.fence();
  }

  @Override
  public void append(Entry entry, FencingToken token, Ack ack) {
    inner.append(entry, token, ack);
  }

  @Override
  public void replay(long from, Visitor visitor) {
    inner.replay(from, visitor);
  }

  @Override
  public Entry read(long position) {
    return inner.read(position);
  }

  @Override
  public int trim(long below) {
    return inner.trim(below);
  }

  @Override
  public long tail() {
    return inner.tail();
  }

  @Override
  public Health health() {
    return inner.health();
  }

  @Override
  public void close() {
    inner.close();
  }
}
