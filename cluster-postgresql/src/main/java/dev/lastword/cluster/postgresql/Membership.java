package dev.lastword.cluster.postgresql;

import dev.lastword.cluster.ClusterFailedException;
import dev.lastword.cluster.Holding;
import dev.lastword.cluster.Keeper;
import dev.lastword.cluster.Lease;
import dev.lastword.cluster.Member;
import dev.lastword.cluster.Placement;
import dev.lastword.cluster.Shard;
import dev.lastword.cluster.Tenancy;
import dev.lastword.cluster.Terms;
import dev.lastword.cluster.Where;
import dev.lastword.journal.StreamId;
import dev.lastword.journal.postgresql.PostgresServer;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node in its cluster: the threads and the connections of a {@link Tenancy}, which decides. It
 * has a shard of its own, renews the leases of all that it has, sees who has the others, and takes
 * over those whose node is gone.
 *
 * @see "docs/decisions/0022-a-shard-is-a-journal-that-changes-hands.md"
 */
public final class Membership implements Placement, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Membership.class);

  private static final long DEADLINE_LOOK_MS = 100;

  /** How often it looks for ids of which nothing is left. */
  private static final Duration FORGET_EVERY = Duration.ofHours(1);

  private static final Duration CLOSE_MAX = Duration.ofSeconds(5);

  private final Options options;
  private final ShardIds ids;
  private final Beat beat;
  private final Tenancy tenancy;
  private final CountDownLatch closing = new CountDownLatch(1);

  private volatile @Nullable Keeper keeper;

  /**
   * How a node is a member.
   *
   * @param server whose database the cluster's tables are in, in the first schema of the search
   *     path
   * @param name the node's, unique in the cluster
   * @param address where the other nodes reach it
   * @param terms how long what lasts
   */
  public record Options(PostgresServer server, String name, URI address, Terms terms) {
    /** As clusters are. */
    public Options(PostgresServer server, String name, URI address) {
      this(server, name, address, Terms.DEFAULT);
    }

    /**
     * @throws IllegalArgumentException if it has no name
     */
    public Options {
      if (name.isEmpty()) {
        throw new IllegalArgumentException("the node has no name");
      }
    }
  }

  private Membership(Options options) {
    this.options = options;
    this.ids = new ShardIds(options.server());
    this.beat = new Beat();
    this.tenancy =
        new Tenancy(
            Member.starting(options.name(), options.address()),
            options.terms(),
            new PostgresLeases(beat::ask),
            new PostgresLeases(this::askBeside),
            System::nanoTime,
            beat);
  }

  /**
   * Joins: makes the tables if they are not there, and takes a shard to begin streams in, as {@link
   * Tenancy#join} says. Blocks while another process has what is wanted.
   *
   * @throws ClusterFailedException if the store refuses
   */
  public static Membership join(Options options) {
    var membership = new Membership(options);
    try {
      ShardTable.prepare(membership.beat.connection());
      while (!membership.tenancy.join()) {
        Thread.sleep(membership.tenancy.joinPause());
      }
      membership.beat.start();
      return membership;
    } catch (SQLException | RuntimeException e) {
      membership.close();
      throw new ClusterFailedException("cannot join the cluster: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      membership.close();
      Thread.currentThread().interrupt();
      throw new ClusterFailedException("interrupted while joining", e);
    }
  }

  /** Who has what, read by somebody who is no member. */
  public static List<Holding> holdings(PostgresServer server) {
    try (var connection = server.connect("lastword nodes")) {
      return ShardTable.holdings(connection);
    } catch (SQLException e) {
      throw new ClusterFailedException("cannot read " + server + ": " + e.getMessage(), e);
    }
  }

  /**
   * The name of a shard's own schema, in which its journal and its archive are.
   *
   * @param connection whose first schema the cluster's tables are in
   */
  public static String schema(Connection connection, Shard shard) throws SQLException {
    var here = connection.getSchema();
    if (here == null) {
      throw new SQLException("the search path names no schema that is there");
    }
    return (here.equals("public") ? "lastword" : here) + "_" + shard.number();
  }

  /**
   * The node answers for its own shard from now on, and for those that it takes over from others.
   *
   * @throws ClusterFailedException if its shard was taken meanwhile, or the store refuses
   */
  public void serve(Keeper keeps) {
    keeper = keeps;
    tenancy.serve(keeps);
    Thread.ofPlatform().name("lastword-ids").daemon().start(this::forgetIdsEachHour);
  }

  private void forgetIdsEachHour() {
    try {
      while (!closing.await(FORGET_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        forgetIds();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes away what is known of ids of which nothing is left in the shards that this node has. */
  void forgetIds() {
    var keeps = keeper;
    if (keeps == null) {
      return;
    }
    var forgotten = new ForgottenIds(ids, member().instance());
    for (var shard : tenancy.open()) {
      try {
        forgotten.look(shard, keeps);
      } catch (RuntimeException e) {
        log.warn("cluster.ids_not_looked_at shard={} cause={}", shard, e.toString());
      }
    }
  }

  /** Takes nothing over any more; what it has it keeps until it is closed. */
  public void leave() {
    tenancy.leave();
  }

  /** Whether what this node has is its own still. */
  public Lease lease() {
    return tenancy.lease();
  }

  public Member member() {
    return tenancy.member();
  }

  /** All rows as they were a second ago or so. */
  public List<Holding> holdings() {
    return tenancy.holdings();
  }

  @Override
  public Shard own() {
    return tenancy.own();
  }

  @Override
  public List<Shard> shards() {
    return tenancy.shards();
  }

  @Override
  public Where of(Shard shard) {
    return tenancy.of(shard);
  }

  @Override
  public CompletionStage<Shard> claim(StreamId id) {
    var named = Shard.of(id);
    if (named.isEmpty()) {
      return ids.claim(id, own());
    }
    return known(named.get())
        .thenApply(
            known ->
                known.orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "there is no shard %s in this cluster, which the id names"
                                .formatted(named.get()))));
  }

  @Override
  public CompletionStage<Optional<Shard>> find(StreamId id) {
    var named = Shard.of(id);
    return named.isEmpty() ? ids.find(id) : known(named.get());
  }

  /** A shard that was made in this second is in no picture yet. */
  private CompletionStage<Optional<Shard>> known(Shard shard) {
    if (tenancy.knows(shard)) {
      return CompletableFuture.completedFuture(Optional.of(shard));
    }
    return ids.ask(
        connection -> ShardTable.exists(connection, shard) ? Optional.of(shard) : Optional.empty());
  }

  /** Over the connections for ids, so that the beat's is not waited for. */
  private <T> T askBeside(ShardIds.Question<T> question) {
    try {
      return ids.ask(question).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof ClusterFailedException failed ? failed : e;
    }
  }

  /** The same by somebody who is about to go. */
  private <T> T askInTime(ShardIds.Question<T> question) {
    try {
      return ids.ask(question).get(CLOSE_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterFailedException("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new ClusterFailedException(e.toString(), e);
    }
  }

  /**
   * Lets all shards go that are left, so that others may take them at once. What stands on them has
   * to be closed before.
   */
  @Override
  public void close() {
    tenancy.closing();
    closing.countDown();
    beat.end();
    tenancy.letAllGo(new PostgresLeases(this::askInTime));
    ids.close();
  }

  /** The threads on which a tenancy beats and watches, and the connection that it beats over. */
  private final class Beat implements Tenancy.Hands {
    private final Semaphore knock = new Semaphore(0);
    private final Thread thread =
        Thread.ofPlatform().name("lastword-lease").daemon().unstarted(this::run);
    private final Thread watch =
        Thread.ofPlatform().name("lastword-lease-watch").daemon().unstarted(this::watch);
    private @Nullable Connection connection;

    private boolean began() {
      return thread.getState() != Thread.State.NEW;
    }

    /** For the thread that joins, and then for the beat's own. */
    <T> T ask(ShardIds.Question<T> question) {
      try {
        return question.ask(connection());
      } catch (SQLException e) {
        throw new ClusterFailedException(String.valueOf(e.getMessage()), e);
      }
    }

    Connection connection() throws SQLException {
      var open = connection;
      if (open == null) {
        open = options.server().connect("lastword cluster");
        // A store that is silent for as long has lost us the lease; another connection may not.
        open.setNetworkTimeout(
            Runnable::run, Math.toIntExact(options.terms().lease().toMillis() / 3));
        connection = open;
      }
      return open;
    }

    void start() {
      thread.start();
      watch.start();
    }

    @Override
    public void soon() {
      knock.release();
    }

    @Override
    public void errand(String what, Shard shard, Runnable task) {
      Thread.ofPlatform().name("lastword-shard-" + shard + "-" + what).daemon().start(task);
    }

    void end() {
      soon();
      try {
        if (began() && !Thread.currentThread().equals(thread)) {
          thread.join(options.terms().lease());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      drop();
    }

    private void run() {
      while (closing.getCount() > 0) {
        try {
          tenancy.beat();
        } catch (ClusterFailedException e) {
          log.warn("cluster.store_silent cause=\"{}\"", e.getMessage());
          drop();
        } catch (RuntimeException | Error e) { // the next look may be better, and leases run out
          log.error("cluster.beat_failed", e);
        }
        if (!pause()) {
          return;
        }
      }
    }

    private boolean pause() {
      try {
        if (knock.tryAcquire(options.terms().look().toMillis(), TimeUnit.MILLISECONDS)) {
          knock.drainPermits();
        }
        return true;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    private void watch() {
      try {
        while (!closing.await(DEADLINE_LOOK_MS, TimeUnit.MILLISECONDS)) {
          tenancy.watch();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void drop() {
      var open = connection;
      connection = null;
      if (open != null) {
        try {
          open.close();
        } catch (SQLException e) {
          log.debug("cluster.connection_not_closed cause={}", e.toString());
        }
      }
    }
  }
}
