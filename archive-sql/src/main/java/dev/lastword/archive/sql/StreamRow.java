package dev.lastword.archive.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.archive.Archive.Deposit;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A stream as a row of {@code streams}. */
final class StreamRow {
  /** What {@link #read} reads, in its order. */
  static final String COLUMNS =
      "id, state, outcome, reason, saved, save_over, terminal_missing, at_rest, ended, corrupt,"
          + " created_ms, ended_ms, complete_time_ms, opened_at, up_to, events, bytes, withheld,"
          + " withheld_bytes, late, epochs, attributes, crc, receipt";

  /** Takes what {@link #write} sets; what never changes in the life of a stream stays. */
  private static final String UPSERT =
      "INSERT INTO @streams ("
          + COLUMNS
          + ", response_crc, text, response)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, @json, @json,"
          + " ?, ?, ?, @utf8, @utf8)"
          + " ON CONFLICT (id) DO UPDATE SET state = excluded.state, outcome = excluded.outcome,"
          + " reason = excluded.reason, saved = excluded.saved, save_over = excluded.save_over,"
          + " terminal_missing = excluded.terminal_missing, at_rest = excluded.at_rest,"
          + " ended = excluded.ended, corrupt = excluded.corrupt, ended_ms = excluded.ended_ms,"
          + " complete_time_ms = excluded.complete_time_ms, up_to = excluded.up_to,"
          + " events = excluded.events, bytes = excluded.bytes, withheld = excluded.withheld,"
          + " withheld_bytes = excluded.withheld_bytes, late = excluded.late,"
          + " epochs = excluded.epochs, crc = excluded.crc, response_crc = excluded.response_crc,"
          + " receipt = excluded.receipt, text = excluded.text, response = excluded.response";

  private static final String SELECT = "SELECT " + COLUMNS + " FROM @streams WHERE id = ?";

  /** Whose a row is that cannot be read nobody knows: a blob is no owner. */
  private static final String SELECT_OF_OWNER =
      SELECT + " AND @readable_owner IS NOT DISTINCT FROM nullif(?, '')";

  private StreamRow() {}

  static void write(Session writer, Deposit deposit) throws SQLException {
    var upsert = writer.statement(UPSERT);
    var stream = deposit.stream();
    var outcome = stream.outcome();
    var epochs = RowJson.epochs(stream.epochs());
    var attributes = attributes(writer, stream);
    upsert.setString(1, stream.id().value());
    upsert.setString(2, stream.state().word());
    upsert.setString(3, outcome == null ? null : outcome.word());
    upsert.setString(4, writer.flavour().stored(stream.reason()));
    upsert.setBoolean(5, stream.saved());
    upsert.setBoolean(6, stream.saveOver());
    upsert.setBoolean(7, stream.terminalMissing());
    upsert.setBoolean(8, stream.atRest());
    upsert.setBoolean(9, stream.ended());
    upsert.setBoolean(10, stream.corrupt());
    upsert.setLong(11, stream.createdMs());
    upsert.setLong(12, stream.endedMs());
    upsert.setLong(13, stream.completeTimeMs());
    upsert.setLong(14, stream.openedAt());
    upsert.setLong(15, stream.upTo());
    upsert.setLong(16, stream.events());
    upsert.setLong(17, stream.bytes());
    upsert.setLong(18, stream.withheld());
    upsert.setLong(19, stream.withheldBytes());
    upsert.setLong(20, stream.late());
    upsert.setString(21, epochs);
    upsert.setString(22, attributes);
    upsert.setLong(23, crc(stream, epochs, attributes));
    // A response may be large: it is encoded once.
    byte[] text = utf8(writer, deposit.text());
    byte[] response = utf8(writer, deposit.response());
    upsert.setString(
        24, stream.receipt().isEmpty() ? null : writer.flavour().stored(stream.receipt()));
    upsert.setLong(25, responseCrc(stream.id(), text, response));
    upsert.setBytes(26, text);
    upsert.setBytes(27, response);
    writer.insert(upsert);
  }

  /**
   * One stream's row.
   *
   * @throws DamagedRowException if it is none that {@link #write} writes
   */
  static Optional<ArchivedStream> find(Session session, StreamId id) throws SQLException {
    try (var row = session.query(SELECT, id.value())) {
      return row.next() ? Optional.of(read(session, row)) : Optional.empty();
    }
  }

  static Optional<ArchivedStream> find(Session session, StreamId id, String owner)
      throws SQLException {
    try (var row = session.query(SELECT_OF_OWNER, id.value(), session.flavour().stored(owner))) {
      return row.next() ? Optional.of(read(session, row)) : Optional.empty();
    }
  }

  /** Where the life begins that is here, be its row damaged or not. */
  static Optional<Long> openedAt(Session session, StreamId id) throws SQLException {
    try (var row = session.query("SELECT opened_at FROM @streams WHERE id = ?", id.value())) {
      return row.next() ? Optional.of(row.getLong(1)) : Optional.empty();
    }
  }

  /**
   * The response of a stream.
   *
   * @throws DamagedRowException if it is not what was written
   */
  static Optional<String> response(Session session, StreamId id) throws SQLException {
    try (var row =
        session.query(
            "SELECT text, response, response_crc FROM @streams WHERE id = ?", id.value())) {
      if (!row.next()) {
        return Optional.empty();
      }
      byte[] response = row.getBytes(2);
      var crc = Columns.optionalLong(row, 3);
      if (crc != null && crc != responseCrc(id, row.getBytes(1), response)) {
        throw new DamagedRowException("its response does not have the checksum that it had");
      }
      return Optional.ofNullable(response)
          .map(bytes -> session.flavour().read(new String(bytes, UTF_8)));
    }
  }

