package dev.lastword.journal.postgresql;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A database of a PostgreSQL server, of version 14 or later.
 *
 * @param url begins with {@code jdbc:postgresql:}
 * @param user {@code ""} where the URL says it
 * @param password {@code ""} where there is none, or the URL says it
 */
public record PostgresServer(String url, String user, String password) {
  /** What the URL of every one begins with. */
  public static final String SCHEME = "jdbc:postgresql:";

  /** So long the server may be silent, with a standby to wait for: then nobody knows any more. */
  static final int SILENCE_MAX_MS = 60_000;

  private static final Logger log = LoggerFactory.getLogger(PostgresServer.class);
  private static final String CONNECT_SECONDS_MAX = "10";

  /** Less than that, which is for all hosts of a URL together: the next one is to have some. */
  private static final String GREETING_SECONDS_MAX = "5";

  private static final String PORT =
      "(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";

  private static final String HOST = "(?:\\[[^\\]/,@]+]|[^:/,@\\[\\]]*)(?::" + PORT + ")?";

  /**
   * Servers and a database. Without servers it is this machine's; the user's name is a database.
   */
  private static final Pattern PLACE =
      Pattern.compile(SCHEME + "(?://" + HOST + "(?:," + HOST + ")*/.*|(?!/).*)");

  private static final String SCHEMA_PARAMETER = "currentSchema=";

  /**
   * What must not be otherwise, whatever the database's own settings are. A statement sees what was
   * committed before it began, not before its transaction did; and no connection is closed because
   * little happens on it. A machine that is gone is noticed within half a minute.
   */
  private static final List<String> SETTINGS =
      List.of(
          "SET default_transaction_isolation = 'read committed'",
          "SET statement_timeout = 0",
          "SET lock_timeout = 0",
          "SET idle_in_transaction_session_timeout = 0",
          "SET idle_session_timeout = 0",
          "SET tcp_keepalives_idle = 10",
          "SET tcp_keepalives_interval = 5",
          "SET tcp_keepalives_count = 3");

  /**
   * @throws IllegalArgumentException if the URL is none of PostgreSQL, with a message that has
   *     nothing of it
   */
  public PostgresServer {
    if (!url.startsWith(SCHEME)) {
      throw new IllegalArgumentException("the url does not begin with " + SCHEME);
    }
    if (!isUrl(url)) {
      throw new IllegalArgumentException(
          "the url is not %s//host[:port][,host[:port]...]/database[?name=value&...], or has a %% that begins no byte"
              .formatted(SCHEME));
    }
  }

