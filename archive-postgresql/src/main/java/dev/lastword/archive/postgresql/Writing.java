package dev.lastword.archive.postgresql;

import dev.lastword.archive.sql.Session;
import dev.lastword.archive.sql.SqlArchive;
import dev.lastword.archive.sql.Transactions;
import dev.lastword.archive.sql.Workers;
import dev.lastword.journal.postgresql.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The one connection that writes, on a thread of its own. */
final class Writing {
  private static final List<String> SCRIPTS = List.of("archive-1.sql");
  private static final Duration CLOSE_MAX = Duration.ofMillis(1_200);

  private final Connecting connecting;
  private final Fence fence;
  private final Workers worker;

  Writing(PostgresArchive.Options options) {
    this.connecting = new Connecting(options.server(), "lastword archive");
    this.fence = new Fence(options.ownerWait(), options.entitled());
    this.worker =
        new Workers(
            "lastword-archive-writer",
            1,
            false,
            PostgresArchive.LOCK_WAIT,
            PostgresFlavour.INSTANCE,
            this::connect);
  }

  private Session connect() throws SQLException {
    var open = connecting.connect();
    try {
      PostgresServer.prepare(open, "archive", PostgresArchive.class::getResourceAsStream, SCRIPTS);
      fence.enter(open);
      boundLockWait(open);
      open.setAutoCommit(false);
      return new Session(open, PostgresFlavour.INSTANCE);
    } catch (SQLException | RuntimeException e) {
      open.close();
      throw e;
    }
  }

  /** A person who holds a row holds up one batch for so long, not all that come behind it. */
  private static void boundLockWait(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("SET lock_timeout = " + PostgresArchive.LOCK_WAIT.toMillis());
    }
  }

  /** Connects, so that a server that refuses is said at once. */
  void open() throws SQLException {
    worker.call(session -> "opened");
    worker.later(
        session -> {
          SqlArchive.purge(session);
          return "purged";
        });
  }

  /** Does something in one transaction, which is durable when this returns. */
  void transact(Transactions.Work work) throws SQLException {
    worker.<@Nullable Void>call(
        session -> {
          Transactions.run(
              session,
              writer -> {
                fence.require(writer);
                work.on(writer);
                fence.leave(writer);
              });
          fence.committed();
          return null;
        });
  }

  /** Whether its thread has ended. */
  boolean close() {
    worker.close();
    return worker.awaitEnd(CLOSE_MAX);
  }
}
