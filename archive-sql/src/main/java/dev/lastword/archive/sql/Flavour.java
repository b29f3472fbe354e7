package dev.lastword.archive.sql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;

/**
 * What one database does otherwise than another: words of its SQL, what its refusals mean, and
 * which characters it does not take.
 *
 * <p>Statements in this room are written with {@code @word} where databases differ. What {@link
 * #words} does not name stands for itself, such as the name of a table.
 *
 * @see "docs/formats/archive.md"
 */
public interface Flavour {
  /**
   * What stands for a word: {@code true} and {@code false}; {@code json}, {@code utf8} and {@code
   * wire}, a parameter that is one; {@code texts_of}, a query for the texts of a parameter that is
   * a JSON array of them; {@code name} and {@code readable_owner}, of a stream's attributes; {@code
   * attributes}, as text; {@code stream_count}, a query for about how many there are; {@code
   * now_ms}; {@code end_day}, of {@code ended_ms}; {@code sum_in} and the like, sums that stop at
   * the largest number; the names of tables.
   */
  Map<String, String> words();

  /**
   * That a text in a column is that of the parameter, which is set as often as it is asked for. A
   * database whose indexes do not take any text asks for more than equality.
   */
  default String equal(String column) {
    return column + " = ?";
  }

  /** That there is no text in a column. */
  default String missing(String column) {
    return column + " IS NULL";
  }

  /** Rows that come in one go, 0 for what the driver thinks best. */
  int fetchSize();

  /**
   * Whether statements that nobody waits for go out together, before the next that somebody does.
   * That saves a server's clients a round trip for each.
   */
  boolean gathers();

  /**
   * Begins a transaction.
   *
   * @param writes or only several reads are to see the same
   */
  void begin(Connection connection, boolean writes) throws SQLException;

  /**
   * Commits, and returns when it is durable.
   *
   * @throws SQLException if it is not, or nobody can tell
   */
  void commit(Connection connection) throws SQLException;

  /** Takes back what the transaction has done, also of one that the database has ended itself. */
  void rollBack(Connection connection) throws SQLException;

  /** Ends the statement that runs now, if one does. From any thread. */
  void interrupt(Connection connection) throws SQLException;

  /** Somebody else holds a lock: later it may go. */
  boolean isBusy(SQLException e);

  /** The connection is gone, and another may do. */
  boolean isBroken(SQLException e);

  /** What is stored does not make sense. */
  boolean isDamaged(SQLException e);

  /** There is no room. */
  boolean isFull(SQLException e);

  /** A text as it is stored: no two are the same, and {@link #read} reads it back. */
  default String stored(String text) {
    return text;
  }

  /** A text as it was before it was stored. */
  default String read(String stored) {
    return stored;
  }
}
