package dev.lastword.archive.sql;

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
  private static final Logger log = LoggerFactory.getLogger(SqlArchive.class);

  private static final String UNFINISHED =
      "SELECT " + StreamRow.COLUMNS + " FROM @streams WHERE at_rest = @false ORDER BY opened_at";

  private static final String AT_REST =
      "SELECT " + StreamRow.COLUMNS + " FROM @streams WHERE at_rest = @true";

  private Queries() {}

  static List<ArchivedStream> unfinished(Session session) throws SQLException {
    var streams = new ArrayList<ArchivedStream>();
    try (var row = session.query(UNFINISHED)) {
      while (row.next()) {
        whole(session, row).ifPresent(streams::add);
      }
    }
    return streams;
  }

  static List<ArchivedStream> list(Session session, Query query) throws SQLException {
    var where = new StringBuilder();
    var parameters = new ArrayList<>();
    ofOwner(session, where, parameters, query.owner());
    equal(session, where, parameters, "outcome", query.outcome());
    equal(session, where, parameters, "conversation", query.conversation());
    if (query.saved() != null) {
      where.append(query.saved() ? " AND saved = @true" : " AND saved = @false");
    }
    var before = query.before();
    return newest(
        session,
        where.toString(),
        parameters,
        before == null ? null : new RowPlace(before.createdMs(), before.id().value()),
        query.limit());
  }

  static Optional<ArchivedStream> named(
      Session session, @Nullable String owner, String name, String path) throws SQLException {
    var where = new StringBuilder();
    var parameters = new ArrayList<>();
    equal(session, where, parameters, "@name", name);
    equal(session, where, parameters, "path", path);
    ofOwner(session, where, parameters, owner);
    return lastOpened(session, where.toString(), parameters);
  }

  /** By the journal, and not by a clock, which may have been set back; the first row is whole. */
  private static Optional<ArchivedStream> lastOpened(
      Session session, String where, List<Object> parameters) throws SQLException {
    var sql =
        AT_REST + where + " ORDER BY opened_at DESC, created_ms DESC, id DESC LIMIT 1 OFFSET ?";
    for (int damaged = 0; ; damaged++) {
      var all = new ArrayList<>(parameters);
      all.add(damaged);
      try (var row = session.query(sql, all.toArray())) {
        if (!row.next()) {
          return Optional.empty();
        }
        var stream = whole(session, row);
        if (stream.isPresent()) {
          return stream;
        }
      }
    }
  }

  /** As their rows say, damaged or not. */
  static long bytes(Session session, String owner) throws SQLException {
    var sql =
        new StringBuilder("SELECT coalesce(sum(bytes), 0) FROM @streams WHERE at_rest = @true");
    var parameters = new ArrayList<>();
    ofOwner(session, sql, parameters, owner);
    return session.number(sql.toString(), parameters.toArray());
  }

  /** Whose they are: {@code ""} is nobody's, null anybody's. */
  static void ofOwner(
      Session session, StringBuilder sql, List<Object> parameters, @Nullable String owner) {
    if (owner != null && owner.isEmpty()) {
      sql.append(" AND ").append(session.flavour().missing("owner"));
    } else {
      equal(session, sql, parameters, "owner", owner);
    }
  }

  private static void equal(
      Session session,
      StringBuilder sql,
      List<Object> parameters,
      String column,
      @Nullable String value) {
    if (value != null) {
      var equal = session.flavour().equal(column);
      sql.append(" AND ").append(equal);
      equal.chars().filter(c -> c == '?').forEach(c -> parameters.add(stored(session, value)));
    }
  }

  private static String stored(Session session, String text) {
    return session.flavour().stored(text);
  }

  /** A place in the list, also of a row whose id is none. */
  private record RowPlace(long createdMs, String id) {}

  /** The newest rows at rest that are whole: in place of each that is not, the next older one. */
  private static List<ArchivedStream> newest(
      Session session, String where, List<Object> parameters, @Nullable RowPlace before, int limit)
      throws SQLException {
    var streams = new ArrayList<ArchivedStream>();
    var next = before;
    boolean more = true;
    while (more && streams.size() < limit) {
      int wanted = limit - streams.size();
      int rows = 0;
      try (var row = page(session, where, parameters, next, wanted)) {
        while (row.next()) {
          rows++;
          next = new RowPlace(row.getLong(11), String.valueOf(row.getString(1)));
          whole(session, row).ifPresent(streams::add);
        }
      }
      more = rows == wanted;
    }
    return streams;
  }

  private static ResultSet page(
      Session session, String where, List<Object> parameters, @Nullable RowPlace before, int limit)
      throws SQLException {
    var sql = new StringBuilder(AT_REST).append(where);
    var all = new ArrayList<>(parameters);
    if (before != null) {
      sql.append(" AND (created_ms, id) < (?, ?)");
      all.add(before.createdMs());
      all.add(before.id());
    }
    sql.append(" ORDER BY created_ms DESC, id DESC LIMIT ?");
    all.add(limit);
    return session.query(sql.toString(), all.toArray());
  }

  private static Optional<ArchivedStream> whole(Session session, ResultSet row)
      throws SQLException {
    try {
      return Optional.of(StreamRow.read(session, row));
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
    long checkpoint = session.number("SELECT position FROM @checkpoint");
    return Tombstone.find(session, id)
        .filter(gone -> gone.openedAt() >= checkpoint)
        .map(gone -> new Known(gone.openedAt(), gone.upTo(), true, true));
  }

  /**
   * Oldest end first. The order and the sizes are in the index; what goes is decided by the row.
   */
  static List<StreamId> outlived(Session session, long endedBeforeTimeMs, long bytesMax, int limit)
      throws SQLException {
    long bytes =
        session.number("SELECT coalesce(sum(bytes), 0) FROM @streams WHERE at_rest = @true");
    var outlived = new ArrayList<StreamId>();
    try (var row =
        session.query(
            "SELECT id, complete_time_ms, bytes FROM @streams WHERE at_rest = @true"
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
