package dev.lastword.archive.sql;

import dev.lastword.archive.Archive;
import dev.lastword.archive.Archive.Ended;
import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageSum;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code ledger}: one row for each life of a stream that ended. A row is written in the
 * transaction that stores the end, is never changed, and stays when the stream is deleted.
 */
final class LedgerTable {
  private static final String INSERT =
      "INSERT INTO @ledger (stream, opened_at, owner, tenant, route, model, dialect, tokens_in,"
          + " tokens_out, tokens_cached, tokens_reasoning, outcome, created_ms, ended_ms)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

  /** A sum that grows beyond what a number holds stops there; the query does not fail. */
  private static final String SUMS =
      "count(*), count(*) FILTER (WHERE tokens_in IS NULL AND tokens_out IS NULL),"
          + " @sum_in, @sum_out, @sum_cached, @sum_reasoning";

  private LedgerTable() {}

  /** Writes a response down, unless it is. */
  static void write(Session writer, Ended ended) throws SQLException {
    var stream = ended.stream();
    var outcome = stream.outcome();
    if (outcome == null) {
      return; // it never came to an end
    }
    var attributes = stream.attributes();
    var tokens = ended.tokens();
    writer.insert(
        INSERT,
        stream.id().value(),
        stream.openedAt(),
        stored(writer, attributes.get(Archive.OWNER)),
        stored(writer, attributes.get(Archive.TENANT)),
        stored(writer, attributes.get(Archive.ROUTE)),
        stored(writer, attributes.get(Archive.MODEL)),
        stored(writer, attributes.get(Archive.DIALECT)),
        tokens.in(),
        tokens.out(),
        tokens.cached(),
        tokens.reasoning(),
        outcome.word(),
        stream.createdMs(),
        stream.endedMs());
  }

  private static @Nullable String stored(Session session, @Nullable String text) {
    return text == null ? null : session.flavour().stored(text);
  }

  /** Sums it up. */
  static List<UsageSum> sums(Session session, UsageQuery query) throws SQLException {
    var groups = query.by().stream().map(LedgerTable::column).collect(Collectors.joining(", "));
    var sql = new StringBuilder("SELECT ").append(groups).append(groups.isEmpty() ? "" : ", ");
    sql.append(SUMS).append(" FROM @ledger WHERE 1 = 1");
    var parameters = new ArrayList<>();
    Queries.ofOwner(session, sql, parameters, query.owner());
    if (query.fromMs() != null) {
      sql.append(" AND ended_ms >= ?");
      parameters.add(query.fromMs());
    }
    if (query.toMs() != null) {
      sql.append(" AND ended_ms < ?");
      parameters.add(query.toMs());
    }
    if (!groups.isEmpty()) {
      sql.append(" GROUP BY ").append(groups).append(" ORDER BY ");
      sql.append(groups.replace(",", " NULLS FIRST,")).append(" NULLS FIRST");
    }
    sql.append(" LIMIT ?");
    parameters.add(query.limit());
    var sums = new ArrayList<UsageSum>();
    try (var row = session.query(sql.toString(), parameters.toArray())) {
      while (row.next()) {
        sums.add(sum(session, row, query.by().size()));
      }
    }
    return sums;
  }

  private static String column(UsageQuery.By by) {
    return by == UsageQuery.By.DAY ? "@end_day" : by.word();
  }

  private static UsageSum sum(Session session, ResultSet row, int groups) throws SQLException {
    var group = new ArrayList<Optional<String>>();
    for (int i = 1; i <= groups; i++) {
      group.add(Optional.ofNullable(row.getString(i)).map(session.flavour()::read));
    }
    return new UsageSum(
        List.copyOf(group),
        row.getLong(groups + 1),
        row.getLong(groups + 2),
        row.getLong(groups + 3),
        row.getLong(groups + 4),
        row.getLong(groups + 5),
        row.getLong(groups + 6));
  }
}
