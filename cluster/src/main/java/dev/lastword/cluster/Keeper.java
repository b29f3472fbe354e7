package dev.lastword.cluster;

import dev.lastword.journal.StreamId;
import java.util.Collection;
import java.util.Set;

/** What a node does with the shards that it takes over. Called on threads that may wait. */
public interface Keeper {
  /**
   * Opens a shard of a node that is gone. From its return on this node answers for it.
   *
   * @throws RuntimeException if that cannot be done; then the shard is let go
   */
  void open(Shard shard);

  /**
   * Whether nothing runs in a shard that would be interrupted if it were closed. Asked at each look
   * while its own node wants it back, and must not wait.
   */
  boolean isIdle(Shard shard);

  /**
   * Of which of these ids a shard that is open has anything, be it in its journal or its archive.
   * What cannot be told counts as known.
   */
  Set<StreamId> known(Shard shard, Collection<StreamId> ids);

  /** Closes a shard: its own node wants it back, another has taken it, or it is not sound. */
  void close(Shard shard);

  /**
   * Whether a shard that is open takes anything still: one whose journal has failed would keep its
   * streams from their outcome as long as the lease runs, and one whose archive another has opened
   * would never let go of them. Asked at each look, and must not wait.
   */
  boolean isSound(Shard shard);

  /**
   * The node's own shard is not its own any more, or nobody can tell: nothing may be acknowledged
   * from now on, and the process has to end. Told once, and at once.
   */
  void lost(String why);
}
