package dev.lastword.gateway;

import dev.lastword.cluster.Shard;
import dev.lastword.cluster.postgresql.Membership;
import dev.lastword.journal.postgresql.Backlog;
import dev.lastword.journal.postgresql.PostgresJournal;
import dev.lastword.journal.postgresql.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How far the archives of shards are behind their journals, asked of the databases. */
final class ShardLags {
  private ShardLags() {}

  /**
   * A shard's journal.
   *
   * @param schema in which its tables are
   * @param behind what is not in the archive yet
   */
  record Lag(String schema, Backlog behind) {}

  /**
   * Reads what of each shard's journal is not in its archive yet; a shard whose tables are not
   * there is left out.
   *
   * @throws SQLException if a database refuses
   */
  static Map<Shard, Lag> read(PostgresServer journals, PostgresServer archives, List<Shard> shards)
      throws SQLException {
    try (var ofArchives = archives.connect("lastword nodes");
        var ofJournals = journals.connect("lastword nodes")) {
      var positions = new HashMap<Shard, Long>();
      for (var entry : schemas(ofArchives, shards).entrySet()) {
        ofArchives.setSchema(entry.getValue());
        positions.put(entry.getKey(), position(ofArchives));
      }
      var lags = new HashMap<Shard, Lag>();
      for (var entry : schemas(ofJournals, shards).entrySet()) {
        ofJournals.setSchema(entry.getValue());
        if (has(ofJournals, "lastword_flushes")) {
          long position = positions.getOrDefault(entry.getKey(), 0L);
          var behind = Backlog.behind(ofJournals, PostgresJournal.MAIN, position);
          lags.put(entry.getKey(), new Lag(entry.getValue(), behind));
        }
      }
      return lags;
    }
  }

  /** Before another schema is the first. */
  private static Map<Shard, String> schemas(Connection connection, List<Shard> shards)
      throws SQLException {
    var schemas = new HashMap<Shard, String>();
    for (var shard : shards) {
      schemas.put(shard, Membership.schema(connection, shard));
    }
    return schemas;
  }

  /** Up to where nothing has to be read any more; 0 for an archive that has stored nothing. */
  private static long position(Connection archive) throws SQLException {
    if (!has(archive, "lastword_checkpoint")) {
      return 0;
    }
    try (var statement = archive.createStatement();
        var row = statement.executeQuery("SELECT position FROM lastword_checkpoint")) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  private static boolean has(Connection connection, String table) throws SQLException {
    try (var query = connection.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
      query.setString(1, table);
      try (var row = query.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }
}
