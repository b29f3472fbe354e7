package dev.lastword.gateway;

import dev.lastword.cluster.Placement;
import dev.lastword.cluster.Shard;
import dev.lastword.journal.StreamId;
import java.util.Optional;
import java.util.function.Supplier;

/** How a gateway stands to others. */
sealed interface Standing {
  /** There are no others. */
  record Alone() implements Standing {}

  /** It is a node's own: it listens, and has requests answered by whoever has their streams. */
  record First(Node node) implements Standing {}

  /**
   * It answers for a shard that the node has taken over, and is asked by the node's own gateway
   * alone, which looks at whoever asks.
   *
   * @param together what it has of the own gateway's; empty: it makes its own
   * @param placement where ids are claimed; empty: it is believed who asks
   */
  record Beside(Shard shard, Optional<Together> together, Optional<Placement> placement)
      implements Standing {
    Beside(Shard shard) {
      this(shard, Optional.empty(), Optional.empty());
    }
  }

  /** What ids are given at random. */
  default Supplier<StreamId> ids() {
    return switch (this) {
      case Alone _ -> StreamId::random;
      case First(var node) -> node.placement().own()::newId;
      case Beside(var shard, _, _) -> shard::newId;
    };
  }

  /** What there is already, of another gateway of the process. */
  default Optional<Together> together() {
    return this instanceof Beside(_, var its, _) ? its : Optional.empty();
  }

  /** Whether it has listeners: whoever has none is asked in the process. */
  default boolean listens() {
    return !(this instanceof Beside);
  }

  /** The node that this is the own gateway of. */
  default Optional<Node> ofNode() {
    return this instanceof First(var node) ? Optional.of(node) : Optional.empty();
  }
}