  /**
   * Whether the driver understands a URL, which may hold a password. It is not asked: what it does
   * not understand it writes to its log.
   */
  public static boolean isUrl(String url) {
    int query = url.indexOf('?');
    try {
      var unused = URLDecoder.decode(url, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return false;
    }
    return PLACE.matcher(query < 0 ? url : url.substring(0, query)).matches();
  }

  /**
   * Connects, in autocommit mode. What is committed on the connection is flushed: {@code
   * synchronous_commit} is raised where it is off. What the server warns of as the session begins,
   * such as another version of a collation, is no warning of what is done in it, and is gone.
   *
   * @param application what the server's lists of connections say it is
   */
  public Connection connect(String application) throws SQLException {
    var properties = new Properties();
    properties.setProperty("ApplicationName", application);
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("connectTimeout", CONNECT_SECONDS_MAX);
    properties.setProperty("socketTimeout", GREETING_SECONDS_MAX); // until the session stands
    if (!user.isEmpty()) {
      properties.setProperty("user", user);
    }
    if (!password.isEmpty()) {
      properties.setProperty("password", password);
    }
    var connection = open(properties);
    try {
      connection.setNetworkTimeout(Runnable::run, SILENCE_MAX_MS);
      set(connection);
      connection.clearWarnings();
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** What is said of a URL may be all of it, and a password with it. */
  private Connection open(Properties properties) throws SQLException {
    try {
      return DriverManager.getConnection(url, properties);
    } catch (SQLException e) {
      throw String.valueOf(e.getMessage()).contains(url)
          ? new SQLException("no driver takes the url", e.getSQLState())
          : e;
    }
  }

  /**
   * The same server, with another schema as the only one of its search path.
   *
   * @param schema its name as it is, in whatever letters
   */
  public PostgresServer inSchema(String schema) {
    int query = url.indexOf('?');
    var kept = new StringJoiner("&", "?", "");
    if (query >= 0) {
      for (var parameter : url.substring(query + 1).split("&", -1)) {
        if (!parameter.isEmpty() && !parameter.startsWith(SCHEMA_PARAMETER)) {
          kept.add(parameter);
        }
      }
    }
    kept.add(SCHEMA_PARAMETER + URLEncoder.encode(quoted(schema), StandardCharsets.UTF_8));
    return new PostgresServer((query < 0 ? url : url.substring(0, query)) + kept, user, password);
  }

  /** Makes a schema if it is not there. */
  public static void makeSchema(Connection connection, String schema) throws SQLException {
    try (var query = connection.prepareStatement("SELECT to_regnamespace(?) IS NOT NULL");
        var statement = connection.createStatement()) {
      query.setString(1, quoted(schema));
      try (var row = query.executeQuery()) {
        row.next();
        if (row.getBoolean(1)) {
          return; // whoever may use it need not be allowed to make others
        }
      }
      statement.execute("CREATE SCHEMA IF NOT EXISTS " + quoted(schema));
    }
  }

  /** A name as a statement holds it. */
  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  private static void set(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      for (var setting : SETTINGS) {
        statement.execute(setting);
      }
      statement.execute(
          "SELECT set_config('synchronous_commit', 'on', false)"
              + " WHERE current_setting('synchronous_commit') = 'off'");
    }
  }

  /**
   * Makes tables, or brings them to the newest version, in one transaction. Two that do so at once
   * wait for each other.
   *
   * @param part whose tables: {@code journal}, {@code archive}
   * @param opening opens a script, null if there is none of that name
   * @param scripts their names: the first makes version 1, each other the next; all are kept, and
   *     only added to
   * @throws SQLException if the server refuses, or the tables are of a later version
   */
  public static void prepare(
      Connection connection,
      String part,
      Function<String, @Nullable InputStream> opening,
      List<String> scripts)
      throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try (var statement = connection.createStatement()) {
      statement.execute("SELECT pg_advisory_xact_lock(hashtext('lastword_versions'))");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS lastword_versions"
              + " (part text PRIMARY KEY, version integer NOT NULL)");
      int version = version(connection, part);
      if (version > scripts.size()) {
        throw new SQLException(
            "its tables of the %s have version %d, and %d is the newest that this Lastword knows"
                .formatted(part, version, scripts.size()));
      }
      for (int next = version; next < scripts.size(); next++) {
        statement.execute(script(opening, scripts.get(next)));
      }
      if (version < scripts.size()) {
        setVersion(connection, part, scripts.size());
        log.info("postgresql.prepared part={} version={}", part, scripts.size());
      }
      connection.commit();
    } catch (SQLException e) {
      rollBack(connection, e);
      throw e;
    } finally {
      restore(connection, autoCommit);
    }
  }

  private static String script(Function<String, @Nullable InputStream> opening, String name) {
    try (var script = opening.apply(name)) {
      if (script == null) {
        throw new IllegalStateException("there is no " + name);
      }
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A connection that is gone has no mode to go back to, and whoever uses it next is told. */
  private static void restore(Connection connection, boolean autoCommit) throws SQLException {
    if (!connection.isClosed()) {
      connection.setAutoCommit(autoCommit);
    }
  }

  private static int version(Connection connection, String part) throws SQLException {
    try (var query =
        connection.prepareStatement("SELECT version FROM lastword_versions WHERE part = ?")) {
      query.setString(1, part);
      try (var row = query.executeQuery()) {
        return row.next() ? row.getInt(1) : 0;
      }
    }
  }

  private static void setVersion(Connection connection, String part, int version)
      throws SQLException {
    try (var change =
        connection.prepareStatement(
            "INSERT INTO lastword_versions (part, version) VALUES (?, ?)"
                + " ON CONFLICT (part) DO UPDATE SET version = excluded.version")) {
      change.setString(1, part);
      change.setInt(2, version);
      change.executeUpdate();
    }
  }

  /** Takes back what a transaction has done; that this failed, too, is said beside why. */
  public static void rollBack(Connection connection, SQLException why) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      why.addSuppressed(e);
    }
  }

  /** The URL without what it says of users and passwords. */
  @Override
  public String toString() {
    int query = url.indexOf('?');
    var place = query < 0 ? url : url.substring(0, query);
    int at = place.indexOf('@');
    return at < 0 ? place : SCHEME + "//" + place.substring(at + 1);
  }
}
