package dev.lastword.archive.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A connection and its statements, each compiled once: compiling takes longer than most of them
 * run. Their texts are constants of this room and a few that are put together from constants, with
 * {@code @words} that the {@link Flavour} knows. For one thread, but for {@link #interrupt}.
 */
public final class Session implements AutoCloseable {
  private static final Pattern WORD = Pattern.compile("@(\\w+)");

  private final Connection connection;
  private final Flavour flavour;
  private final Map<String, PreparedStatement> statements = new HashMap<>();

  /** What has not gone out yet. The order among different statements is not kept. */
  private final Set<PreparedStatement> gathered = new LinkedHashSet<>();

  /** Takes a connection over. */
  public Session(Connection connection, Flavour flavour) {
    this.connection = connection;
    this.flavour = flavour;
  }

  /** How its database speaks. */
  Flavour flavour() {
    return flavour;
  }

  /** What stands for the words of a text. */
  private String worded(String sql) {
    var words = flavour.words();
    return WORD.matcher(sql)
        .replaceAll(
            word -> Matcher.quoteReplacement(words.getOrDefault(word.group(1), word.group(1))));
  }

  /** Runs a statement to its end; what it returns is dropped. */
  public void run(String sql) throws SQLException {
    sendGathered();
    try (var statement = connection.createStatement()) {
      statement.executeUpdate(worded(sql)); // execute() would take a pragma's first step only
    }
  }

  /** The first column of the first row, 0 if there is no row. */
  public long number(String sql, @Nullable Object... parameters) throws SQLException {
    try (var rows = query(sql, parameters)) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }

  /** Changes rows; returns how many. */
  public int change(String sql, @Nullable Object... parameters) throws SQLException {
    sendGathered();
    return statement(sql, parameters).executeUpdate();
  }

  /** Inserts, as {@link #insert(PreparedStatement)}. */
  void insert(String sql, @Nullable Object... parameters) throws SQLException {
    insert(statement(sql, parameters));
  }

  /**
   * Executes a statement whose parameters are set, now or before anything else is asked for. No
   * other that is inserted meanwhile may depend on it.
   */
  void insert(PreparedStatement statement) throws SQLException {
    if (flavour.gathers()) {
      statement.addBatch();
      gathered.add(statement);
    } else {
      statement.executeUpdate();
      statement.clearParameters(); // the statement stays, its bytes do not
    }
  }

  private void sendGathered() throws SQLException {
    try {
      for (var statement : gathered) {
        statement.executeBatch();
      }
    } finally {
      forgetGathered();
    }
  }

  private void forgetGathered() throws SQLException {
    for (var statement : gathered) {
      statement.clearBatch();
      statement.clearParameters();
    }
    gathered.clear();
  }

  /** Asks; whoever asks closes the rows, and before the same is asked again. */
  public ResultSet query(String sql, @Nullable Object... parameters) throws SQLException {
    sendGathered();
    return statement(sql, parameters).executeQuery();
  }

  /** A statement with its parameters set. */
  private PreparedStatement statement(String sql, @Nullable Object... parameters)
      throws SQLException {
    var statement = statement(sql);
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
    return statement;
  }

  /** A statement; it stays this session's. */
  PreparedStatement statement(String sql) throws SQLException {
    var statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(worded(sql));
      if (flavour.fetchSize() > 0) {
        statement.setFetchSize(flavour.fetchSize());
      }
      statements.put(sql, statement);
    }
    return statement;
  }

  /** Begins a transaction, as {@link Flavour#begin}. */
  void begin(boolean writes) throws SQLException {
    flavour.begin(connection, writes);
  }

  /** Commits, as {@link Flavour#commit}. */
  void commit() throws SQLException {
    sendGathered();
    flavour.commit(connection);
  }

  /** Rolls back, as {@link Flavour#rollBack}. */
  void rollBack() throws SQLException {
    forgetGathered();
    flavour.rollBack(connection);
  }

  /** Ends the statement that runs now, if one does. From any thread. */
  void interrupt() throws SQLException {
    flavour.interrupt(connection);
  }

  @Override
  public void close() throws SQLException {
    try {
      for (var statement : statements.values()) {
        statement.close();
      }
    } finally {
      connection.close();
    }
  }
}
