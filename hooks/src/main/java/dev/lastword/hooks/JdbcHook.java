package dev.lastword.hooks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveException.Kind;
import dev.lastword.stream.SaveHook;
import dev.lastword.stream.SavedResponse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Runs a statement for each response, in a transaction of its own, and acknowledges once that is
 * committed. A value that does not fit, or a constraint (SQLSTATE 22 and 23), says that the
 * response is never taken; whatever else fails, and an update that finds no row, that it is to be
 * called again.
 *
 * <p>Drivers of PostgreSQL and of MariaDB, which speaks to MySQL too, come with it; others are
 * found on the class path.
 */
public final class JdbcHook implements SaveHook, AutoCloseable {
  /**
   * It takes nothing to write: an old primary, or a server that was set so for a while. A
   * connection of that time may stay so when the server is well again. 1290 and 1836 are MariaDB's.
   */
  private static final String READ_ONLY = "25006";

  private static final Set<Integer> MARIADB_READ_ONLY = Set.of(1290, 1836);

  /** Behind a name or a proxy may be another server than the one that a connection was made to. */
  private static final Duration CONNECTION_LIFE = Duration.ofMinutes(5);

  private static final Duration CONNECTION_IDLE = Duration.ofMinutes(1);

  /** SQLite has no states, but codes: too big, a constraint, another type. */
  private static final Set<Integer> SQLITE_FINAL = Set.of(18, 19, 20);

  /**
   * A time is the same wherever this process and its server are; and what is too long is an error,
   * however lenient the server is.
   */
  private static final Map<String, String> MARIADB =
      Map.of(
          "connectionTimeZone", "UTC",
          "forceConnectionTimeZoneToSession", "true",
          "preserveInstants", "true",
          "jdbcCompliantTruncation", "true");

  private final NamedStatement statement;
  private final boolean sqlite;
  private final boolean postgres;
  private final boolean mariadb;
  private final boolean ignoring;
  private final Duration timeout;
  private final StandbyWait standby = new StandbyWait();
  private final AnswerReceipt receipts;
  private final HikariDataSource pool;
  private final HookCalls calls;

  /**
   * A statement of a database.
   *
   * @param url begins with {@code jdbc:}
   * @param user {@code ""} where the URL says it
   * @param password {@code ""} where there is none
   * @param statement with the parameters of {@link StatementValues#NAMES}, and {@code :fact_NAME}
   * @param connectionsMax most connections, and so calls, at once; the others wait
   * @param timeout of one call
   * @param receipts are {@code :receipt}
   */
  public record Options(
      String url,
      String user,
      String password,
      String statement,
      int connectionsMax,
      Duration timeout,
      AnswerReceipt receipts) {
    @Override
    public String toString() {
      return "Options[" + statement + "]";
    }
  }

  /**
   * Makes it; nothing is connected to.
   *
   * @throws IllegalArgumentException if the statement names a parameter that there is not, has one
   *     without a name, or is an insert that cannot take the same response twice
   */
  public JdbcHook(Options options) {
    this.statement = NamedStatement.parse(options.statement());
    statement.names().forEach(StatementValues::require);
    if (statement.isInsertedTwice()) {
      throw new IllegalArgumentException(
          "the statement is run again where nobody knows whether it was committed: an insert needs"
              + " 'on conflict … do nothing', or what its database says for it");
    }
    this.sqlite = options.url().startsWith("jdbc:sqlite:");
    this.postgres = options.url().startsWith("jdbc:postgresql:");
    this.mariadb = isMariaDb(options.url());
    this.ignoring = mariadb && statement.isIgnoring();
    this.timeout = options.timeout();
    this.receipts = options.receipts();
    this.pool = poolOf(config(options));
    this.calls =
        new HookCalls(
            Thread.ofPlatform().daemon().name("lastword-jdbc").factory(), options.connectionsMax());
  }

  private static boolean isMariaDb(String url) {
    return url.startsWith("jdbc:mariadb:");
  }

  private static HikariDataSource poolOf(HikariConfig config) {
    try {
      return new HikariDataSource(config);
    } catch (RuntimeException e) { // undeclared: there is no driver of this URL
      throw new IllegalArgumentException( // whose message may be all of it, and a password with it
          "the url: no driver takes it (" + e.getClass().getSimpleName() + ")");
    }
  }

