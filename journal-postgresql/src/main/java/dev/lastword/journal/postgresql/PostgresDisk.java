package dev.lastword.journal.postgresql;

import dev.lastword.journal.Disk;
import dev.lastword.journal.FencedException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A journal's rows, as the directory that {@link dev.lastword.journal.FileJournal} writes to. A
 * name is durable as soon as it is made; a file's bytes are once they are forced.
 */
final class PostgresDisk implements Disk, AutoCloseable {
  /** As far as anybody can tell: a server does not say how much room it has. */
  private static final long MUCH = Long.MAX_VALUE >> 2;

  private static final String UNIQUE_VIOLATION = "23505";

  private final PostgresJournal.Options options;
  private final Side side;
  private volatile @Nullable FlushWriter writer;

  /** Another process has the journal, as something else than a flush has shown. */
  private volatile boolean fenced;

  PostgresDisk(PostgresJournal.Options options) {
    this.options = options;
    this.side = new Side(options.server());
  }

  @Override
  public Closeable lock() throws IOException {
    try {
      var connection = options.server().connect("lastword journal");
      try {
        var ownership = Ownership.take(connection, options);
        writer = new FlushWriter(connection, ownership, options.name());
      } catch (SQLException | IOException e) {
        connection.close();
        throw e;
      }
      return this::close;
    } catch (SQLException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public long epochMin() {
    return writer().ownership().epoch();
  }

  @Override
  public boolean reusesFiles() {
    return false;
  }

  FlushWriter writer() {
    var owning = writer;
    if (owning == null) {
      throw new IllegalStateException("the journal is not locked");
    }
    return owning;
  }

  Side side() {
    return side;
  }

  @Override
  public List<String> list() throws IOException {
    return side.call(
        connection -> {
          try (var query = prepared(connection, "SELECT name", "", List.of())) {
            var names = new ArrayList<String>();
            try (var row = query.executeQuery()) {
              while (row.next()) {
                names.add(row.getString(1));
              }
            }
            return names;
          }
        });
  }

  /** Something of this journal's segments. */
  private PreparedStatement prepared(
      Connection connection, String what, String where, List<String> values) throws SQLException {
    var statement =
        connection.prepareStatement(
            what
                + " FROM lastword_segments WHERE journal ="
                + " (SELECT journal FROM lastword_journals WHERE name = ?)"
                + where);
    statement.setString(1, options.name());
    for (int i = 0; i < values.size(); i++) {
      statement.setString(i + 2, values.get(i));
    }
    return statement;
  }

  @Override
  public File create(String name) throws IOException {
    return change(
        connection -> {
          try (var insert =
              connection.prepareStatement(
                  "INSERT INTO lastword_segments (journal, name) VALUES (?, ?)"
                      + " RETURNING segment")) {
            insert.setInt(1, writer().ownership().journal());
            insert.setString(2, name);
            try (var row = insert.executeQuery()) {
              row.next();
              return new PostgresFile(this, row.getLong(1), name);
            }
          } catch (SQLException e) {
            if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
              throw new FileAlreadyExistsException(name);
            }
            throw e;
          }
        });
  }

  @Override
  public File open(String name) throws IOException {
    return openForReading(name);
  }

  @Override
  public File openForReading(String name) throws IOException {
    return side.call(connection -> new PostgresFile(this, segment(connection, name), name));
  }

  private boolean isThere(Connection connection, String name) throws SQLException {
    try (var query = prepared(connection, "SELECT segment", " AND name = ?", List.of(name));
        var row = query.executeQuery()) {
      return row.next();
    }
  }

  private long segment(Connection connection, String name) throws SQLException, IOException {
    try (var query = prepared(connection, "SELECT segment", " AND name = ?", List.of(name));
        var row = query.executeQuery()) {
      if (!row.next()) {
        throw new NoSuchFileException(name);
      }
      return row.getLong(1);
    }
  }

  /** Done again it changes nothing: whether the first time was committed nobody may have heard. */
  @Override
  public void rename(String from, String to) throws IOException {
    change(
        connection -> {
          if (isThere(connection, to) && !isThere(connection, from)) {
            return segment(connection, to);
          }
          long segment = segment(connection, from);
          remove(connection, to);
          try (var update =
              connection.prepareStatement(
                  "UPDATE lastword_segments SET name = ? WHERE segment = ?")) {
            update.setString(1, to);
            update.setLong(2, segment);
            update.executeUpdate();
          }
          return segment;
        });
  }

  @Override
  public void delete(String name) throws IOException {
    if (!change(connection -> remove(connection, name))) {
      throw new NoSuchFileException(name);
    }
  }

  private boolean remove(Connection connection, String name) throws SQLException {
    try (var rows =
            prepared(
                connection,
                "DELETE FROM lastword_flushes WHERE segment = (SELECT segment",
                " AND name = ?)",
                List.of(name));
        var row = prepared(connection, "DELETE", " AND name = ?", List.of(name))) {
      rows.executeUpdate();
      return row.executeUpdate() == 1;
    }
  }

  private <T extends @Nullable Object> T change(Side.Work<T> work) throws IOException {
    try {
      return side.change(writer().ownership(), options.name(), work);
    } catch (FencedException e) {
      fenced = true;
      throw e;
    }
  }

  @Override
  public boolean isLost() {
    return fenced;
  }

  /** Nothing: a name is durable when its transaction is. */
  @Override
  public void forceDirectory() {}

  @Override
  public long usableBytes() {
    return MUCH;
  }

  @Override
  public void close() {
    side.close();
    var owning = writer;
    if (owning != null) {
      owning.close();
    }
  }

  @Override
  public String toString() {
    return options.server() + " " + options.name();
  }

  /** Gives a new file its length. */
  void lengthen(long segment, long bytes) throws IOException {
    change(
        connection -> {
          try (var update =
              connection.prepareStatement(
                  "UPDATE lastword_segments SET capacity = ? WHERE segment = ?")) {
            update.setLong(1, bytes);
            update.setLong(2, segment);
            return update.executeUpdate();
          }
        });
  }
}
