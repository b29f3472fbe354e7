package dev.lastword.stream;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jctools.queues.MpscUnboundedArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries the journal's acknowledgements to a home: whatever has come since the last run is one
 * task there, and each stream's readers are woken once for all of it.
 */
final class Mailbox implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(Mailbox.class);

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
      settle(step);
    }
    for (var stream : changed) {
      Guard.call("stream", stream.id(), () -> stream.subscribers().wake(home));
    }
    changed.clear();
  }

  /** What goes wrong with one stream is not the others' loss. */
  private void settle(Step step) {
    try {
      if (step.settle()) {
        changed.add(step.stream());
      }
    } catch (RuntimeException | Error e) {
      changed.add(step.stream());
      log.error("stream.failed stream={}", step.stream().id(), e);
    }
  }
}
