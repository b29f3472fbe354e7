package dev.lastword.cluster;

import dev.lastword.journal.StreamId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Where the streams of a cluster are. Thread-safe; nothing here blocks. */
public interface Placement {
  /** The shard in which this node's new streams begin. */
  Shard own();

  /** All shards of the cluster, in their order, as of a second ago or so. */
  List<Shard> shards();

  /** Who has a shard, as of a second ago or so. */
  Where of(Shard shard);

  /**
   * In which shard an id is that was not given at random: chosen by a client, or made of a key. An
   * id that nobody has yet is this node's {@link #own} from now on, in the whole cluster, for two
   * days at least and as long as anything of it is there; an id that names its shard ({@link
   * Shard#of}) is in that one.
   *
   * @return completed exceptionally with {@link IllegalArgumentException} if it names a shard that
   *     there is not, with {@link ClusterFailedException} if the store does not answer
   */
  CompletionStage<Shard> claim(StreamId id);

  /**
   * In which shard an id is; empty if nobody has claimed it, or the shard that it names is not
   * there. What is known of an id that names its shard, or was asked for in the last minute, costs
   * no question to the store.
   *
   * @return completed exceptionally with {@link ClusterFailedException} if the store does not
   *     answer
   */
  CompletionStage<Optional<Shard>> find(StreamId id);
}
