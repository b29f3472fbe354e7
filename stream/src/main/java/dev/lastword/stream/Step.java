package dev.lastword.stream;

import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import org.jspecify.annotations.Nullable;

/**
 * One entry on its way: handed to the journal by the stream's home, acknowledged on the journal's
 * writer, settled on the home again.
 */
final class Step implements Journal.Ack {
  private final Stream stream;
  private final Entry entry;
  private final Mailbox mailbox;
  private final StreamsListener listener;
  private final Then then;
  private final long epoch;
  private long position;
  private Journal.@Nullable Refusal refusal;

  Step(
      Stream stream,
      Entry entry,
      long epoch,
      Mailbox mailbox,
      StreamsListener listener,
      Then then) {
    this.stream = stream;
    this.entry = entry;
    this.epoch = epoch;
    this.mailbox = mailbox;
    this.listener = listener;
    this.then = then;
  }

  Stream stream() {
    return stream;
  }

  @Override
  public void durable(long position, long epoch, long timeMs) {
    this.position = position;
    mailbox.deliver(this);
  }

  @Override
  public void refused(Journal.Refusal refusal) {
    this.refusal = refusal;
    mailbox.deliver(this);
  }

  /** On the home: applies the entry and goes on; true if readers may see something new. */
  boolean settle() {
    if (refusal != null) {
      then.refused(refusal);
      return false;
    }
    long events = stream.eventCount();
    long bytes = stream.bytes();
    boolean visible = stream.apply(entry, position, epoch);
    if (visible) {
      listener.published((int) (stream.eventCount() - events), (int) (stream.bytes() - bytes));
    }
    then.durable();
    return visible;
  }

  /** What follows an append, on the stream's home. */
  interface Then {
    /** The entry is on disk and applied. */
    void durable();

    /** It was not written. */
    void refused(Journal.Refusal refusal);
  }
}
