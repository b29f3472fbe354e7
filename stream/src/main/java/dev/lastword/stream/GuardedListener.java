package dev.lastword.stream;

import dev.lastword.journal.Outcome;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A listener whose exceptions end here: metrics cannot stop a stream. */
final class GuardedListener implements StreamsListener {
  private static final Logger log = LoggerFactory.getLogger(GuardedListener.class);

  private final StreamsListener listener;

  GuardedListener(StreamsListener listener) {
    this.listener = listener;
  }

  @Override
  public void opened() {
    tell(listener::opened);
  }

  @Override
  public void published(int events, int bytes) {
    tell(() -> listener.published(events, bytes));
  }

  @Override
  public void released(Outcome outcome, long sealNanos) {
    tell(() -> listener.released(outcome, sealNanos));
  }

  @Override
  public void saved(String hook, long nanos) {
    tell(() -> listener.saved(hook, nanos));
  }

  @Override
  public void saveFailed(String hook) {
    tell(() -> listener.saveFailed(hook));
  }

  @Override
  public void saveRejected(String hook) {
    tell(() -> listener.saveRejected(hook));
  }

  @Override
  public void releasedUnsaved(SavePolicy policy) {
    tell(() -> listener.releasedUnsaved(policy));
  }

  @Override
  public void archived(int streams) {
    tell(() -> listener.archived(streams));
  }

  private static void tell(Runnable what) {
    try {
      what.run();
    } catch (RuntimeException | Error e) {
      log.error("listener.failed", e);
    }
  }
}
