package dev.lastword.gateway;

import dev.lastword.cluster.ClusterFailedException;
import dev.lastword.cluster.Placement;
import dev.lastword.cluster.Shard;
import dev.lastword.cluster.Where;
import dev.lastword.journal.StreamId;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** Says where shards are as a test wants it, to all nodes alike. */
final class ScriptedCluster {
  static final String SECRET = "a-secret-of-the-nodes-of-this-test";

  /** Empty for nobody. */
  private final Map<Shard, Optional<URI>> owners = new ConcurrentSkipListMap<>();

  private final Map<StreamId, Shard> claims = new ConcurrentHashMap<>();
  private volatile boolean silent;

  /** A node whose own shard has this number. */
  Node node(int number) {
    return new Node(new View(new Shard(number)), SECRET);
  }

  /** A shard is at an address from now on. */
  void at(int number, String url) {
    owners.put(new Shard(number), Optional.of(URI.create(url)));
  }

  /** Nobody has a shard from now on. */
  void nobody(int number) {
    owners.put(new Shard(number), Optional.empty());
  }

  /** No node has seen a shard yet, from now on; the store has it. */
  void unseen(int number) {
    owners.remove(new Shard(number));
  }

  /** Whether the store does not answer where an id is, from now on. */
  void silent(boolean now) {
    silent = now;
  }

  private final class View implements Placement {
    private final Shard own;

    View(Shard own) {
      this.own = own;
    }

    @Override
    public Shard own() {
      return own;
    }

    @Override
    public List<Shard> shards() {
      return List.copyOf(owners.keySet());
    }

    @Override
    public Where of(Shard shard) {
      if (shard.equals(own)) {
        return new Where.Here();
      }
      var owner = owners.get(shard);
      if (owner == null) {
        return new Where.Unknown();
      }
      return owner.isPresent() ? new Where.At(owner.get()) : new Where.Nobody();
    }

    @Override
    public CompletionStage<Shard> claim(StreamId id) {
      return CompletableFuture.supplyAsync(
          () -> Shard.of(id).orElseGet(() -> claims.computeIfAbsent(id, _ -> own)));
    }

    @Override
    public CompletionStage<Optional<Shard>> find(StreamId id) {
      return CompletableFuture.supplyAsync(
          () -> {
            if (silent) {
              throw new ClusterFailedException("silent");
            }
            return Shard.of(id)
                .filter(owners::containsKey)
                .or(() -> Optional.ofNullable(claims.get(id)));
          });
    }
  }
}
