package dev.lastword.cluster.postgresql;

import dev.lastword.cluster.ClusterFailedException;
import dev.lastword.cluster.Shard;
import dev.lastword.journal.StreamId;
import dev.lastword.journal.postgresql.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the store in which shard an id is, over a few connections of its own, and remembers for a
 * while what it was told. Thread-safe; nothing here blocks its caller.
 */
final class ShardIds implements AutoCloseable {
  /** Questions at once. Others wait, */
  private static final int CONNECTIONS = 4;

  /** but no longer than this. */
  private static final long WAIT_MS = 10_000;

  private static final int SILENCE_MS_MAX = 10_000;
  private static final int REMEMBERED_MAX = 20_000;

  /** Nobody forgets an id that was claimed as lately: {@link ForgottenIds#AGE} is far more. */
  static final Duration CLAIMED_KEPT = Duration.ofHours(1);

  /** One that was only found may be forgotten in the next moment, and another node's then. */
  static final Duration FOUND_KEPT = Duration.ofMinutes(1);

  /** Classes of SQLSTATE: the connection does not stand, */
  private static final String LOST_CLASS = "08";

  /** or the server has ended it. */
  private static final String SHUTDOWN = "57P";

  private static final Logger log = LoggerFactory.getLogger(Membership.class);

  private final PostgresServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore seats = new Semaphore(CONNECTIONS, true);
  private final LongSupplier nanos;
  private final Map<StreamId, Told> remembered = Collections.synchronizedMap(new Remembered());

  /** Those that nobody uses now; guarded by itself. */
  private final Deque<Connection> idle = new ArrayDeque<>();

  private volatile boolean closed;

  ShardIds(PostgresServer server) {
    this(server, System::nanoTime);
  }

  /**
   * @param nanos a monotonic clock
   */
  ShardIds(PostgresServer server, LongSupplier nanos) {
    this.server = server;
    this.nanos = nanos;
  }

  /**
   * What the store has said.
   *
   * @param askedNanos before it was asked
   */
  private record Told(Shard shard, boolean claimed, long askedNanos) {
    boolean holds(long now) {
      return now - askedNanos < (claimed ? CLAIMED_KEPT : FOUND_KEPT).toNanos();
    }
  }

  private static final class Remembered extends LinkedHashMap<StreamId, Told> {
    private static final long serialVersionUID = 1L;

    Remembered() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<StreamId, Told> eldest) {
      return size() > REMEMBERED_MAX;
    }
  }

  /** What is asked on a connection in autocommit mode. */
  @FunctionalInterface
  interface Question<T> {
    T ask(Connection connection) throws SQLException;
  }

  CompletableFuture<Shard> claim(StreamId id, Shard otherwise) {
    long now = nanos.getAsLong();
    var known = remembered.get(id);
    return known != null && known.claimed() && known.holds(now)
        ? CompletableFuture.completedFuture(known.shard())
        : ask(connection -> ShardTable.claim(connection, id, otherwise))
            .thenApply(shard -> remember(id, new Told(shard, true, now)));
  }

  CompletableFuture<Optional<Shard>> find(StreamId id) {
    long now = nanos.getAsLong();
    var known = remembered.get(id);
    return known != null && known.holds(now)
        ? CompletableFuture.completedFuture(Optional.of(known.shard()))
        : ask(connection -> ShardTable.find(connection, id))
            .thenApply(found -> found.map(shard -> remember(id, new Told(shard, false, now))));
  }

  private Shard remember(StreamId id, Told told) {
    remembered.put(id, told);
    return told.shard();
  }

  <T> CompletableFuture<T> ask(Question<T> question) {
    try {
      return CompletableFuture.supplyAsync(() -> answered(question), threads);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new ClusterFailedException("the node has left its cluster", e));
    }
  }

  private <T> T answered(Question<T> question) {
    try {
      if (!seats.tryAcquire(WAIT_MS, TimeUnit.MILLISECONDS)) {
        throw new ClusterFailedException("the store has not answered in " + WAIT_MS + " ms");
      }
      try {
        return askedOnce(question);
      } finally {
        seats.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterFailedException("interrupted", e);
    }
  }

  /**
   * A connection that has lain idle may be gone: that is no answer, and a new one is asked.
   * Whatever else the store says is one: a commit that was not waited for is not asked for again.
   */
  private <T> T askedOnce(Question<T> question) {
    var kept = poll();
    if (kept != null) {
      try {
        return asked(kept, question);
      } catch (SQLException e) {
        if (!isLost(e)) {
          throw refused(e);
        }
        log.debug("cluster.connection_lost cause={}", e.toString());
      }
    }
    try {
      return asked(server.connect("lastword cluster, ids"), question);
    } catch (SQLException e) {
      throw refused(e);
    }
  }

  /** Whatever else than an answer comes of it, the connection is not used again. */
  private <T> T asked(Connection connection, Question<T> question) throws SQLException {
    boolean answered = false;
    try {
      connection.setNetworkTimeout(Runnable::run, SILENCE_MS_MAX);
      var answer = question.ask(connection);
      answered = true;
      return answer;
    } finally {
      if (answered) {
        put(connection);
      } else {
        drop(connection);
      }
    }
  }

  private static ClusterFailedException refused(SQLException e) {
    return new ClusterFailedException("the store does not answer: " + e.getMessage(), e);
  }

  private static boolean isLost(SQLException e) {
    var state = e.getSQLState();
    return state != null && (state.startsWith(LOST_CLASS) || state.startsWith(SHUTDOWN));
  }

  private @Nullable Connection poll() {
    synchronized (idle) {
      return idle.pollFirst();
    }
  }

  private void put(Connection connection) {
    synchronized (idle) {
      if (!closed) {
        idle.addFirst(connection);
        return;
      }
    }
    drop(connection);
  }

  private static void drop(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      log.debug("cluster.connection_not_closed cause={}", e.toString());
    }
  }

  @Override
  public void close() {
    synchronized (idle) {
      closed = true;
      idle.forEach(ShardIds::drop);
      idle.clear();
    }
    threads.shutdown();
  }
}
