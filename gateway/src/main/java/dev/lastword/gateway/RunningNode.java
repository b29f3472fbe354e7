package dev.lastword.gateway;

import dev.lastword.cluster.ClusterFailedException;
import dev.lastword.cluster.Keeper;
import dev.lastword.cluster.LeasedJournal;
import dev.lastword.cluster.Shard;
import dev.lastword.cluster.postgresql.Membership;
import dev.lastword.journal.DiskRoom;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.StreamId;
import dev.lastword.journal.postgresql.PostgresJournal;
import dev.lastword.journal.postgresql.PostgresServer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A node of a cluster: the gateway of its own shard, which listens, and one beside it for each
 * shard that it has taken over. Taking over is what a start does after a crash, of another's
 * journal: what was open there is interrupted, what was complete is saved and released.
 */
final class RunningNode implements Keeper, AutoCloseable {
  /** What is beside has no connections of its own; its streams have to be at home somewhere. */
  private static final int LOOPS_BESIDE = 1;

  /** Gateways are opened side by side, but not while those that are there are given another. */
  private final ReadWriteLock configuring = new ReentrantReadWriteLock();

  private final Membership membership;
  private final Node node;
  private final Consumer<String> ending;
  private final Map<Shard, Gateway> beside = new ConcurrentHashMap<>();

  /** What a gateway is opened with from now on. */
  private volatile Config config;

  private @Nullable Gateway own;

  /** It ends in good order: journals that are closed have not failed. */
  private volatile boolean closing;

  private RunningNode(
      Config config, NodeConfig its, Membership membership, Consumer<String> ending) {
    this.config = config;
    this.membership = membership;
    this.node = new Node(membership, its.secret());
    this.ending = ending;
  }

  /**
   * Joins the cluster and starts.
   *
   * @param ending ends the process, at once: others have its shards, or will have them
   * @throws ConfigException if the databases refuse, or the gateway cannot start
   */
  static RunningNode start(Config config, Map<String, Route> pages, Consumer<String> ending) {
    var its = config.node().orElseThrow(() -> new IllegalStateException("no node is configured"));
    var journals = config.journal().orElseThrow();
    Membership membership;
    try {
      membership = Membership.join(new Membership.Options(journals, its.name(), its.address()));
    } catch (ClusterFailedException e) {
      throw new UnavailableException(journals + ": " + e.getMessage());
    }
    var running = new RunningNode(config, its, membership, ending);
    try {
      running.open(pages);
      return running;
    } catch (RuntimeException e) {
      running.close();
      throw e instanceof ClusterFailedException ? new UnavailableException("" + e.getMessage()) : e;
    }
  }

  private void open(Map<String, Route> pages) {
    var shard = membership.own();
    var gateway =
        Gateway.start(
            on(shard, config.loops()),
            pages,
            this::journal,
            Optional.empty(),
            new Standing.First(node));
    own = gateway;
    node.reloadsWith(this::prepare);
    membership.serve(this);
  }

  /** The gateway of the own shard. */
  Gateway own() {
    var gateway = own;
    if (gateway == null) {
      throw new IllegalStateException("it has not started");
    }
    return gateway;
  }

  Membership membership() {
    return membership;
  }

  /** The configuration of a gateway on a shard: a schema of its own in each of the databases. */
  private Config on(Shard shard, int loops) {
    return config.onStores(
        inSchema(config.journal().orElseThrow(), shard),
        inSchema(config.archive().orElseThrow(), shard),
        loops);
  }

  private static PostgresServer inSchema(PostgresServer server, Shard shard) {
    try (var connection = server.connect("lastword cluster, schemas")) {
      var schema = Membership.schema(connection, shard);
      PostgresServer.makeSchema(connection, schema);
      return server.inSchema(schema);
    } catch (SQLException e) {
      throw new UnavailableException(
          "%s: cannot use a schema for shard %s: %s".formatted(server, shard, e.getMessage()));
    }
  }

  private Journal journal(Config there, DiskRoom room) {
    try {
      return new LeasedJournal(
          PostgresJournal.open(
              PostgresJournal.Options.entitled(there.journal().orElseThrow()),
              FileJournal.Options.DEFAULT.withSegmentBytes(there.segmentBytes())),
          membership.lease());
    } catch (JournalFailedException e) {
      throw new UnavailableException(Gateway.withCause(e));
    }
  }

  // --- shards of others

  @Override
  public void open(Shard shard) {
    configuring.readLock().lock();
    try {
      var gateway =
          Gateway.start(
              on(shard, LOOPS_BESIDE),
              Map.of(),
              this::journal,
              Optional.empty(),
              new Standing.Beside(shard, Optional.of(own().together()), Optional.of(membership)));
      beside.put(shard, gateway);
      node.serves(shard, gateway.route());
    } finally {
      configuring.readLock().unlock();
    }
  }

  @Override
  public void close(Shard shard) {
    node.leaves(shard);
    var gateway = beside.remove(shard);
    if (gateway != null) {
      gateway.drain(config.drain());
      gateway.close();
    }
  }

  @Override
  public boolean isIdle(Shard shard) {
    var gateway = beside.get(shard);
    return gateway == null || gateway.isIdle();
  }

  @Override
  public Set<StreamId> known(Shard shard, Collection<StreamId> ids) {
    var gateway = gateway(shard);
    return gateway == null ? Set.copyOf(ids) : gateway.known(ids);
  }

  private @Nullable Gateway gateway(Shard shard) {
    return shard.equals(membership.own()) ? own : beside.get(shard);
  }

  @Override
  public boolean isSound(Shard shard) {
    var gateway = gateway(shard);
    return closing || gateway == null || gateway.isSound();
  }

  @Override
  public void lost(String why) {
    if (!closing) {
      ending.accept(why);
    }
  }

  private Runnable prepare(Config next) {
    var ready = new IdentityHashMap<Gateway, Runnable>();
    beside.values().forEach(gateway -> ready.put(gateway, gateway.prepare(next)));
    return () -> take(next, ready);
  }

  /** What was opened since others were prepared is prepared now. */
  private void take(Config next, Map<Gateway, Runnable> ready) {
    configuring.writeLock().lock();
    try {
      config = next;
      for (var gateway : beside.values()) {
        var prepared = ready.get(gateway);
        (prepared == null ? gateway.prepare(next) : prepared).run();
      }
    } finally {
      configuring.writeLock().unlock();
    }
  }

  // --- the end

  /**
   * Gives what runs its time, in all shards at once, and what other nodes answer to clients of this
   * one, and takes no other over. Blocks.
   */
  void drain(Duration grace) {
    membership.leave();
    var drains =
        List.copyOf(beside.values()).stream()
            .map(gateway -> Thread.ofVirtual().start(() -> gateway.drain(grace)))
            .toList();
    own().drain(grace, () -> node.handedOver() > 0);
    try {
      for (var drained : drains) {
        drained.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Closes everything, and then lets the shards go, so that others may take them at once. */
  @Override
  public void close() {
    closing = true;
    membership.leave();
    var gateway = own;
    if (gateway != null) {
      gateway.close();
    }
    beside.values().forEach(Gateway::close);
    membership.close();
  }
}
