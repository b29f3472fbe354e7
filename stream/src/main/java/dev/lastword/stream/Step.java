package dev.lastword.stream;

import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One entry on its way: handed to the journal by the stream's home, acknowledged on the journal's
 * writer, settled on the home again.
 */
final class Step implements Journal.Ack {
  private final Stream stream;
  private final Entry entry;
  private final Mailbox mailbox;
  private final Streams streams;
  private final Then then;
  private long position;
  private long epoch;
  private long timeMs;
  private Journal.@Nullable Refusal refusal;

  Step(Stream stream, Entry entry, Mailbox mailbox, Streams streams, Then then) {
    this.stream = stream;
    this.entry = entry;
    this.mailbox = mailbox;
    this.streams = streams;
    this.then = then;
  }

  Stream stream() {
    return stream;
  }

  @Override
  public void durable(long position, long epoch, long timeMs) {
    this.position = position;
    this.epoch = epoch;
    this.timeMs = timeMs;
    mailbox.deliver(this);
  }

  @Override
  public void refused(Journal.Refusal refusal) {
    this.refusal = refusal;
    mailbox.deliver(this);
  }

  /** On the home: applies the entry and goes on; true if readers may see something new. */
  boolean settle() {
    stream.appended(entry);
    if (refusal != null) {
      then.refused(refusal);
      stream.tellSettled();
      return false;
    }
    long events = stream.eventCount();
    long bytes = stream.bytes();
    boolean visible = stream.apply(entry, position, epoch, timeMs);
    if (visible) {
      streams
          .listener()
          .published((int) (stream.eventCount() - events), (int) (stream.bytes() - bytes));
      if (stream.history().hasGrown()) {
        streams.hasGrown(stream);
      }
    }
    then.durable();
    stream.tellSettled();
    return visible;
  }

  /** What follows an append, on the stream's home. */
  interface Then {
    /** For entries whose fate changes nothing. */
    Then UNHEEDED = of(() -> {}, refusal -> {});

    /** The entry is on disk and applied. */
    void durable();

    /** It was not written. */
    void refused(Journal.Refusal refusal);

    /** Two continuations as one. */
    static Then of(Runnable durable, Consumer<Journal.Refusal> refused) {
      return new Then() {
        @Override
        public void durable() {
          durable.run();
        }

        @Override
        public void refused(Journal.Refusal refusal) {
          refused.accept(refusal);
        }
      };
    }
  }
}
