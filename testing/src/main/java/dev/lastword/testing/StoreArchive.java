package dev.lastword.testing;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchiveFencedException;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageSum;
import dev.lastword.journal.FencedException;
import dev.lastword.journal.StreamId;
import dev.lastword.testing.ClusterStore.Rows;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A shard's archive in the store of a simulated cluster, as one process has it open: its first use
 * raises the epoch, and a batch looks at that in its own transaction.
 */
final class StoreArchive implements Archive {
  private final Rows rows;
  private final StoreDisk.Line line;
  private Rows.@Nullable Opened opened;

  StoreArchive(Rows rows, StoreDisk.Line line) {
    this.rows = rows;
    this.line = line;
  }

  private <T> T run(Statement.Transaction<T> transaction) {
    try {
      return line.run(Statement.ARCHIVE, transaction);
    } catch (FencedException e) {
      throw new ArchiveFencedException("another process has it: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new ArchiveFailedException("the archive does not answer: " + e.getMessage(), e);
    }
  }

  /** What is read from. */
  private Archive read() {
    enter();
    try {
      line.reach();
    } catch (IOException e) {
      throw new ArchiveFailedException("the archive does not answer: " + e.getMessage(), e);
    }
    return rows.archive;
  }

  private Rows.Opened enter() {
    var by = opened;
    if (by == null) {
      by = run(rows::openArchive);
      opened = by;
    }
    return by;
  }

  @Override
  public void store(Batch batch) {
    var by = enter();
    run(
        () -> {
          rows.requireArchive(by);
          rows.archive.store(batch);
          line.changed(rows.isLastOfArchive(by));
          return batch;
        });
  }

  @Override
  public Optional<Checkpoint> checkpoint() {
    return read().checkpoint();
  }

  @Override
  public List<ArchivedStream> unfinished() {
    return read().unfinished();
  }

  @Override
  public Map<StreamId, Known> known(Collection<StreamId> ids) {
    return read().known(ids);
  }

  @Override
  public Optional<ArchivedStream> find(StreamId id) {
    return read().find(id);
  }

  @Override
  public Optional<ArchivedStream> find(StreamId id, String owner) {
    return read().find(id, owner);
  }

  @Override
  public Optional<String> response(StreamId id) {
    return read().response(id);
  }

  @Override
  public Optional<ArchivedEvents> read(StreamId id, long seq) {
    return read().read(id, seq);
  }

  @Override
  public Optional<ArchivedEvents> read(StreamId id, long openedAt, long seq) {
    return read().read(id, openedAt, seq);
  }

  @Override
  public List<ArchivedStream> list(Query query) {
    return read().list(query);
  }

  @Override
  public Optional<ArchivedStream> named(@Nullable String owner, String name, String path) {
    return read().named(owner, name, path);
  }

  @Override
  public List<StreamId> outlived(long endedBeforeTimeMs, long bytesMax, int limit) {
    return read().outlived(endedBeforeTimeMs, bytesMax, limit);
  }

  @Override
  public long bytes(String owner) {
    return read().bytes(owner);
  }

  @Override
  public List<UsageSum> usage(UsageQuery query) {
    return read().usage(query);
  }

  @Override
  public long bytes() {
    return read().bytes();
  }

  @Override
  public void close() {}
}
