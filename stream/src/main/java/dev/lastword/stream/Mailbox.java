package dev.lastword.stream;

import java.util.ArrayList;
import java.util.List;
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

  /** Whose readers are to be woken, each once. */
  private final List<Stream> changed = new ArrayList<>();

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
      stream.toWake(false);
      Guard.call("stream", stream.id(), () -> stream.subscribers().wake(home));
    }
    changed.clear();
  }

  /** What goes wrong with one stream is not the others' loss. */
  private void settle(Step step) {
    try {
      if (step.settle()) {
        changed(step.stream());
      }
    } catch (RuntimeException | Error e) {
      changed(step.stream());
      log.error("stream.failed stream={}", step.stream().id(), e);
    }
  }

  private void changed(Stream stream) {
    if (stream.toWake(true)) {
      changed.add(stream);
    }
  }
}