  /** Writes what {@link #UPSERT} leaves alone, unless it is there; indexes are made of it. */
  static void writeBirth(Session writer, ArchivedStream stream) throws SQLException {
    var attributes = attributes(writer, stream);
    writer.change(
        "UPDATE @streams SET created_ms = ?, opened_at = ?, attributes = @json WHERE id = ?"
            + " AND (created_ms <> ? OR opened_at <> ? OR @attributes <> ?)",
        stream.createdMs(),
        stream.openedAt(),
        attributes,
        stream.id().value(),
        stream.createdMs(),
        stream.openedAt(),
        attributes);
  }

  /** Notes that every save hook has acknowledged a life, or with 0 whichever is here. */
  static void markSaved(Session writer, StreamId id, long openedAt) throws SQLException {
    var here = find(writer, id);
    if (here.isEmpty() || here.get().saved()) {
      return;
    }
    var stream = here.get();
    if (openedAt == 0 || stream.openedAt() == 0 || openedAt == stream.openedAt()) {
      writer.change(
          "UPDATE @streams SET saved = @true, crc = CASE WHEN crc IS NULL THEN NULL ELSE ? END"
              + " WHERE id = ?",
          crc(stream.asSaved(), RowJson.epochs(stream.epochs()), attributes(writer, stream)),
          id.value());
    }
  }

  /**
   * Reads a row and checks it.
   *
   * @throws DamagedRowException if it is none that {@link #write} writes
   */
  static ArchivedStream read(Session session, ResultSet row) throws SQLException {
    var id = StreamId.parse(orEmpty(row.getString(1)));
    if (id.isEmpty()) {
      throw new DamagedRowException("its id is none");
    }
    var epochs = orEmpty(row.getString(21));
    var attributes = orEmpty(row.getString(22));
    try {
      var stream = read(session, id.get(), row, epochs, attributes);
      var crc = Columns.optionalLong(row, 23);
      if (crc != null && !isIntact(stream, epochs, attributes, crc)) {
        throw new DamagedRowException("its row does not have the checksum that it had");
      }
      return stream;
    } catch (IllegalArgumentException e) {
      throw new DamagedRowException("its row is none of ours", e);
    }
  }

  private static ArchivedStream read(
      Session session, StreamId id, ResultSet row, String epochs, String attributes)
      throws SQLException {
    return new ArchivedStream(
        id,
        RowJson.attributes(attributes, session.flavour()::read),
        row.getLong(11),
        row.getLong(14),
        row.getLong(15),
        ArchivedStream.State.valueOf(upper(row.getString(2))),
        outcome(row.getString(3)),
        session.flavour().read(orEmpty(row.getString(4))),
        row.getBoolean(7),
        row.getBoolean(5),
        row.getBoolean(6),
        row.getBoolean(8),
        row.getBoolean(9),
        row.getBoolean(10),
        row.getLong(12),
        row.getLong(13),
        row.getLong(16),
        row.getLong(18),
        row.getLong(19),
        row.getLong(17),
        row.getLong(20),
        RowJson.epochs(epochs),
        session.flavour().read(orEmpty(row.getString(24))));
  }

  private static @Nullable Outcome outcome(@Nullable String word) {
    return word == null ? null : Outcome.valueOf(upper(word));
  }

  private static String upper(@Nullable String word) {
    return orEmpty(word).toUpperCase(Locale.ROOT);
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  /** Rows that were written before receipts were checked have the checksum without. */
  private static boolean isIntact(
      ArchivedStream stream, String epochs, String attributes, long crc) {
    return crc == crc(stream, epochs, attributes)
        || crc == withoutReceipt(stream, epochs, attributes).value();
  }

  private static long crc(ArchivedStream stream, String epochs, String attributes) {
    var checksum = withoutReceipt(stream, epochs, attributes);
    return (stream.receipt().isEmpty() ? checksum : checksum.add(stream.receipt())).value();
  }

  /** Over the columns of {@link #COLUMNS} up to {@code attributes}, in their order. */
  private static Checksum withoutReceipt(ArchivedStream stream, String epochs, String attributes) {
    var outcome = stream.outcome();
    return new Checksum()
        .add(stream.id().value())
        .add(stream.state().word())
        .add(outcome == null ? null : outcome.word())
        .add(stream.reason())
        .add(stream.saved())
        .add(stream.saveOver())
        .add(stream.terminalMissing())
        .add(stream.atRest())
        .add(stream.ended())
        .add(stream.corrupt())
        .add(stream.createdMs())
        .add(stream.endedMs())
        .add(stream.completeTimeMs())
        .add(stream.openedAt())
        .add(stream.upTo())
        .add(stream.events())
        .add(stream.bytes())
        .add(stream.withheld())
        .add(stream.withheldBytes())
        .add(stream.late())
        .add(epochs)
        .add(attributes);
  }

  private static String attributes(Session session, ArchivedStream stream) {
    return RowJson.attributes(stream.attributes(), session.flavour()::stored);
  }

  private static byte @Nullable [] utf8(Session session, @Nullable String text) {
    return text == null ? null : session.flavour().stored(text).getBytes(UTF_8);
  }

  private static long responseCrc(StreamId id, byte @Nullable [] text, byte @Nullable [] response) {
    return new Checksum().add(id.value()).add(text).add(response).value();
  }
}
