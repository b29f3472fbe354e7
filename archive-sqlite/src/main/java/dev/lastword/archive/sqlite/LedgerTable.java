package dev.lastword.archive.sqlite;

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

/**
 * The table {@code ledger}: one row for each life of a stream that ended. A row is written in the
 * transaction that stores the end, is never changed, and stays when the stream is deleted.
 */
final class LedgerTable {
  static final String TABLE =
      """
      CREATE TABLE ledger (
        stream TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        owner TEXT,
        tenant TEXT,
        route TEXT,
        model TEXT,
        dialect TEXT,
        tokens_in INTEGER,
        tokens_out INTEGER,
        tokens_cached INTEGER,
        tokens_reasoning INTEGER,
        outcome TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        ended_ms INTEGER NOT NULL,
        PRIMARY KEY (stream, opened_at)
      ) STRICT, WITHOUT ROWID""";

  static final List<String> INDEXES =
      List.of(
          "CREATE INDEX ledger_by_end ON ledger (ended_ms)",
          "CREATE INDEX ledger_by_owner ON ledger (owner, ended_ms)");

  private static final String INSERT =
      "INSERT INTO ledger (stream, opened_at, owner, tenant, route, model, dialect, tokens_in,"
          + " tokens_out, tokens_cached, tokens_reasoning, outcome, created_ms, ended_ms)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

  /** A sum that grows beyond what a number holds stops there; the query does not fail. */
  private static final String SUMS =
      "count(*), count(*) FILTER (WHERE tokens_in IS NULL AND tokens_out IS NULL),"
          + " CAST(total(tokens_in) AS INTEGER), CAST(total(tokens_out) AS INTEGER),"
          + " CAST(total(tokens_cached) AS INTEGER), CAST(total(tokens_reasoning) AS INTEGER)";

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
    writer.change(
        INSERT,
        stream.id().value(),
        stream.openedAt(),
        attributes.get(Archive.OWNER),
        attributes.get(Archive.TENANT),
        attributes.get(Archive.ROUTE),
        attributes.get(Archive.MODEL),
        attributes.get(Archive.DIALECT),
        tokens.in(),
        tokens.out(),
        tokens.cached(),
        tokens.reasoning(),
        outcome.word(),
        stream.createdMs(),
        stream.endedMs());
  }

  /** Sums it up. */
  static List<UsageSum> sums(Session session, UsageQuery query) throws SQLException {
    var groups = query.by().stream().map(LedgerTable::column).collect(Collectors.joining(", "));
    var sql = new StringBuilder("SELECT ").append(groups).append(groups.isEmpty() ? "" : ", ");
    sql.append(SUMS).append(" FROM ledger WHERE 1 = 1");
    var parameters = new ArrayList<>();
    if (query.owner() != null) {
      sql.append(" AND owner IS nullif(?, '')");
      parameters.add(query.owner());
    }
    if (query.fromMs() != null) {
      sql.append(" AND ended_ms >= ?");
      parameters.add(query.fromMs());
    }
    if (query.toMs() != null) {
      sql.append(" AND ended_ms < ?");
      parameters.add(query.toMs());
    }
    if (!groups.isEmpty()) {
      sql.append(" GROUP BY ").append(groups).append(" ORDER BY ").append(groups);
    }
    sql.append(" LIMIT ?");
    parameters.add(query.limit());
    var sums = new ArrayList<UsageSum>();
    try (var row = session.query(sql.toString(), parameters.toArray())) {
      while (row.next()) {
        sums.add(sum(row, query.by().size()));
      }
    }
    return sums;
  }

  private static String column(UsageQuery.By by) {
    return by == UsageQuery.By.DAY ? "date(ended_ms / 1000, 'unixepoch')" : by.word();
  }

  private static UsageSum sum(ResultSet row, int groups) throws SQLException {
    var group = new ArrayList<Optional<String>>();
    for (int i = 1; i <= groups; i++) {
      group.add(Optional.ofNullable(row.getString(i)));
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
