package dev.lastword.journal;

/** A journal that does what another does, but for what a class below it says. */
public class ForwardingJournal implements Journal {
  /** The other. */
  protected final Journal inner;

  /** A journal before another. */
  protected ForwardingJournal(Journal inner) {
    this.inner = inner;
  }

  @Override
  public JournalId id() {
    return inner.id();
  }

  @Override
  public Durability durability() {
    return inner.durability();
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
  public boolean isOutOfRoom() {
    return inner.isOutOfRoom();
  }

  @Override
  public void close() {
    inner.close();
  }
}
