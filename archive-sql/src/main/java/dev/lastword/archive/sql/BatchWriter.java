package dev.lastword.archive.sql;

import dev.lastword.archive.Archive.Batch;
import dev.lastword.archive.Archive.Checkpoint;
import dev.lastword.archive.Archive.Deletion;
import dev.lastword.archive.Archive.Deposit;
import dev.lastword.archive.Archive.Ended;
import dev.lastword.archive.Archive.Saving;
import dev.lastword.archive.ArchiveDamagedException;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.StreamId;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes one batch, in the transaction that its caller has begun. */
final class BatchWriter {
  private static final Logger log = LoggerFactory.getLogger(SqlArchive.class);

  private final Session writer;

  BatchWriter(Session writer) {
    this.writer = writer;
  }

  /**
   * Deposits, savings, deletions, then the checkpoint.
   *
   * @throws IllegalArgumentException if a deposit does not join what is here
   */
  void write(Batch batch) throws SQLException {
    refuseOtherJournal(batch.checkpoint());
    var met = Met.among(writer, batch.deposits());
    for (var deposit : batch.deposits()) {
      try {
        if (met.isNew(deposit.stream().id())) {
          writeNew(deposit);
        } else {
          write(deposit);
        }
      } catch (DamagedRowException e) {
        throw new ArchiveDamagedException(deposit.stream().id(), String.valueOf(e.getMessage()), e);
      }
    }
    for (var saving : batch.savings()) {
      write(saving);
    }
    for (var deletion : batch.deletions()) {
      write(deletion);
    }
    CheckpointRow.write(writer, batch.checkpoint());
    // A restart replays from the checkpoint: it does not meet the lives before it again.
    writer.change(
        "DELETE FROM @deleted WHERE settled = @true AND opened_at < ?",
        batch.checkpoint().position());
  }

  private void refuseOtherJournal(Checkpoint checkpoint) throws SQLException {
    var here = CheckpointRow.read(writer).map(Checkpoint::journal);
    if (here.isPresent() && !here.get().equals(checkpoint.journal())) {
      throw new ArchiveFailedException(
          "the archive follows journal %s, not %s".formatted(here.get(), checkpoint.journal()));
    }
  }

  /** One of an id of which there is nothing here: nothing of it has to be looked up. */
  private void writeNew(Deposit deposit) throws SQLException {
    writeEnd(deposit);
    writeEvents(deposit, 0);
    StreamRow.write(writer, deposit);
  }

  private void writeEnd(Deposit deposit) throws SQLException {
    if (deposit.stream().atRest()) {
      LedgerTable.write(writer, new Ended(deposit.stream(), deposit.tokens()));
    }
  }

  private void write(Deposit deposit) throws SQLException {
    var stream = deposit.stream();
    writeEnd(deposit);
    var tombstone = Tombstone.find(writer, stream.id());
    if (tombstone.isPresent() && stream.openedAt() <= tombstone.get().openedAt()) {
      if (stream.atRest()) {
        Tombstone.settle(writer, stream.id());
      }
      return;
    }
    if (!makeWay(stream)) {
      return;
    }
    if (tombstone.isPresent()) {
      Tombstone.remove(writer, stream.id());
    }
    writeEvents(deposit, EventRows.lastSeq(writer, stream.id()));
    StreamRow.write(writer, deposit);
  }

  /** Removes an earlier life; false if what is here is later than what is deposited. */
  private boolean makeWay(ArchivedStream stream) throws SQLException {
    ArchivedStream here;
    try {
      var found = StreamRow.find(writer, stream.id());
      if (found.isEmpty()) {
        return true;
      }
      here = found.get();
    } catch (DamagedRowException e) {
      // Whoever deposits knows better than the row. Its events have checksums of their own.
      StreamRow.writeBirth(writer, stream);
      return true;
    }
    if (here.openedAt() != stream.openedAt()) {
      boolean earlier = here.openedAt() < stream.openedAt();
      if (earlier) {
        delete(stream.id());
        Tombstone.remove(writer, stream.id());
      }
      return earlier;
    }
    if (here.upTo() > stream.upTo()) {
      return false;
    }
    StreamRow.writeBirth(writer, stream);
    return true;
  }

  /**
   * @param here number of the last event that is here already
   */
  private void writeEvents(Deposit deposit, long here) throws SQLException {
    var stream = deposit.stream();
    long last = here;
    if (!deposit.events().isEmpty()) {
      long first = deposit.events().getFirst().firstSeq();
      if (first < 1 || first > last + 1) {
        throw gap(stream, first, last);
      }
      if (first <= last) {
        EventRows.deleteFrom(writer, stream.id(), first);
      }
      last = append(deposit, first);
      if (last > stream.lastSeq()) {
        throw miscounted(stream, last);
      }
    }
    if (last < stream.lastSeq()) {
      throw miscounted(stream, last);
    }
    if (last > stream.lastSeq()) {
      EventRows.deleteFrom(writer, stream.id(), stream.lastSeq() + 1);
    }
  }

  /** Returns the number of the last event. */
  private long append(Deposit deposit, long firstSeq) throws SQLException {
    var appender = new EventAppender(writer, deposit.stream().id(), firstSeq);
    for (var run : deposit.events()) {
      if (run.firstSeq() != appender.nextSeq()) {
        throw gap(deposit.stream(), run.firstSeq(), appender.nextSeq() - 1);
      }
      appender.append(run.events());
    }
    appender.write();
    return appender.nextSeq() - 1;
  }

  private static IllegalArgumentException gap(ArchivedStream stream, long seq, long last) {
    return new IllegalArgumentException(
        "stream %s: event %d follows on event %d".formatted(stream.id(), seq, last));
  }

  private static IllegalArgumentException miscounted(ArchivedStream stream, long last) {
    return new IllegalArgumentException(
        "stream %s: %d events are here, %d are said"
            .formatted(stream.id(), last, stream.lastSeq()));
  }

  private void write(Saving saving) throws SQLException {
    try {
      StreamRow.markSaved(writer, saving.id(), saving.openedAt());
    } catch (DamagedRowException e) {
      // Nobody reads the row again, and what else the batch holds is not to wait for it.
      log.error("archive.damaged stream={} cause={}", saving.id(), e.getMessage());
    }
  }

  private void write(Deletion deletion) throws SQLException {
    if (deletion.ended().isPresent()) {
      LedgerTable.write(writer, deletion.ended().get());
    }
    var openedAt = StreamRow.openedAt(writer, deletion.id());
    if (openedAt.isEmpty() || openedAt.get() < deletion.upTo()) {
      delete(deletion.id());
      Tombstone.extend(writer, deletion.id(), deletion.upTo());
    }
  }

  private void delete(StreamId id) throws SQLException {
    writer.change("DELETE FROM @streams WHERE id = ?", id.value());
  }
}
