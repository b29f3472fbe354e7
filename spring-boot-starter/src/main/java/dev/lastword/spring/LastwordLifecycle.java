package dev.lastword.spring;

import dev.lastword.library.Lastword;
import org.springframework.context.SmartLifecycle;

/**
 * Closes the application's {@link Lastword} once its web server takes no more requests, and while
 * everything is there that savers need.
 */
final class LastwordLifecycle implements SmartLifecycle {
  /** Stops after the web server, whose phases are 1,024 and 2,048 below the default one. */
  private static final int PHASE = DEFAULT_PHASE - 4_096;

  private final Lastword lastword;
  private volatile boolean running;

  LastwordLifecycle(Lastword lastword) {
    this.lastword = lastword;
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    lastword.close();
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** What is closed is not opened again. */
  @Override
  public boolean isPauseable() {
    return false;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }
}
