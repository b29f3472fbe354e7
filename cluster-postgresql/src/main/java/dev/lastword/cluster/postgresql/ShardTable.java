package dev.lastword.cluster.postgresql;

import dev.lastword.cluster.Holding;
import dev.lastword.cluster.Member;
import dev.lastword.cluster.Shard;
import dev.lastword.journal.StreamId;
import dev.lastword.journal.postgresql.Commit;
import dev.lastword.journal.postgresql.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The cluster's two tables, asked and changed on a connection in autocommit mode: each method is
 * one transaction. Every time that is compared is the server's own.
 *
 * @see "docs/formats/cluster.md"
 */
final class ShardTable {
  private static final List<String> SCRIPTS = List.of("cluster-1.sql");

  private static final String UNIQUE_VIOLATION = "23505";

  private static final String HOLDINGS =
      "SELECT shard, home, node, instance, address, epoch, opened,"
          + " CASE WHEN isfinite(lease_until) THEN"
          + " ceil(extract(epoch FROM lease_until - clock_timestamp()) * 1000) ELSE -1 END,"
          + " CASE WHEN wanted_until > clock_timestamp() THEN wanted_by ELSE '' END"
          + " FROM lastword_shards ORDER BY shard";

  /** Whoever looks at a lease that is over, and finds it so again with the row locked. */
  private static final String TAKE =
      "UPDATE lastword_shards SET home = CASE WHEN ? THEN ? ELSE home END, node = ?, instance = ?,"
          + " address = ?, epoch = epoch + 1, opened = false, taken_at = clock_timestamp(),"
          + " lease_until = clock_timestamp() + ? * interval '1 millisecond', wanted_by = '',"
          + " wanted_until = '-infinity'"
          + " WHERE shard = ? AND lease_until < clock_timestamp()"
          + " AND (wanted_by = ? OR wanted_until < clock_timestamp())";

  /** Also one that is over: as long as nobody else has taken it, it goes on. */
  private static final String RENEW =
      "UPDATE lastword_shards SET lease_until = clock_timestamp() + ? * interval '1 millisecond'"
          + " WHERE instance = ? AND shard = ANY (?) AND isfinite(lease_until) RETURNING shard";

  private static final String MAKE =
      "INSERT INTO lastword_shards (shard, home, node, instance, address, lease_until)"
          + " SELECT coalesce(max(shard), 0) + 1, ?, ?, ?, ?,"
          + " clock_timestamp() + ? * interval '1 millisecond' FROM lastword_shards"
          + " RETURNING shard";

  /**
   * It writes also where the id is claimed already: what another has claimed may be committed and
   * not be with the standby yet, and only a commit waits for that.
   */
  private static final String CLAIM =
      "INSERT INTO lastword_ids (id, shard) VALUES (?, ?)"
          + " ON CONFLICT (id) DO UPDATE SET claimed_at = clock_timestamp() RETURNING shard";

  private static final String OLD =
      "SELECT id FROM lastword_ids WHERE shard = ?"
          + " AND claimed_at < clock_timestamp() - ? * interval '1 millisecond' LIMIT ?";

  /** Only whoever has the shard knows what is in it. Nobody takes it while its row is locked. */
  private static final String IF_OLD_AND_OWNERS =
      " WHERE id = ANY (?) AND shard = ?"
          + " AND claimed_at < clock_timestamp() - ? * interval '1 millisecond'"
          + " AND EXISTS (SELECT FROM lastword_shards WHERE shard = ? AND instance = ?"
          + " AND lease_until > clock_timestamp() FOR SHARE)";

  private ShardTable() {}

  /** Makes the tables if they are not there. */
  static void prepare(Connection connection) throws SQLException {
    PostgresServer.prepare(connection, "cluster", ShardTable.class::getResourceAsStream, SCRIPTS);
  }

  static List<Holding> holdings(Connection connection) throws SQLException {
    try (var query = connection.prepareStatement(HOLDINGS);
        var row = query.executeQuery()) {
      var found = new ArrayList<Holding>();
      while (row.next()) {
        found.add(
            new Holding(
                new Shard(row.getInt(1)),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getLong(6),
                row.getBoolean(7),
                Duration.ofMillis(row.getLong(8)),
                row.getString(9)));
      }
      return found;
    }
  }

  /**
   * Takes a shard whose lease is over.
   *
   * @param asHome whether it is this node's own from now on
   * @return whether it was to be had
   */
  static boolean take(
      Connection connection, Shard shard, Member member, Duration lease, boolean asHome)
      throws SQLException {
    try (var change = connection.prepareStatement(TAKE)) {
      change.setBoolean(1, asHome);
      change.setString(2, member.name());
      change.setString(3, member.name());
      change.setString(4, member.instance());
      change.setString(5, member.address().toString());
      change.setLong(6, lease.toMillis());
      change.setInt(7, shard.number());
      change.setString(8, member.instance());
      return changed(change) == 1;
    }
  }

  /** Makes a shard that there was not, and takes it. */
  static Shard make(Connection connection, Member member, Duration lease) throws SQLException {
    while (true) {
      try (var insert = connection.prepareStatement(MAKE)) {
        insert.setString(1, member.name());
        insert.setString(2, member.name());
        insert.setString(3, member.instance());
        insert.setString(4, member.address().toString());
        insert.setLong(5, lease.toMillis());
        try (var row = insert.executeQuery()) {
          row.next();
          var made = new Shard(row.getInt(1));
          Commit.require(insert.getWarnings());
          return made;
        }
      } catch (SQLException e) {
        if (!UNIQUE_VIOLATION.equals(e.getSQLState())) {
          throw e; // else another node has made that one in the same moment
        }
      }
    }
  }

