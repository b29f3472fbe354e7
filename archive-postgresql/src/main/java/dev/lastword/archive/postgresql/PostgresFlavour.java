package dev.lastword.archive.postgresql;

import dev.lastword.archive.sql.Flavour;
import dev.lastword.journal.postgresql.Commit;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;

/**
 * How PostgreSQL speaks, on connections that commit when they are told to.
 *
 * <p>No text of PostgreSQL's may hold NUL. It stands as its symbol, U+2400, and a zero, and the
 * symbol itself as two of them; so each text is told from every other and reads back as it was.
 */
enum PostgresFlavour implements Flavour {
  /** The only one. */
  INSTANCE;

  private static final char SYMBOL_FOR_NUL = '\u2400';

  /** More rows than lists have, few enough that a million ids are not in memory at once. */
  private static final int FETCH_ROWS = 1_000;

  private static final Map<String, String> WORDS =
      Map.ofEntries(
          Map.entry("streams", "lastword_streams"),
          Map.entry("events", "lastword_events"),
          Map.entry("checkpoint", "lastword_checkpoint"),
          Map.entry("deleted", "lastword_deleted"),
          Map.entry("ledger", "lastword_ledger"),
          Map.entry("json", "CAST(? AS json)"),
          Map.entry("utf8", "convert_from(?, 'UTF8')"),
          Map.entry("wire", "?"),
          Map.entry("texts_of", "SELECT json_array_elements_text(CAST(? AS json))"),
          Map.entry("attributes", "attributes::text"),
          Map.entry("readable_owner", "owner"),
          Map.entry(
              "stream_count",
              "SELECT greatest(reltuples, 0)::bigint FROM pg_class"
                  + " WHERE oid = 'lastword_streams'::regclass"),
          Map.entry("now_ms", "(extract(epoch from clock_timestamp()) * 1000)::bigint"),
          Map.entry(
              "end_day",
              "to_char(to_timestamp(ended_ms / 1000.0) AT TIME ZONE 'UTC','YYYY-MM-DD')"),
          Map.entry("sum_in", sum("tokens_in")),
          Map.entry("sum_out", sum("tokens_out")),
          Map.entry("sum_cached", sum("tokens_cached")),
          Map.entry("sum_reasoning", sum("tokens_reasoning")));

  /** Columns that are indexed by their beginnings: an index takes no more than 2,704 bytes. */
  private static final Set<String> BY_BEGINNING = Set.of("owner", "conversation", "name");

  private static final int BEGINNING_CHARACTERS = 200;

  private static String beginning(String text) {
    return "left(%s, %d)".formatted(text, BEGINNING_CHARACTERS);
  }

  private static String sum(String column) {
    return "least(coalesce(sum(%s), 0), %d)::bigint".formatted(column, Long.MAX_VALUE);
  }

  @Override
  public Map<String, String> words() {
    return WORDS;
  }

  @Override
  public String equal(String column) {
    var equal = Flavour.super.equal(column);
    return BY_BEGINNING.contains(column)
        ? beginning(column) + " = " + beginning("?") + " AND " + equal
        : equal;
  }

  @Override
  public String missing(String column) {
    return Flavour.super.missing(BY_BEGINNING.contains(column) ? beginning(column) : column);
  }

  @Override
  public int fetchSize() {
    return FETCH_ROWS;
  }

  @Override
  public boolean gathers() {
    return true;
  }

  /** The driver begins one with the first statement. */
  @Override
  public void begin(Connection connection, boolean writes) throws SQLException {
    connection.clearWarnings();
  }

  @Override
  public void commit(Connection connection) throws SQLException {
    connection.commit();
    Commit.require(connection.getWarnings());
  }

  @Override
  public void rollBack(Connection connection) throws SQLException {
    connection.rollback();
  }

  @Override
  public void interrupt(Connection connection) throws SQLException {
    connection.abort(Runnable::run);
  }

  /**
   * A lock that was not to be had, a deadlock, a transaction that another one stood in the way of.
   */
  @Override
  public boolean isBusy(SQLException e) {
    return switch (state(e)) {
      case "55P03", "40P01", "40001" -> true;
      default -> false;
    };
  }

  /** Class 08, the server ends this connection, or it has no room for one more. */
  @Override
  public boolean isBroken(SQLException e) {
    var state = state(e);
    return state.startsWith("08") || state.startsWith("57P") || state.equals("53300");
  }

  @Override
  public boolean isDamaged(SQLException e) {
    return switch (state(e)) {
      case "XX001", "XX002" -> true;
      default -> false;
    };
  }

  @Override
  public boolean isFull(SQLException e) {
    return state(e).equals("53100");
  }

  private static String state(SQLException e) {
    var state = e.getSQLState();
    return state == null ? "" : state;
  }

  @Override
  public String stored(String text) {
    if (text.indexOf(0) < 0 && text.indexOf(SYMBOL_FOR_NUL) < 0) {
      return text;
    }
    var stored = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case 0 -> stored.append(SYMBOL_FOR_NUL).append('0');
        case SYMBOL_FOR_NUL -> stored.append(SYMBOL_FOR_NUL).append(SYMBOL_FOR_NUL);
        default -> stored.append(c);
      }
    }
    return stored.toString();
  }

  @Override
  public String read(String stored) {
    if (stored.indexOf(SYMBOL_FOR_NUL) < 0) {
      return stored;
    }
    var text = new StringBuilder();
    for (int i = 0; i < stored.length(); i++) {
      char c = stored.charAt(i);
      if (c == SYMBOL_FOR_NUL && i + 1 < stored.length()) {
        i++;
        text.append(stored.charAt(i) == '0' ? '\0' : SYMBOL_FOR_NUL);
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}
