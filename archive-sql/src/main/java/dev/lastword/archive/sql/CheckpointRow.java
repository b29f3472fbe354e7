package dev.lastword.archive.sql;

import dev.lastword.archive.Archive.Checkpoint;
import dev.lastword.journal.JournalId;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The row of {@code checkpoint}. */
public final class CheckpointRow {
  private static final Logger log = LoggerFactory.getLogger(SqlArchive.class);

  private CheckpointRow() {}

  /**
   * Reads it. One that is damaged is none: then the journal is replayed from its beginning, which
   * loses nothing, since storing again changes nothing; where the journal has let go of anything,
   * nobody knows whether that is here.
   */
  static Optional<Checkpoint> read(Session session) throws SQLException {
    try (var row = session.query("SELECT position, journal, crc FROM @checkpoint")) {
      if (!row.next()) {
        return Optional.empty();
      }
      long position = row.getLong(1);
      var journal = row.getString(2);
      var crc = Columns.optionalLong(row, 3);
      if (!isWhole(position, journal, crc)) {
        log.error("archive.checkpoint_damaged replayed_from=0");
        return Optional.empty();
      }
      return Optional.of(
          new Checkpoint(journal == null ? null : JournalId.parse(journal), position));
    }
  }

  static void write(Session writer, Checkpoint checkpoint) throws SQLException {
    var journal = checkpoint.journal();
    var id = journal == null ? null : journal.toString();
    writer.change(
        "INSERT INTO @checkpoint (one, position, journal, crc) VALUES (1, ?, ?, ?)"
            + " ON CONFLICT (one) DO UPDATE SET position = excluded.position,"
            + " journal = excluded.journal, crc = excluded.crc",
        checkpoint.position(),
        id,
        crc(checkpoint.position(), id));
  }

  /**
   * Whether a row is what was written.
   *
   * @param crc null in one that is not checked
   */
  public static boolean isWhole(long position, @Nullable String journal, @Nullable Long crc) {
    return crc == null || crc == crc(position, journal);
  }

  private static long crc(long position, @Nullable String journal) {
    return new Checksum().add(position).add(journal).value();
  }
}
