package dev.lastword.stream;

import dev.lastword.testing.Interleavings.Tasks;

/** A home whose tasks run when its thread says so; what is scheduled never comes. */
final class ModelHome implements Home {
  final Tasks tasks = new Tasks();

  @Override
  public boolean isCurrent() {
    return false;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public Timer schedule(long delayMs, Runnable task) {
    return () -> {};
  }
}
