package dev.lastword.testing;

import java.util.List;

/**
 * A promise of the delivery contract did not hold. The message has what is needed to see it again.
 */
public final class BrokenPromise extends AssertionError {
  private static final long serialVersionUID = 1;

  private final String invariant;

  BrokenPromise(String invariant, String what, long seed, long step, List<String> trace) {
    super(
        "%s: %s%nseed %d, step %d; the last of what happened:%n  %s"
            .formatted(invariant, what, seed, step, String.join("\n  ", trace)));
    this.invariant = invariant;
  }

  /** Which one, such as {@code I1}. */
  public String invariant() {
    return invariant;
  }
}
