package dev.lastword.cluster;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.ForwardingJournal;
import dev.lastword.journal.Journal;

/**
 * A journal that acknowledges nothing once its node's lease is over. What it has written by then is
 * there, and whoever takes over finds it; its epoch keeps it from writing more. This is what keeps
 * a node from going on by itself that cannot reach anybody.
 */
public final class LeasedJournal extends ForwardingJournal {
  private static final Refusal OVER = new Refusal.Closed("the node's lease is over");

  private final Lease lease;

  public LeasedJournal(Journal inner, Lease lease) {
    super(inner);
    this.lease = lease;
  }

  @Override
  public void append(Entry entry, FencingToken token, Ack ack) {
    if (lease.isHeld()) {
      inner.append(entry, token, new LeasedAck(ack, lease));
    } else {
      ack.refused(OVER);
    }
  }

  @Override
  public Health health() {
    return lease.isHeld() ? inner.health() : Health.CLOSED;
  }

  private record LeasedAck(Ack ack, Lease lease) implements Ack {
    @Override
    public void durable(long position, long epoch, long timeMs) {
      if (lease.isHeld()) {
        ack.durable(position, epoch, timeMs);
      } else {
        ack.refused(OVER);
      }
    }

    @Override
    public void refused(Refusal refusal) {
      ack.refused(refusal);
    }
  }
}
