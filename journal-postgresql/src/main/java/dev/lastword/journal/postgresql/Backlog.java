package dev.lastword.journal.postgresql;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/**
 * What stands in a journal behind a position: as much as an opening that begins there has to read.
 *
 * @param bytes of flushes that have entries
 * @param age how long ago the oldest of them was written, by the clock of whoever wrote it; zero
 *     where there are none
 */
public record Backlog(long bytes, Duration age) {
  /** Where in a flush its batch mark says what it is, what for, and when it was written. */
  private static final String SUM =
      """
      SELECT coalesce(sum(length(bytes)), 0),
        coalesce(ceil(extract(epoch FROM clock_timestamp()) * 1000)::bigint
          - min(('x' || encode(substr(bytes, 57, 8), 'hex'))::bit(64)::bigint), 0)
      FROM lastword_flushes JOIN lastword_segments AS segments USING (segment)
        JOIN lastword_journals AS journals USING (journal)
      WHERE journals.name = ?
        AND CASE WHEN segments.name ~ '^[0-9]{10}[.]journal$'
          THEN (left(segments.name, 10)::bigint << 32) + position + length(bytes) END > ?
        AND substr(bytes, 9, 1) = '\\x01' AND substr(bytes, 11, 1) = '\\x00'\
      """;

  /**
   * Reads it; changes nothing, and waits for nobody.
   *
   * @param connection whose first schema the journal's tables are in
   * @param journal its name, as {@link PostgresJournal#MAIN}
   * @param position where an entry ends; 0 for the journal's beginning
   * @throws SQLException if the server refuses, or the tables are not there
   * @see "docs/formats/journal.md §3, batches"
   */
  public static Backlog behind(Connection connection, String journal, long position)
      throws SQLException {
    try (var query = connection.prepareStatement(SUM)) {
      query.setString(1, journal);
      query.setLong(2, position);
      try (var row = query.executeQuery()) {
        row.next();
        return new Backlog(row.getLong(1), Duration.ofMillis(Math.max(0, row.getLong(2))));
      }
    }
  }
}
