package dev.lastword.testing;

import org.jspecify.annotations.Nullable;

/** One machine of a simulated cluster: its clocks, its way to the store, and the process on it. */
final class ClusterNode {
  private final String name;
  private final NodeClock clock;
  private @Nullable NodeProcess process;
  private int lives;
  private boolean cut;

  ClusterNode(String name, NodeClock clock) {
    this.name = name;
    this.clock = clock;
  }

  String name() {
    return name;
  }

  NodeClock clock() {
    return clock;
  }

  /** The process, or null while none runs. */
  @Nullable NodeProcess process() {
    return process;
  }

  void start(ClusterWorld world) {
    process = new NodeProcess(world, this, ++lives);
  }

  void gone() {
    process = null;
  }

  /** From now on it reaches the store, or does not. */
  void cut(boolean isCut) {
    cut = isCut;
  }

  boolean isCut() {
    return cut;
  }

  @Override
  public String toString() {
    return name;
  }
}
