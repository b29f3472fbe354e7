package dev.lastword.journal.postgresql;

import dev.lastword.journal.FencedException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to write a journal.
 *
 * <p>Two locks of the server's say who has it. The <em>courtesy</em> is held by the connection that
 * writes as long as it lives, so that a second process is refused while the first is alive. The
 * <em>fence</em> is shared by every transaction that writes and taken alone by whoever opens: so no
 * transaction that has seen the old epoch is still under way when the new one is read by anybody.
 *
 * @param journal its row
 * @param locks the first half of the number of its locks: the table's own number, so that two
 *     schemas of a database do not meet
 * @param epoch under which this owner writes
 */
record Ownership(int journal, int locks, long epoch) {
  private static final Logger log = LoggerFactory.getLogger(PostgresJournal.class);
  private static final List<String> SCRIPTS = List.of("journal-1.sql");

  /** Epochs of one timeline: more than any journal is opened often. */
  private static final int TIMELINE_SHIFT = 32;

  /**
   * Takes a journal over, on the connection that will write; where that fails, it is of no use.
   *
   * @throws IOException if another process has it open
   */
  static Ownership take(Connection connection, PostgresJournal.Options options)
      throws SQLException, IOException {
    PostgresServer.prepare(connection, "journal", Ownership.class::getResourceAsStream, SCRIPTS);
    warnIfNotDurable(connection);
    int journal = journal(connection, options.name());
    int locks = Courtesy.locks(connection, "lastword_journals");
    beCourteous(connection, options, journal, locks);
    connection.setAutoCommit(false);
    lock(connection, "SELECT pg_advisory_xact_lock(?, ?)", locks, journal);
    long epoch = raise(connection, journal);
    connection.clearWarnings();
    connection.commit();
    Commit.require(connection.getWarnings());
    connection.setAutoCommit(true);
    return new Ownership(journal, locks, epoch);
  }

  private static void warnIfNotDurable(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery("SHOW fsync")) {
      if (row.next() && row.getString(1).equals("off")) {
        log.warn("journal.not_durable setting=fsync value=off");
      }
    }
  }

  /** The row of a name, made if there is none. */
  private static int journal(Connection connection, String name) throws SQLException {
    try (var insert =
        connection.prepareStatement(
            "INSERT INTO lastword_journals (name) VALUES (?) ON CONFLICT (name) DO NOTHING")) {
      insert.setString(1, name);
      insert.executeUpdate();
    }
    try (var query =
        connection.prepareStatement("SELECT journal FROM lastword_journals WHERE name = ?")) {
      query.setString(1, name);
      try (var row = query.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
    }
  }

  /** Waits for whoever has the journal open. Its own connection keeps the lock until it ends. */
  private static void beCourteous(
      Connection connection, PostgresJournal.Options options, int journal, int locks)
      throws SQLException, IOException {
    var courtesy = new Courtesy(locks, -journal);
    if (options.entitled()) {
      courtesy.pushAside(connection, journal);
    }
    if (courtesy.takeIfFree(connection)) {
      return;
    }
    var owner = owner(connection, journal);
    log.warn(
        "journal.waiting journal={} owner={} wait_ms={}",
        options.name(),
        owner,
        options.ownerWait().toMillis());
    if (!courtesy.take(connection, options.ownerWait())) {
      throw new IOException(
          "journal %s is open in %s: stop that first".formatted(options.name(), owner));
    }
  }

  private static void lock(Connection connection, String sql, int locks, int number)
      throws SQLException {
    try (var query = connection.prepareStatement(sql)) {
      query.setInt(1, locks);
      query.setInt(2, number);
      query.execute();
    }
  }

  /** The timeline's own numbers begin behind all those of the timeline before. */
  private static long raise(Connection connection, int journal) throws SQLException {
    try (var change =
        connection.prepareStatement(
            "UPDATE lastword_journals SET epoch = greatest(epoch + 1, ?), owner = ?,"
                + " opened_at = clock_timestamp() WHERE journal = ? RETURNING epoch")) {
      change.setLong(1, ((timeline(connection) - 1) << TIMELINE_SHIFT) + 1);
      change.setString(2, Courtesy.self());
      change.setInt(3, journal);
      try (var row = change.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /** The first eight digits of the name of the file that the server writes to now. */
  private static long timeline(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")) {
      row.next();
      return Long.parseLong(row.getString(1), 0, 8, 16);
    }
  }

  /** Who opened a journal last, since when and under which epoch. */
  static String owner(Connection connection, int journal) throws SQLException {
    try (var query =
        connection.prepareStatement(
            "SELECT owner || ' since ' || to_char(opened_at, 'YYYY-MM-DD HH24:MI:SSOF')"
                + " || ', epoch ' || epoch FROM lastword_journals WHERE journal = ?")) {
      query.setInt(1, journal);
      try (var row = query.executeQuery()) {
        var owner = row.next() ? row.getString(1) : null;
        return owner == null ? "another process" : owner;
      }
    }
  }

  /** Keeps whoever opens waiting until the transaction in hand has ended. */
  void share(Connection connection) throws SQLException {
    lock(connection, "SELECT pg_advisory_xact_lock_shared(?, ?)", locks, journal);
  }

  /** Why nothing is taken from this owner any more. */
  FencedException fenced(Connection connection, String name) throws SQLException {
    return new FencedException(
        "journal %s was taken over by %s; epoch %d is fenced out"
            .formatted(name, owner(connection, journal), epoch),
        epochNow(connection));
  }

  private long epochNow(Connection connection) throws SQLException {
    try (var query =
        connection.prepareStatement("SELECT epoch FROM lastword_journals WHERE journal = ?")) {
      query.setInt(1, journal);
      try (var row = query.executeQuery()) {
        return row.next() ? row.getLong(1) : epoch + 1; // somebody has removed the journal
      }
    }
  }
}
