package dev.lastword.model;

/// How far a walk through the model goes.
///
/// @param nodes processes that may have the shard
/// @param events of the answer
/// @param crashes processes that die, or lose their connection
/// @param pauses leases that end while their holder lives
/// @param failovers standbys that are promoted
record Bounds(int nodes, int events, int crashes, int pauses, int failovers) {
  static final Bounds USUAL = new Bounds(2, 2, 1, 2, 0);

  Bounds withFailover() {
    return new Bounds(nodes, events, crashes, Math.min(1, pauses), 1);
  }

  Bounds withoutFailover() {
    return new Bounds(nodes, events, crashes, pauses, 0);
  }
}
