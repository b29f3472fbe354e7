package dev.lastword.archive.sql;

import dev.lastword.archive.ArchivedEvents;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The events of streams, in rows of {@code events}: runs of a size that suits a row. */
final class EventRows {
  /** Length on the wire up to which events share a row, or a read; a larger event is alone. */
  static final int RUN_BYTES_MAX = 256 << 10;

  private static final String COLUMNS = "first_seq, count, bounds, wire, crc";

  private EventRows() {}

  /** Number of the last event that is here of a stream, 0 for none. */
  static long lastSeq(Session session, StreamId id) throws SQLException {
    return session.number(
        "SELECT first_seq + count - 1 FROM @events WHERE stream = ? ORDER BY first_seq DESC LIMIT 1",
        id.value());
  }

  /** Deletes the events from one on. */
  static void deleteFrom(Session writer, StreamId id, long seq) throws SQLException {
    var cut = rowOf(writer, id, seq).filter(row -> row.firstSeq() < seq);
    var from = cut.map(ArchivedEvents::firstSeq).orElse(seq);
    writer.change("DELETE FROM @events WHERE stream = ? AND first_seq >= ?", id.value(), from);
    if (cut.isPresent()) {
      var appending = new EventAppender(writer, id, from);
      appending.append(cut.get().events().slice(0, (int) (seq - from)));
      appending.write();
    }
  }

  /** The row that holds event {@code seq}. */
  private static Optional<ArchivedEvents> rowOf(Session session, StreamId id, long seq)
      throws SQLException {
    try (var row =
        session.query(
            "SELECT "
                + COLUMNS
                + " FROM @events WHERE stream = ? AND first_seq <= ?"
                + " ORDER BY first_seq DESC LIMIT 1",
            id.value(),
            seq)) {
      return row.next()
          ? Optional.of(read(id, row)).filter(found -> seq < found.nextSeq())
          : Optional.empty();
    }
  }

  /**
   * Reads the row that holds event {@code seq}, and those behind it as far as {@link
   * #RUN_BYTES_MAX} goes.
   *
   * @return empty if there is no such event
   * @throws DamagedRowException if a row is not what was written
   */
  static Optional<ArchivedEvents> read(Session session, StreamId id, long seq) throws SQLException {
    var span = span(session, id, seq);
    if (span.isEmpty()) {
      return Optional.empty();
    }
    var runs = new ArrayList<EncodedEvents>();
    long next = span.get(0);
    try (var row =
        session.query(
            "SELECT "
                + COLUMNS
                + " FROM @events WHERE stream = ? AND first_seq BETWEEN ? AND ?"
                + " ORDER BY first_seq",
            id.value(),
            next,
            span.get(1))) {
      while (row.next()) {
        var run = read(id, row);
        if (run.firstSeq() != next) {
          throw new DamagedRowException(
              "event %d follows on event %d".formatted(run.firstSeq(), next - 1));
        }
        runs.add(run.events());
        next = run.nextSeq();
      }
    }
    var run = new ArchivedEvents(span.get(0), EncodedEvents.concat(runs));
    return seq < next ? Optional.of(run) : Optional.empty();
  }

  /**
   * The first and the last {@code first_seq} to read, or nothing. The length of a text is in its
   * row's header: none is loaded for this.
   */
  private static List<Long> span(Session session, StreamId id, long seq) throws SQLException {
    try (var row =
        session.query(
            "SELECT first_seq, octet_length(wire) FROM @events WHERE stream = ? AND first_seq"
                + " >= (SELECT max(first_seq) FROM @events WHERE stream = ?"
                + " AND first_seq <= ?) ORDER BY first_seq",
            id.value(),
            id.value(),
            seq)) {
      if (!row.next()) {
        return List.of();
      }
      long first = row.getLong(1);
      long last = first;
      long bytes = row.getLong(2);
      while (row.next() && bytes + row.getLong(2) <= RUN_BYTES_MAX) {
        last = row.getLong(1);
        bytes += row.getLong(2);
      }
      return List.of(first, last);
    }
  }

  private static ArchivedEvents read(StreamId id, ResultSet row) throws SQLException {
    long firstSeq = row.getLong(1);
    byte[] bounds = bytes(row, 3);
    byte[] wire = bytes(row, 4);
    var crc = Columns.optionalLong(row, 5);
    if (crc != null && crc != crc(id, firstSeq, row.getInt(2), bounds, wire)) {
      throw new DamagedRowException(
          "its events from %d on do not have the checksum that they had".formatted(firstSeq));
    }
    try {
      var events = EncodedEvents.join(bounds, wire);
      if (events.count() != row.getInt(2)) {
        throw new DamagedRowException(
            "%d events from %d on, not %d".formatted(events.count(), firstSeq, row.getInt(2)));
      }
      return new ArchivedEvents(firstSeq, events);
    } catch (IllegalArgumentException e) {
      throw new DamagedRowException("its events from %d on are none".formatted(firstSeq), e);
    }
  }

  private static byte[] bytes(ResultSet row, int column) throws SQLException {
    byte[] bytes = row.getBytes(column);
    return bytes == null ? new byte[0] : bytes; // a text of no bytes
  }

  /** Over the columns of a row but for itself. */
  static long crc(StreamId id, long firstSeq, int count, byte[] bounds, byte[] wire) {
    return new Checksum().add(id.value()).add(firstSeq).add(count).add(bounds).add(wire).value();
  }
}
