package dev.lastword.journal.postgresql;

import dev.lastword.journal.DiskRoom;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.JournalInspector;
import java.io.IOException;
import java.time.Duration;

/**
 * A journal in a database of PostgreSQL: what {@link FileJournal} writes to files, a row for each
 * flush.
 *
 * <p>Opening it raises its epoch, and the server takes an append under that epoch only: it is
 * looked at in the transaction that writes. Whoever had the journal open before is refused from
 * then on. A flush of which nobody knows whether it was committed closes the journal; what of it is
 * there the next opening reads.
 *
 * @see "docs/formats/journal.md §8"
 */
public final class PostgresJournal {
  /** The journal of a server that has only one. */
  public static final String MAIN = "main";

  /** Less than the silence after which a server counts as gone. */
  private static final int OWNER_WAIT_MS_MAX = PostgresServer.SILENCE_MAX_MS - 10_000;

  private PostgresJournal() {}

  /**
   * Which journal, and how it is opened.
   *
   * @param server where it is
   * @param name tells it from others in the same database
   * @param ownerWait how long another process that has it open is waited for: a connection whose
   *     machine is gone is noticed by the server within half a minute
   * @param entitled whether it is known that no other process has a right to the journal any more:
   *     then the connections of one that has it open are ended
   */
  public record Options(PostgresServer server, String name, Duration ownerWait, boolean entitled) {
    /** The main journal; another process is waited for as long as a machine that is gone. */
    public Options(PostgresServer server) {
      this(server, MAIN, Duration.ofSeconds(35));
    }

    /** Nothing is known of other processes. */
    public Options(PostgresServer server, String name, Duration ownerWait) {
      this(server, name, ownerWait, false);
    }

    /** The main journal of a server, by a process that alone has a right to it. */
    public static Options entitled(PostgresServer server) {
      return new Options(server, MAIN, Duration.ofSeconds(35), true);
    }

    /**
     * @throws IllegalArgumentException if the wait is out of its bounds
     */
    public Options {
      long waitMs = ownerWait.toMillis();
      if (waitMs < 1 || waitMs > OWNER_WAIT_MS_MAX) {
        throw new IllegalArgumentException(
            "ownerWait is %d ms: 1 to %d".formatted(waitMs, OWNER_WAIT_MS_MAX));
      }
    }
  }

  /**
   * Opens a journal, and makes the tables if they are not there.
   *
   * @throws JournalFailedException if the server refuses, another process has it open, a later
   *     version wrote it, or what had been flushed is damaged
   */
  public static Journal open(Options options, FileJournal.Options layout) {
    return FileJournal.open(new PostgresDisk(options), layout, new DiskRoom());
  }

  /**
   * Prints a journal as {@link JournalInspector} prints a folder; changes nothing, and waits for
   * nobody.
   *
   * @param content whether to print events and attributes as well
   * @return whether it would open and replay
   * @throws IOException if the server refuses, or there is no such journal
   */
  public static boolean print(Options options, Appendable out, boolean content) throws IOException {
    try (var disk = new PostgresDisk(options)) {
      return JournalInspector.print(disk, out, content);
    }
  }
}
