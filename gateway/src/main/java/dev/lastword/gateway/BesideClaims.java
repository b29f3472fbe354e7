package dev.lastword.gateway;

import dev.lastword.cluster.Placement;
import dev.lastword.cluster.Shard;
import dev.lastword.journal.StreamId;

/**
 * The gateway of a shard that was taken over, as it claims ids: whoever asks it may have known for
 * longer than is true that an id is in its shard.
 */
final class BesideClaims extends Questions {
  private final Shard shard;
  private final Placement placement;

  BesideClaims(Shard shard, Placement placement) {
    this.shard = shard;
    this.placement = placement;
  }

  @Override
  public void claim(Exchange exchange, StreamId id, Runnable here) {
    Front.answered(
        exchange,
        placement.claim(id),
        claimed -> {
          if (claimed.equals(shard)) {
            here.run();
          } else {
            Front.elsewhere(exchange, shard);
          }
        });
  }
}
