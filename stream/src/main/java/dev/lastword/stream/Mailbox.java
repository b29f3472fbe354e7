package dev.lastword.stream;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jctools.queues.MpscUnboundedArrayQueue;

/**
 * Carries the journal's acknowledgements to a home: whatever has come since the last run is one
 * task there, and each stream's readers are woken once for all of it.
 */
final class Mailbox implements Runnable {
  private final Home home;
  private final MpscUnboundedArrayQueue<Step> queue = new MpscUnboundedArrayQueue<>(256);
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final Set<Stream> changed = new LinkedHashSet<>();

  Mailbox(Home home) {
    this.home = home;
  }

  /** Called by the journal's writer. */
  void deliver(Step step) {
    queue.add(step);
    if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
      home.execute(this);
    }
  }

  @Override
  public void run() {
    scheduled.set(false);
    for (Step step = queue.poll(); step != null; step = queue.poll()) {
      if (step.settle()) {
        changed.add(step.stream());
      }
    }
    for (var stream : changed) {
      stream.subscribers().wake(home);
    }
    changed.clear();
  }
}