  /**
   * Renews the leases of shards that a process has.
   *
   * @param shards those that it knows it has: one that it took and was not told of runs out
   * @return those of them that it has
   */
  static Set<Shard> renew(Connection connection, String instance, Set<Shard> shards, Duration lease)
      throws SQLException {
    try (var change = connection.prepareStatement(RENEW)) {
      change.setLong(1, lease.toMillis());
      change.setString(2, instance);
      change.setArray(
          3, connection.createArrayOf("integer", shards.stream().map(Shard::number).toArray()));
      try (var row = change.executeQuery()) {
        var had = new TreeSet<Shard>();
        while (row.next()) {
          had.add(new Shard(row.getInt(1)));
        }
        Commit.require(change.getWarnings());
        return had;
      }
    }
  }

  /** Says that a shard's owner answers for it. */
  static boolean opened(Connection connection, Shard shard, String instance) throws SQLException {
    return ofOwner(connection, "SET opened = true", shard, instance);
  }

  /** Lets a shard go, so that anybody may take it at once. */
  static boolean release(Connection connection, Shard shard, String instance) throws SQLException {
    return ofOwner(connection, "SET lease_until = '-infinity', opened = false", shard, instance);
  }

  private static boolean ofOwner(Connection connection, String change, Shard shard, String instance)
      throws SQLException {
    try (var update =
        connection.prepareStatement(
            "UPDATE lastword_shards " + change + " WHERE shard = ? AND instance = ?")) {
      update.setInt(1, shard.number());
      update.setString(2, instance);
      return changed(update) == 1;
    }
  }

  /**
   * Asks whoever has a shard for it, for a while.
   *
   * @param atHome whether it is asked for by its own node, which goes before others
   */
  static void want(
      Connection connection, Shard shard, String instance, Duration wait, boolean atHome)
      throws SQLException {
    try (var update =
        connection.prepareStatement(
            "UPDATE lastword_shards SET wanted_by = ?,"
                + " wanted_until = clock_timestamp() + ? * interval '1 millisecond'"
                + " WHERE shard = ? AND instance <> ?"
                + " AND (? OR wanted_by = ? OR wanted_until < clock_timestamp())")) {
      update.setString(1, instance);
      update.setLong(2, wait.toMillis());
      update.setInt(3, shard.number());
      update.setString(4, instance);
      update.setBoolean(5, atHome);
      update.setString(6, instance);
      changed(update);
    }
  }

  private static int changed(PreparedStatement update) throws SQLException {
    int rows = update.executeUpdate();
    Commit.require(update.getWarnings());
    return rows;
  }

  /** In which shard an id is, which is this one unless somebody has claimed it before. */
  static Shard claim(Connection connection, StreamId id, Shard otherwise) throws SQLException {
    try (var query = connection.prepareStatement(CLAIM)) {
      query.setString(1, id.value());
      query.setInt(2, otherwise.number());
      try (var row = query.executeQuery()) {
        row.next();
        var claimed = new Shard(row.getInt(1));
        Commit.require(query.getWarnings());
        return claimed;
      }
    }
  }

  /** Ids of a shard that nobody has claimed for so long. */
  static List<StreamId> old(Connection connection, Shard shard, Duration age, int most)
      throws SQLException {
    try (var query = connection.prepareStatement(OLD)) {
      query.setInt(1, shard.number());
      query.setLong(2, age.toMillis());
      query.setInt(3, most);
      try (var row = query.executeQuery()) {
        var found = new ArrayList<StreamId>();
        while (row.next()) {
          found.add(new StreamId(row.getString(1)));
        }
        return found;
      }
    }
  }

  /** Forgets ids that are old, where this process has their shard still. */
  static int forget(
      Connection connection, Collection<StreamId> ids, Shard shard, String instance, Duration age)
      throws SQLException {
    return ofOld(connection, "DELETE FROM lastword_ids", ids, shard, instance, age);
  }

  /** Ids that are old count as claimed just now. */
  static int keep(
      Connection connection, Collection<StreamId> ids, Shard shard, String instance, Duration age)
      throws SQLException {
    return ofOld(
        connection,
        "UPDATE lastword_ids SET claimed_at = clock_timestamp()",
        ids,
        shard,
        instance,
        age);
  }

  private static int ofOld(
      Connection connection,
      String change,
      Collection<StreamId> ids,
      Shard shard,
      String instance,
      Duration age)
      throws SQLException {
    try (var update = connection.prepareStatement(change + IF_OLD_AND_OWNERS)) {
      update.setArray(
          1, connection.createArrayOf("text", ids.stream().map(StreamId::value).toArray()));
      update.setInt(2, shard.number());
      update.setLong(3, age.toMillis());
      update.setInt(4, shard.number());
      update.setString(5, instance);
      return changed(update);
    }
  }

  static Optional<Shard> find(Connection connection, StreamId id) throws SQLException {
    try (var query = connection.prepareStatement("SELECT shard FROM lastword_ids WHERE id = ?")) {
      query.setString(1, id.value());
      return first(query);
    }
  }

  static boolean exists(Connection connection, Shard shard) throws SQLException {
    try (var query =
        connection.prepareStatement("SELECT shard FROM lastword_shards WHERE shard = ?")) {
      query.setInt(1, shard.number());
      return first(query).isPresent();
    }
  }

  private static Optional<Shard> first(PreparedStatement query) throws SQLException {
    try (ResultSet row = query.executeQuery()) {
      return row.next() ? Optional.of(new Shard(row.getInt(1))) : Optional.empty();
    }
  }
}