  private static HikariConfig config(Options options) {
    var config = new HikariConfig();
    config.setJdbcUrl(options.url());
    if (!options.user().isEmpty()) {
      config.setUsername(options.user());
    }
    if (!options.password().isEmpty()) {
      config.setPassword(options.password());
    }
    if (isMariaDb(options.url())) {
      MARIADB.forEach(
          (name, value) -> {
            if (!options.url().contains(name + "=")) {
              config.addDataSourceProperty(name, value);
            }
          });
    }
    config.setPoolName("lastword-jdbc");
    config.setMaximumPoolSize(options.connectionsMax());
    config.setMinimumIdle(0);
    config.setInitializationFailTimeout(-1); // it may be down now, and up when it is needed
    config.setMaxLifetime(CONNECTION_LIFE.toMillis());
    config.setIdleTimeout(CONNECTION_IDLE.toMillis());
    config.setConnectionTimeout(Math.max(250, options.timeout().toMillis()));
    return config;
  }

  @Override
  public CompletionStage<Void> save(SavedResponse response) {
    return save(response, () -> {});
  }

  @Override
  public CompletionStage<Void> save(SavedResponse response, Runnable begins) {
    return calls.call(begins, stop -> run(response, stop));
  }

  private void run(SavedResponse response, HookCalls.Stop stop) throws SaveException {
    var values = new StatementValues(response, postgres, receipts);
    try (var connection = pool.getConnection()) {
      try {
        run(connection, values, stop);
      } catch (SQLException e) {
        if (isReadOnly(e)) {
          pool.evictConnection(connection);
        }
        throw e;
      }
    } catch (SQLException e) {
      standby.doubt();
      throw new SaveException(isFinal(e) ? Kind.REJECTED : Kind.UNREACHABLE, told(e));
    }
  }

  private void run(Connection connection, StatementValues values, HookCalls.Stop stop)
      throws SQLException, SaveException {
    bound(connection);
    try (var prepared = connection.prepareStatement(statement.sql())) {
      bound(prepared, stop);
      int number = 1;
      for (var name : statement.names()) {
        values.set(prepared, number++, name);
      }
      boolean returns = prepared.execute();
      int rows = returns ? returned(prepared) : prepared.getUpdateCount();
      if (rows == 0 && statement.isUpdate()) {
        throw new SaveException(Kind.UNREACHABLE, "the update has found no row");
      }
      if (ignoring) {
        IgnoredErrors.require(connection);
      }
      if (postgres) {
        standby.require(connection, prepared.getWarnings(), rows != 0, other -> bound(other, stop));
      }
    }
  }

  private boolean isReadOnly(SQLException e) {
    return READ_ONLY.equals(e.getSQLState())
        || (mariadb && MARIADB_READ_ONLY.contains(e.getErrorCode()));
  }

  /** How many rows it gives back, as far as that matters: one, or none. */
  private static int returned(PreparedStatement prepared) throws SQLException {
    try (var rows = prepared.getResultSet()) {
      return rows.next() ? 1 : 0;
    }
  }

  private void bound(PreparedStatement prepared, HookCalls.Stop stop) throws SQLException {
    stop.by(() -> cancel(prepared));
    prepared.setQueryTimeout(Math.max(1, (int) timeout.toSeconds()));
  }

  /** A database that says nothing any more does not hold a thread for ever. */
  private void bound(Connection connection) {
    try {
      connection.setNetworkTimeout(Runnable::run, (int) (2 * timeout.toMillis()));
    } catch (SQLException e) {
      // a database in a file has no network
    }
  }

  private static void cancel(PreparedStatement prepared) {
    try {
      prepared.cancel();
    } catch (SQLException e) {
      // it has ended, or its time will
    }
  }

  private boolean isFinal(SQLException e) {
    var state = e.getSQLState();
    return state == null
        ? sqlite && SQLITE_FINAL.contains(e.getErrorCode() & 0xff)
        : state.startsWith("22") || state.startsWith("23");
  }

  /** Its state alone: what a database says of an error may hold the values. */
  private static String told(SQLException e) {
    var state = e.getSQLState();
    return e.getClass().getSimpleName() + " " + (state == null ? e.getErrorCode() : state);
  }

  @Override
  public void close() {
    calls.close();
    pool.close();
  }
}
