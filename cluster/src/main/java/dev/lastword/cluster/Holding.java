package dev.lastword.cluster;

import java.time.Duration;

/**
 * Who has a shard, as it stands in the store.
 *
 * @param home name of the node whose new streams begin in it
 * @param node name of the node that has it
 * @param instance the process that has it: another one at every start
 * @param address where the others reach that node
 * @param epoch how often it was taken
 * @param opened whether its owner has learned what is in it, and answers for it
 * @param left how long the lease still runs, by the store's clock; negative when it is over
 * @param wantedBy the process at home, which waits to have it back; {@code ""} if none does
 */
public record Holding(
    Shard shard,
    String home,
    String node,
    String instance,
    String address,
    long epoch,
    boolean opened,
    Duration left,
    String wantedBy) {
  /** Whether its lease runs. */
  public boolean isHeld() {
    return left.isPositive();
  }

  /** Whether another process than this one is waited for. */
  public boolean isWantedByOtherThan(String process) {
    return !wantedBy.isEmpty() && !wantedBy.equals(process);
  }
}
