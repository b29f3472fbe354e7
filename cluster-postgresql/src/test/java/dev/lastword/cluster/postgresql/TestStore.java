package dev.lastword.cluster.postgresql;

import dev.lastword.cluster.Keeper;
import dev.lastword.cluster.Shard;
import dev.lastword.cluster.Terms;
import dev.lastword.journal.StreamId;
import dev.lastword.journal.postgresql.PostgresServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A cluster of its own in the one server of all tests, with nodes in this process. */
final class TestStore {
  static final Duration LEASE = Duration.ofSeconds(6);
  static final Duration HAND_BACK = Duration.ofSeconds(4);
  private static final EmbeddedPostgres SERVER = start();

  private final String schema = "c" + UUID.randomUUID().toString().replace("-", "");

  private static EmbeddedPostgres start() {
    try {
      return EmbeddedPostgres.start(); // it stops with the JVM
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static int port() {
    return SERVER.getPort();
  }

  private static PostgresServer plain(int port) {
    return new PostgresServer(
        "jdbc:postgresql://localhost:" + port + "/postgres", "postgres", "postgres");
  }

  TestStore() throws SQLException {
    try (var connection = plain(port()).connect("test")) {
      PostgresServer.makeSchema(connection, schema);
    }
  }

  PostgresServer server() {
    return server(port());
  }

  /** Through something that stands before it. */
  PostgresServer server(int port) {
    return plain(port).inSchema(schema);
  }

  Connection connect() throws SQLException {
    return server().connect("test");
  }

  void run(String sql) throws SQLException {
    try (var connection = connect();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  Membership join(String name) {
    return join(name, port());
  }

  Membership join(String name, int port) {
    return Membership.join(
        new Membership.Options(
            server(port),
            name,
            URI.create("http://" + name + ":8080"),
            new Terms(LEASE, Duration.ofSeconds(1), Duration.ofMillis(200), HAND_BACK)));
  }

  /** Remembers what it was told; opening and closing cost nothing. */
  static final class Told implements Keeper {
    final Set<Shard> open = ConcurrentHashMap.newKeySet();
    final Set<Shard> unsound = ConcurrentHashMap.newKeySet();
    final Set<Shard> busy = ConcurrentHashMap.newKeySet();
    final Set<StreamId> known = ConcurrentHashMap.newKeySet();
    final CountDownLatch lost = new CountDownLatch(1);

    @Override
    public void open(Shard shard) {
      open.add(shard);
    }

    @Override
    public void close(Shard shard) {
      open.remove(shard);
    }

    @Override
    public boolean isIdle(Shard shard) {
      return !busy.contains(shard);
    }

    @Override
    public Set<StreamId> known(Shard shard, Collection<StreamId> ids) {
      var found = new HashSet<>(ids);
      found.retainAll(known);
      return found;
    }

    @Override
    public boolean isSound(Shard shard) {
      return !unsound.contains(shard);
    }

    @Override
    public void lost(String why) {
      lost.countDown();
    }

    boolean isLostWithin(Duration wait) throws InterruptedException {
      return lost.await(wait.toMillis(), TimeUnit.MILLISECONDS);
    }
  }
}
