package dev.lastword.gateway;

/** Looked at by its {@link Loop} once a second. */
interface Sweepable {
  /** Looks at its clocks. May remove itself from the loop, nothing else. */
  void sweep(long nowNanos);

  /** Where the loop keeps it; -1 if it does not. */
  int place();

  /** Remembers where the loop keeps it. */
  void place(int place);
}
