package dev.lastword.cluster;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The store's record of who has which shard. Each method is one transaction, and every time that is
 * compared in it is the store's own.
 *
 * <p>Each throws {@link ClusterFailedException} if the store refuses, or does not answer: then
 * nobody knows whether it was done.
 *
 * @see "docs/formats/cluster.md"
 */
public interface Leases {
  /** All shards, in their order, and who has them. */
  List<Holding> holdings();

  /**
   * Takes a shard whose lease is over, and for which no other process waits.
   *
   * @param asHome whether it is the node's own from now on
   * @return whether it was to be had
   */
  boolean take(Shard shard, Member member, Duration lease, boolean asHome);

  /** Makes a shard that there was not, and takes it. */
  Shard make(Member member, Duration lease);

  /**
   * Renews the leases of shards that a process has; also one that is over, as long as nobody else
   * has taken it.
   *
   * @param shards those that it knows it has: one that it took and was not told of runs out
   * @return those of them that it has
   */
  Set<Shard> renew(String instance, Set<Shard> shards, Duration lease);

  /**
   * Says that a shard's owner answers for it.
   *
   * @return whether it is the owner
   */
  boolean opened(Shard shard, String instance);

  /**
   * Lets a shard go, so that anybody may take it at once.
   *
   * @return whether it was this process's
   */
  boolean release(Shard shard, String instance);

  /**
   * Asks whoever has a shard for it, for a while.
   *
   * @param atHome whether it is asked for by its own node, which goes before others
   */
  void want(Shard shard, String instance, Duration wait, boolean atHome);
}
