package dev.lastword.archive.sqlite;

import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchiveFullException;
import dev.lastword.archive.sql.Session;
import dev.lastword.archive.sql.SqlArchive;
import dev.lastword.archive.sql.Transactions;
import dev.lastword.archive.sql.Workers;
import dev.lastword.journal.DiskRoom;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes: a transaction at a time, on a disk that may be full.
 *
 * <p>What is written goes to the log first and from there into the database: for a while it takes
 * its room twice. On a full disk nothing may be committed that could not be moved on, or the log
 * would hold all the room that there is and never let go of it again.
 */
final class Writer {
  private static final Logger log = LoggerFactory.getLogger(SqliteArchive.class);

  /** Free bytes with which a database can be opened. */
  private static final long ROOM_TO_OPEN_BYTES = 256 << 10;

  /** Free bytes beside what is to be written: for indexes, and for the index of the log. */
  private static final long MARGIN_BYTES = 128 << 10;

  /** With less than this free all that can be is given back to the file system. */
  private static final long TIGHT_BYTES = 8 << 20;

  private final ArchiveFiles files;
  private final Reserve reserve;
  private final Workers worker;

  /** What is being written, and then what is in the log, needs once more where it is moved to. */
  private final DiskRoom.Share room;

  Writer(ArchiveFiles files, SqliteArchive.Options options, DiskRoom room) {
    this.files = files;
    this.room = room.share();
    this.reserve = new Reserve(files, options.reserveBytes());
    this.worker =
        new Workers(
            "lastword-archive-writer",
            1,
            false,
            options.lockWait(),
            SqliteFlavour.INSTANCE,
            this::connect);
  }

  /**
   * Opens the database, which takes some room: 32 KiB for the index of its log. SQLite maps that
   * file into memory, and where a page of it finds no room on the disk, on file systems with blocks
   * of less than a page, the process gets a SIGBUS and is gone.
   */
  private Session connect() throws SQLException {
    files.refuseIfGone();
    if (files.usableBytes() < ROOM_TO_OPEN_BYTES) {
      reserve.letGo(true);
      if (files.usableBytes() < ROOM_TO_OPEN_BYTES) {
        throw new ArchiveFullException("the disk is full");
      }
    }
    var session = new Session(files.connect(false), SqliteFlavour.INSTANCE);
    try {
      Schema.prepare(session, reserve.logBytesMax());
      room.hold(files.logBytes()); // what a process that was killed has left in it
      files.opened();
      return session;
    } catch (SQLException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  /**
   * Does something in a transaction, and returns when it is on disk.
   *
   * @param bytes about how much it writes; 0 for what only deletes, and may use the last room
   * @throws SQLException if it was not done
   * @throws ArchiveFailedException if it was not done, or nobody can tell
   */
  void transact(long bytes, Transactions.Work work) throws SQLException {
    try {
      worker.<@Nullable Void>call(
          session -> {
            files.refuseIfGone();
            try {
              transact(session, bytes, work);
            } finally {
              room.hold(files.logBytes());
            }
            files.refuseIfGone();
            return null;
          });
    } finally {
      tidyLater(); // on a full disk above all: a person may have deleted something
    }
  }

  /** Opens the database; what a restart can do without is done when no other program writes. */
  void open() throws SQLException {
    worker.call(session -> "opened");
    worker.later(
        session -> {
          SqlArchive.purge(session);
          return "purged";
        });
    tidyLater();
  }

  private void transact(Session session, long bytes, Transactions.Work work) throws SQLException {
    if (takesRoomFor(bytes)) {
      try {
        Transactions.run(session, work);
        return;
      } catch (SQLException e) {
        if (!Sql.isFull(e) && !Sql.isUnwritten(e)) {
          throw e;
        }
        log.warn("archive.not_written cause={}", e.getMessage());
      }
    }
    transactOnFullDisk(session, bytes, work);
  }

  /** Holds what is needed for it, if it is there and nobody else counts on it. */
  private boolean takesRoomFor(long bytes) {
    long needed = 2 * bytes + MARGIN_BYTES;
    try {
      room.take(
          files::usableBytes,
          (free, held) -> needed <= free - held ? needed : refuse(needed, free - held));
      return true;
    } catch (IOException e) {
      log.debug("archive.no_room cause={}", e.getMessage());
      return false;
    }
  }

  private static long refuse(long needed, long free) throws IOException {
    throw new IOException(needed + " bytes wanted, " + free + " free");
  }

  private void transactOnFullDisk(Session session, long bytes, Transactions.Work work)
      throws SQLException {
    boolean deletes = bytes == 0;
    cutLog(session);
    reserve.letGo(deletes);
    cutLog(session); // what had no room before
    if (!deletes && (!takesRoomFor(bytes) || files.logBytes() > 0)) {
      throw new ArchiveFullException("the disk is full");
    }
    try {
      Transactions.run(session, work);
    } finally {
      cutLog(session); // what it took for nothing, or what is in the database by now
    }
  }

  /** Moves the log into the database, as far as there is room, and gives its own back. */
  private static void cutLog(Session session) {
    try {
      session.run("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (SQLException e) {
      log.debug("archive.log_not_cut cause={}", e.getMessage());
    }
  }

  /** Does what may be done between two transactions: in steps, so that it holds nobody up. */
  private void tidyLater() {
    worker.later(
        session -> {
          try {
            if (shrink(session)) {
              tidyLater();
            } else {
              reserve.makeIfRoom();
            }
          } finally {
            room.hold(files.logBytes()); // it may have been cut
          }
          return null;
        });
  }

  /** One step; true if there is more to do. */
  private boolean shrink(Session session) throws SQLException {
    if (!reserve.isMissed() && files.usableBytes() >= TIGHT_BYTES) {
      return Shrinking.step(session, false);
    }
    if (Shrinking.hasFreePages(session)) {
      reserve.letGo(true); // what is moved takes room until it is moved; it is made again after
    }
    try {
      return Shrinking.step(session, true);
    } finally {
      cutLog(session);
    }
  }

  void close() {
    worker.close();
  }

  /** Whether its thread has ended within that time. */
  boolean awaitEnd(Duration patience) {
    return worker.awaitEnd(patience);
  }
}
