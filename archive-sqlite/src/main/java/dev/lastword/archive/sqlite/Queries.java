package dev.lastword.archive.sqlite;

import dev.lastword.archive.Archive.Known;
import dev.lastword.archive.Archive.Query;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.StreamId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Questions about many streams. */
final class Queries {
  private static final Logger log = LoggerFactory.getLogger(SqliteArchive.class);

  private Queries() {}

  static List<ArchivedStream> unfinished(Connection connection) throws SQLException {
    try (var select =
        Sql.prepare(
            connection,
            "SELECT " + StreamRow.COLUMNS + " FROM streams WHERE at_rest = 0 ORDER BY opened_at")) {
      return streams(select.executeQuery(), Integer.MAX_VALUE);
    }
  }

  static List<ArchivedStream> list(Connection connection, Query query) throws SQLException {
    var sql = new StringBuilder("SELECT " + StreamRow.COLUMNS + " FROM streams WHERE at_rest = 1");
    var parameters = new ArrayList<>();
    equal(sql, parameters, "owner", query.owner());
    equal(sql, parameters, "outcome", query.outcome());
    equal(sql, parameters, "conversation", query.conversation());
    var before = query.before();
    if (before != null) {
      sql.append(" AND (created_ms, id) < (?, ?)");
      parameters.add(before.createdMs());
      parameters.add(before.id().value());
    }
    sql.append(" ORDER BY created_ms DESC, id DESC");
    try (var select = Sql.prepare(connection, sql.toString(), parameters.toArray())) {
      return streams(select.executeQuery(), query.limit());
    }
  }

  private static void equal(
      StringBuilder sql, List<Object> parameters, String column, @Nullable String value) {
    if (value != null) {
      sql.append(" AND ").append(column).append(" = ?");
      parameters.add(value);
    }
  }

  /** The first rows that are whole. */
  private static List<ArchivedStream> streams(ResultSet rows, int limit) throws SQLException {
    var streams = new ArrayList<ArchivedStream>();
    try (rows) {
      while (streams.size() < limit && rows.next()) {
        whole(rows).ifPresent(streams::add);
      }
    }
    return streams;
  }

  private static Optional<ArchivedStream> whole(ResultSet row) throws SQLException {
    try {
      return Optional.of(StreamRow.read(row));
    } catch (DamagedRowException e) {
      var id = StreamId.parse(String.valueOf(row.getString(1)));
      log.error(
          "archive.damaged stream={} cause={}",
          id.map(StreamId::value).orElse("?"),
          e.getMessage());
      return Optional.empty();
    }
  }

  static Map<StreamId, Known> known(Connection connection, Collection<StreamId> ids)
      throws SQLException {
    var known = new HashMap<StreamId, Known>();
    for (var id : ids) {
      known(connection, id).ifPresent(each -> known.put(id, each));
    }
    return known;
  }

  private static Optional<Known> known(Connection connection, StreamId id) throws SQLException {
    Optional<ArchivedStream> row;
    try {
      row = StreamRow.find(connection, id);
    } catch (DamagedRowException e) {
      log.error("archive.damaged stream={} cause={}", id, e.getMessage());
      return Optional.empty();
    }
    if (row.isPresent()) {
      return row.map(s -> new Known(s.openedAt(), s.upTo(), s.atRest(), false));
    }
    long checkpoint = Sql.number(connection, "SELECT position FROM checkpoint");
    return Tombstone.find(connection, id)
        .filter(gone -> gone.openedAt() >= checkpoint)
        .map(gone -> new Known(gone.openedAt(), gone.upTo(), true, true));
  }

  /**
   * Oldest end first. The order and the sizes are in the index; what goes is decided by the row.
   */
  static List<StreamId> outlived(
      Connection connection, long endedBeforeTimeMs, long bytesMax, int limit) throws SQLException {
    long bytes =
        Sql.number(connection, "SELECT coalesce(sum(bytes), 0) FROM streams WHERE at_rest = 1");
    var outlived = new ArrayList<StreamId>();
    try (var select =
            Sql.prepare(
                connection,
                "SELECT id, complete_time_ms, bytes FROM streams WHERE at_rest = 1"
                    + " ORDER BY complete_time_ms, ended_ms, id");
        var row = select.executeQuery()) {
      while (outlived.size() < limit && row.next()) {
        long completeTimeMs = row.getLong(2);
        boolean old = completeTimeMs > 0 && completeTimeMs < endedBeforeTimeMs;
        if (!old && bytes <= bytesMax && completeTimeMs > 0) {
          break;
        }
        if (old || bytes > bytesMax) {
          StreamId.parse(row.getString(1)).ifPresent(outlived::add);
          bytes -= row.getLong(3);
        }
      }
    }
    return outlived;
  }
}
