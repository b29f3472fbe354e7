package dev.lastword.archive.sql;

import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Appends events to a stream's rows, each of a size that suits a row.
 *
 * <p>The journal appends a few events at a time, so a stream arrives as many small runs; a row for
 * each would cost more than its events. No more than a row is held.
 */
final class EventAppender {
  private static final String INSERT =
      "INSERT INTO @events (stream, first_seq, count, bounds, wire, crc)"
          + " VALUES (?, ?, ?, ?, @wire, ?)";

  private final Session writer;
  private final StreamId id;
  private final PreparedStatement insert;
  private final List<EncodedEvents> open = new ArrayList<>();
  private long openFirstSeq;
  private long nextSeq;
  private int openBytes;

  EventAppender(Session writer, StreamId id, long firstSeq) throws SQLException {
    this.writer = writer;
    this.id = id;
    this.openFirstSeq = firstSeq;
    this.nextSeq = firstSeq;
    this.insert = writer.statement(INSERT);
  }

  /** Number of the event that is appended next. */
  long nextSeq() {
    return nextSeq;
  }

  void append(EncodedEvents events) throws SQLException {
    int from = 0;
    int start = 0;
    for (int i = 0; i < events.count(); i++) {
      int bytes = events.end(i) - start;
      if (openBytes > 0 && openBytes + (long) bytes > EventRows.RUN_BYTES_MAX) {
        take(events, from, i);
        write();
        from = i;
      }
      openBytes += bytes;
      start = events.end(i);
    }
    take(events, from, events.count());
  }

  private void take(EncodedEvents events, int from, int to) {
    if (from < to) {
      open.add(events.slice(from, to));
      nextSeq += to - from;
    }
  }

  /** Writes the row that is open, if there is one. */
  void write() throws SQLException {
    if (open.isEmpty()) {
      return;
    }
    var run = EncodedEvents.concat(open);
    byte[] bounds = run.bounds();
    insert.setString(1, id.value());
    insert.setLong(2, openFirstSeq);
    insert.setInt(3, run.count());
    insert.setBytes(4, bounds);
    insert.setBytes(5, run.wire());
    insert.setLong(6, EventRows.crc(id, openFirstSeq, run.count(), bounds, run.wire()));
    writer.insert(insert);
    openFirstSeq = nextSeq;
    open.clear();
    openBytes = 0;
  }
}
