package dev.lastword.archive.sqlite;

import dev.lastword.archive.Archive.Known;
import dev.lastword.archive.Archive.Query;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.StreamId;
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

  private static final String UNFINISHED =
      "SELECT " + StreamRow.COLUMNS + " FROM streams WHERE at_rest = 0 ORDER BY opened_at";

  private Queries() {}

  static List<ArchivedStream> unfinished(Session session) throws SQLException {
    return streams(session.query(UNFINISHED), Integer.MAX_VALUE);
  }

  static List<ArchivedStream> list(Session session, Query query) throws SQLException {
    var sql = new StringBuilder("SELECT " + StreamRow.COLUMNS + " FROM streams WHERE at_rest = 1");
    var parameters = new ArrayList<>();
    if (query.owner() != null && query.owner().isEmpty()) {
      sql.append(" AND owner IS NULL");
    } else {
      equal(sql, parameters, "owner", query.owner());
    }
    equal(sql, parameters, "outcome", query.outcome());
    equal(sql, parameters, "conversation", query.conversation());
    if (query.saved() != null) {
      sql.append(query.saved() ? " AND saved = 1" : " AND saved = 0");
    }
    var before = query.before();
    if (before != null) {
      sql.append(" AND (created_ms, id) < (?, ?)");
      parameters.add(before.createdMs());
      parameters.add(before.id().value());
    }
    sql.append(" ORDER BY created_ms DESC, id DESC");
    return streams(session.query(sql.toString(), parameters.toArray()), query.limit());
  }

  static Optional<ArchivedStream> named(
      Session session, @Nullable String owner, String name, String path) throws SQLException {
    var sql =
        new StringBuilder(
            "SELECT %s FROM streams WHERE at_rest = 1 AND %s = ? AND path = ?"
                .formatted(StreamRow.COLUMNS, Schema.NAME));
    var parameters = new ArrayList<Object>(List.of(name, path));
    if (owner != null) {
      sql.append(" AND owner IS nullif(?, '')");
      parameters.add(owner);
    }
    sql.append(" ORDER BY created_ms DESC, id DESC");
    return streams(session.query(sql.toString(), parameters.toArray()), 1).stream().findFirst();
  }

  /** As their rows say, damaged or not. */
  static long bytes(Session session, String owner) throws SQLException {
    try (var row =
        session.query(
            "SELECT coalesce(sum(bytes), 0) FROM streams WHERE at_rest = 1"
                + " AND owner IS nullif(?, '')",
            owner)) {
      return row.next() ? row.getLong(1) : 0;
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

  static Map<StreamId, Known> known(Session session, Collection<StreamId> ids) throws SQLException {
    var known = new HashMap<StreamId, Known>();
    for (var id : ids) {
      known(session, id).ifPresent(each -> known.put(id, each));
    }
    return known;
  }

  private static Optional<Known> known(Session session, StreamId id) throws SQLException {
    Optional<ArchivedStream> row;
    try {
      row = StreamRow.find(session, id);
    } catch (DamagedRowException e) {
      log.error("archive.damaged stream={} cause={}", id, e.getMessage());
      return Optional.empty();
    }
    if (row.isPresent()) {
      return row.map(s -> new Known(s.openedAt(), s.upTo(), s.atRest(), false));
    }
    long checkpoint = session.number("SELECT position FROM checkpoint");
    return Tombstone.find(session, id)
        .filter(gone -> gone.openedAt() >= checkpoint)
        .map(gone -> new Known(gone.openedAt(), gone.upTo(), true, true));
  }

  /**
   * Oldest end first. The order and the sizes are in the index; what goes is decided by the row.
   */
  static List<StreamId> outlived(Session session, long endedBeforeTimeMs, long bytesMax, int limit)
      throws SQLException {
    long bytes = session.number("SELECT coalesce(sum(bytes), 0) FROM streams WHERE at_rest = 1");
    var outlived = new ArrayList<StreamId>();
    try (var row =
        session.query(
            "SELECT id, complete_time_ms, bytes FROM streams WHERE at_rest = 1"
                + " ORDER BY complete_time_ms, ended_ms, id")) {
      while (outlived.size() < limit && row.next()) {
        long completeTimeMs = row.getLong(2);
        boolean old = completeTimeMs > 0 && completeTimeMs < endedBeforeTimeMs;
        if (!old && bytes <= bytesMax && completeTimeMs > 0) {
          break;
        }
        var id = StreamId.parse(String.valueOf(row.getString(1)));
        if ((old || bytes > bytesMax) && id.isPresent()) {
          if (isRowOf(session, id.get(), completeTimeMs)) {
            outlived.add(id.get());
          }
          bytes -= row.getLong(3);
        }
      }
    }
    return outlived;
  }

  /** A damaged row goes when the index says so. */
  private static boolean isRowOf(Session session, StreamId id, long completeTimeMs)
      throws SQLException {
    try {
      var stream = StreamRow.find(session, id);
      boolean same =
          stream.isPresent()
              && stream.get().atRest()
              && stream.get().completeTimeMs() == completeTimeMs;
      if (!same) {
        log.error("archive.damaged index=streams_by_end stream={}", id);
      }
      return same;
    } catch (DamagedRowException e) {
      return true;
    }
  }
}
