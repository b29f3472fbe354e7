package dev.lastword.archive.sqlite;

import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.sql.ArchiveReading;
import dev.lastword.archive.sql.Session;
import dev.lastword.archive.sql.SqlArchive;
import dev.lastword.archive.sql.Transactions;
import dev.lastword.archive.sql.Workers;
import dev.lastword.journal.DiskRoom;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The archive in one SQLite file that a person can open with {@code sqlite3}.
 *
 * <p>One thread writes and a few read, each with a session of its own; in WAL mode neither waits
 * for the other. What {@link #store} stored is on disk when it returns.
 *
 * @see "docs/formats/archive.md"
 */
public final class SqliteArchive extends SqlArchive {
  private static final Logger log = LoggerFactory.getLogger(SqliteArchive.class);

  /** Reads at once; more would only queue on the disk. */
  private static final int READERS = 4;

  private static final Duration CLOSE_READERS_MAX = Duration.ofMillis(700);

  /** Together with the readers less than the two seconds that closing may take. */
  private static final Duration CLOSE_WRITER_MAX = Duration.ofMillis(1_200);

  private final ArchiveFiles files;
  private final Writer writer;

  /**
   * How an archive is kept.
   *
   * @param reserveBytes room that is kept free for a full disk, 0 for none; on a disk of less than
   *     16 times as much, a sixteenth of it
   * @param lockWait how long a call is tried while another program holds a lock
   */
  public record Options(long reserveBytes, Duration lockWait) {
    /** A reserve of 32 MiB; 2 s for another program. */
    public static final Options DEFAULT = new Options(32L << 20, Duration.ofSeconds(2));

    /**
     * @throws IllegalArgumentException if a value is negative
     */
    public Options {
      if (reserveBytes < 0 || lockWait.isNegative()) {
        throw new IllegalArgumentException(
            "reserveBytes is %d and lockWait %s: neither may be negative"
                .formatted(reserveBytes, lockWait));
      }
    }

    /** These options with another reserve. */
    public Options withReserveBytes(long bytes) {
      return new Options(bytes, lockWait);
    }
  }

  private SqliteArchive(ArchiveFiles files, Options options, Writer writer) {
    super(
        files.database().toString(),
        SqliteFlavour.INSTANCE,
        new Workers(
            "lastword-archive-reader",
            READERS,
            true,
            options.lockWait(),
            SqliteFlavour.INSTANCE,
            () -> readOnly(files)));
    this.files = files;
    this.writer = writer;
  }

  /** Opens an archive with {@link Options#DEFAULT}. */
  public static SqliteArchive open(Path file) {
    return open(file, Options.DEFAULT);
  }

  /**
   * Opens an archive, a new one if there is no such file. A new file is readable by its owner only.
   *
   * @param file in a directory that exists, not on a network file system
   * @throws ArchiveFailedException if the file cannot be opened, belongs to another program or to a
   *     newer version of this one
   */
  public static SqliteArchive open(Path file, Options options) {
    return open(file, options, new DiskRoom());
  }

  /**
   * Opens an archive beside others that write to the same disk.
   *
   * @throws ArchiveFailedException as above
   */
  public static SqliteArchive open(Path file, Options options, DiskRoom room) {
    var files = new ArchiveFiles(file);
    try {
      files.create();
    } catch (ArchiveFailedException e) {
      throw failed(files.database().toString(), SqliteFlavour.INSTANCE, "open", e);
    }
    var writer = new Writer(files, options, room);
    try {
      writer.open();
      return new SqliteArchive(files, options, writer);
    } catch (SQLException | ArchiveFailedException e) {
      writer.close();
      writer.awaitEnd(CLOSE_WRITER_MAX);
      throw failed(files.database().toString(), SqliteFlavour.INSTANCE, "open", e);
    }
  }

  private static Session readOnly(ArchiveFiles files) throws SQLException {
    var session = new Session(files.connect(true), SqliteFlavour.INSTANCE);
    try {
      session.number("SELECT count(*) FROM sqlite_schema"); // opens the log, too
      files.refuseIfGone();
      return session;
    } catch (SQLException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  /**
   * Reads the archive of a file, which is there, and changes nothing.
   *
   * @throws ArchiveFailedException if it cannot be read, or is of another version
   */
  public static ArchiveReading reading(Path file) {
    try {
      var session = new Session(new ArchiveFiles(file).connect(true), SqliteFlavour.INSTANCE);
      long version = session.number("PRAGMA user_version");
      if (version != Schema.VERSION) {
        session.close();
        throw new ArchiveFailedException(
            "schema version %d, and only %d is read; opening the archive migrates an earlier one"
                .formatted(version, Schema.VERSION));
      }
      return new ArchiveReading(session);
    } catch (SQLException e) {
      throw new ArchiveFailedException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  @Override
  protected void transact(long bytes, Transactions.Work work) throws SQLException {
    writer.transact(bytes, work);
  }

  @Override
  public long bytes() {
    return files.bytes();
  }

  /** The readers first: only a session that writes can leave the log empty as the last one. */
  @Override
  public void close() {
    readers().close();
    boolean ended = readers().awaitEnd(CLOSE_READERS_MAX);
    writer.close();
    ended &= writer.awaitEnd(CLOSE_WRITER_MAX);
    if (!ended) {
      log.warn("archive.left_open file={}", files.database().getFileName());
    }
  }
}
