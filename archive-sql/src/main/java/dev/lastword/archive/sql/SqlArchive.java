package dev.lastword.archive.sql;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveBusyException;
import dev.lastword.archive.ArchiveDamagedException;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchiveFencedException;
import dev.lastword.archive.ArchiveFullException;
import dev.lastword.archive.ArchiveUnavailableException;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageSum;
import dev.lastword.journal.StreamId;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An archive as rows of a database. A store says where it is, how one writes to it, and how its
 * database speaks.
 *
 * <p>One thread writes and a few read, each with a session of its own. What {@link #store} stored
 * is durable when it returns.
 *
 * @see "docs/formats/archive.md"
 */
public abstract class SqlArchive implements Archive {
  /** Where a stream was opened that was stored before archives knew. */
  private static final long BEFORE_LIVES = 0;

  private final String place;
  private final Flavour flavour;
  private final Workers readers;
  private final SeenIds seen = new SeenIds();

  /**
   * Begins to read which ids are there.
   *
   * @param place where it is, for messages
   * @param readers their sessions may be asked for at once
   */
  protected SqlArchive(String place, Flavour flavour, Workers readers) {
    this.place = place;
    this.flavour = flavour;
    this.readers = readers;
    readers.later(
        session -> {
          Transactions.<String>view(
              session,
              reading -> {
                seen.read(reading);
                return "read";
              });
          return null;
        });
  }

  /**
   * Does something in one transaction on the session that writes.
   *
   * @param bytes about how much it writes; 0 for what only deletes
   * @throws SQLException if it was not done, or nobody can tell
   */
  protected abstract void transact(long bytes, Transactions.Work work) throws SQLException;

  /** At the opening: forgets what a restart does not meet again in the journal. */
  public static void purge(Session writer) throws SQLException {
    Transactions.run(writer, Tombstone::purge);
  }

  /** Those who read. */
  protected final Workers readers() {
    return readers;
  }

  @Override
  public void store(Batch batch) {
    batch.deposits().forEach(deposit -> seen.add(deposit.stream().id().value()));
    write(
        "store %d streams and delete %d"
            .formatted(batch.deposits().size(), batch.deletions().size()),
        BatchSize.of(batch),
        session -> new BatchWriter(session).write(batch));
  }

  @Override
  public Optional<Checkpoint> checkpoint() {
    return read("read the checkpoint", CheckpointRow::read);
  }

  @Override
  public List<ArchivedStream> unfinished() {
    return read("list the unfinished streams", Queries::unfinished);
  }

  @Override
  public Map<StreamId, Known> known(Collection<StreamId> ids) {
    return read("look for " + ids.size() + " streams", c -> Queries.known(c, ids));
  }

  @Override
  public Optional<ArchivedStream> find(StreamId id) {
    return seen.mayHave(id.value())
        ? readOf(id, "find a stream", c -> StreamRow.find(c, id))
        : Optional.empty();
  }

  @Override
  public Optional<ArchivedStream> find(StreamId id, String owner) {
    return seen.mayHave(id.value())
        ? readOf(id, "find a stream", c -> StreamRow.find(c, id, owner))
        : Optional.empty();
  }

  @Override
  public Optional<String> response(StreamId id) {
    return readOf(id, "read a response", c -> StreamRow.response(c, id));
  }

  @Override
  public Optional<ArchivedEvents> read(StreamId id, long seq) {
    return readOf(id, "read events", session -> events(session, id, seq));
  }

  @Override
  public Optional<ArchivedEvents> read(StreamId id, long openedAt, long seq) {
    return readOf(
        id,
        "read events",
        session -> isHere(session, id, openedAt) ? events(session, id, seq) : Optional.empty());
  }

  /** A row that says otherwise is looked at as a whole: the damage may be just there. */
  private static boolean isHere(Session session, StreamId id, long openedAt) throws SQLException {
    var here = StreamRow.openedAt(session, id);
    if (here.isEmpty() || here.get() == openedAt || here.get() == BEFORE_LIVES) {
      return here.isPresent();
    }
    return StreamRow.find(session, id).filter(row -> row.openedAt() == openedAt).isPresent();
  }

  private static Optional<ArchivedEvents> events(Session session, StreamId id, long seq)
      throws SQLException {
    var run = EventRows.read(session, id, seq);
    if (run.isEmpty() && seq >= 1) {
      var stream = StreamRow.find(session, id);
      if (stream.isPresent() && seq <= stream.get().lastSeq()) {
        throw new DamagedRowException("event %d is missing".formatted(seq));
      }
    }
    return run;
  }

  @Override
  public List<ArchivedStream> list(Query query) {
    if (query.limit() < 1 || query.limit() > LIMIT_MAX) {
      throw new IllegalArgumentException("limit is " + query.limit() + ", not 1 to " + LIMIT_MAX);
    }
    return read("list streams", c -> Queries.list(c, query));
  }

  @Override
  public Optional<ArchivedStream> named(@Nullable String owner, String name, String path) {
    return read("find a stream by its name", c -> Queries.named(c, owner, name, path));
  }

  @Override
  public List<StreamId> outlived(long endedBeforeTimeMs, long bytesMax, int limit) {
    return read(
        "look for outlived streams", c -> Queries.outlived(c, endedBeforeTimeMs, bytesMax, limit));
  }

  @Override
  public long bytes(String owner) {
    return read("count an owner's bytes", c -> Queries.bytes(c, owner));
  }

  @Override
  public List<UsageSum> usage(UsageQuery query) {
    return read("sum up the ledger", c -> LedgerTable.sums(c, query));
  }

  private <T> T readOf(StreamId id, String doing, Workers.Work<T> work) {
    try {
      return readers.call(session -> Transactions.view(session, work));
    } catch (DamagedRowException e) {
      throw new ArchiveDamagedException(id, String.valueOf(e.getMessage()), e);
    } catch (SQLException e) {
      if (flavour.isDamaged(e)) {
        throw new ArchiveDamagedException(id, String.valueOf(e.getMessage()), e);
      }
      throw failed(doing, e);
    } catch (ArchiveFailedException e) {
      throw failed(doing, e);
    }
  }

  /** Reads, all of it as of one moment. */
  protected final <T> T read(String doing, Workers.Work<T> work) {
    try {
      return readers.call(session -> Transactions.view(session, work));
    } catch (SQLException | ArchiveFailedException e) {
      throw failed(doing, e);
    }
  }

  private void write(String doing, long bytes, Transactions.Work work) {
    try {
      transact(bytes, work);
    } catch (SQLException | ArchiveFailedException e) {
      throw failed(doing, e);
    }
  }

  private ArchiveFailedException failed(String doing, Exception cause) {
    return failed(place, flavour, doing, cause);
  }

  /** Says which archive, and what could not be done with it. */
  public static ArchiveFailedException failed(
      String place, Flavour flavour, String doing, Exception cause) {
    var message = "%s: cannot %s: %s".formatted(place, doing, cause.getMessage());
    if (cause instanceof ArchiveDamagedException damaged) {
      return damaged; // it names the stream
    }
    if (cause instanceof ArchiveFencedException) {
      return new ArchiveFencedException(message, cause);
    }
    if (cause instanceof SQLException sql && flavour.isBusy(sql)) {
      return new ArchiveBusyException(message, cause);
    }
    if (cause instanceof SQLException sql && flavour.isBroken(sql)) {
      return new ArchiveUnavailableException(message, cause);
    }
    if (cause instanceof ArchiveFullException
        || (cause instanceof SQLException sql && flavour.isFull(sql))) {
      return new ArchiveFullException(message, cause);
    }
    return new ArchiveFailedException(message, cause);
  }
}
