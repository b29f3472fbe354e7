package dev.lastword.cluster.postgresql;

import dev.lastword.cluster.Holding;
import dev.lastword.cluster.Leases;
import dev.lastword.cluster.Member;
import dev.lastword.cluster.Shard;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** The leases in {@link ShardTable}, asked over whichever connections somebody has for it. */
final class PostgresLeases implements Leases {
  private final Line line;

  PostgresLeases(Line line) {
    this.line = line;
  }

  /** Where questions are asked; blocks until they are answered. */
  interface Line {
    /**
     * Asks one.
     *
     * @throws dev.lastword.cluster.ClusterFailedException if the store does not answer
     */
    <T> T ask(ShardIds.Question<T> question);
  }

  @Override
  public List<Holding> holdings() {
    return line.ask(ShardTable::holdings);
  }

  @Override
  public boolean take(Shard shard, Member member, Duration lease, boolean asHome) {
    return line.ask(connection -> ShardTable.take(connection, shard, member, lease, asHome));
  }

  @Override
  public Shard make(Member member, Duration lease) {
    return line.ask(connection -> ShardTable.make(connection, member, lease));
  }

  @Override
  public Set<Shard> renew(String instance, Set<Shard> shards, Duration lease) {
    return line.ask(connection -> ShardTable.renew(connection, instance, shards, lease));
  }

  @Override
  public boolean opened(Shard shard, String instance) {
    return line.ask(connection -> ShardTable.opened(connection, shard, instance));
  }

  @Override
  public boolean release(Shard shard, String instance) {
    return line.ask(connection -> ShardTable.release(connection, shard, instance));
  }

  @Override
  public void want(Shard shard, String instance, Duration wait, boolean atHome) {
    line.ask(
        connection -> {
          ShardTable.want(connection, shard, instance, wait, atHome);
          return shard;
        });
  }
}
