package dev.lastword.cluster.postgresql;

import dev.lastword.cluster.Keeper;
import dev.lastword.cluster.Shard;
import dev.lastword.journal.StreamId;
import java.time.Duration;
import java.util.ArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes away in whose shard an id is once the shard has nothing of it any more: then it is
 * whoever's that claims it next. Only the shard's owner knows.
 *
 * <p>An id is looked at when nobody has claimed it for {@link #AGE}, which is far longer than a
 * request takes, and than any node believes a claim without asking again ({@link
 * ShardIds#CLAIMED_KEPT}). What is there still counts as claimed, and is looked at as much later.
 *
 * @see "docs/formats/cluster.md"
 */
final class ForgottenIds {
  static final Duration AGE = Duration.ofDays(2);
  private static final int BATCH = 500;
  private static final Logger log = LoggerFactory.getLogger(Membership.class);

  private final ShardIds ids;
  private final String instance;

  /**
   * @param instance whose shards are looked at
   */
  ForgottenIds(ShardIds ids, String instance) {
    this.ids = ids;
    this.instance = instance;
  }

  /**
   * Looks through a shard. Blocks.
   *
   * @throws RuntimeException if the store does not answer, or the keeper
   */
  void look(Shard shard, Keeper keeps) {
    int forgotten = 0;
    int looked = BATCH;
    while (looked == BATCH) {
      var old = ids.ask(connection -> ShardTable.old(connection, shard, AGE, BATCH)).join();
      looked = old.size();
      var known = keeps.known(shard, old);
      var unknown = new ArrayList<StreamId>(old);
      unknown.removeAll(known);
      int kept =
          ids.ask(connection -> ShardTable.keep(connection, known, shard, instance, AGE)).join();
      int gone =
          ids.ask(connection -> ShardTable.forget(connection, unknown, shard, instance, AGE))
              .join();
      forgotten += gone;
      if (kept + gone == 0) {
        break; // the shard is another's, or all were claimed meanwhile
      }
    }
    if (forgotten > 0) {
      log.info("cluster.ids_forgotten shard={} ids={}", shard, forgotten);
    }
  }
}
