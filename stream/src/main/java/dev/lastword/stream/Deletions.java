package dev.lastword.stream;

import dev.lastword.journal.Entry;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Journaled.Item;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes streams: by an entry in the journal, from which on nobody finds them, and then in the
 * archive.
 */
final class Deletions {
  private static final Logger log = LoggerFactory.getLogger(Deletions.class);

  private final Streams streams;
  private final Journaled journaled;
  private final Catalog catalog;
  private final Archiver archiver;
  private final ArchivedEntries entries;
  private final Home commands;

  Deletions(
      Streams streams,
      Journaled journaled,
      Catalog catalog,
      Archiver archiver,
      ArchivedEntries entries,
      Home commands) {
    this.streams = streams;
    this.journaled = journaled;
    this.catalog = catalog;
    this.archiver = archiver;
    this.entries = entries;
    this.commands = commands;
  }

  /** See {@link Streams#delete}. On any thread. */
  void delete(Owner owner, StreamId id, Answer<DeleteResult> result) {
    var item = journaled.get(id);
    if (journaled.isDeleting(id)) {
      result.succeeded(DeleteResult.UNKNOWN);
    } else if (item != null && !owner.owns(item.stream().attributes())) {
      catalog.unknown(owner, id, result, DeleteResult.UNKNOWN);
    } else if (item == null) {
      catalog.archived(
          owner,
          id,
          new Answer<Boolean>() {
            @Override
            public void succeeded(Boolean found) {
              if (found) {
                commands.execute(() -> deleteArchived(id, false, result));
              } else {
                result.succeeded(DeleteResult.UNKNOWN);
              }
            }

            @Override
            public void failed(RuntimeException cause) {
              result.failed(cause);
            }
          },
          Optional::isPresent);
    } else {
      item.stream().home().execute(() -> deleteJournaled(item, result));
    }
  }

  /** A stream has outlived its time. On any thread. */
  void expire(StreamId id, Answer<DeleteResult> result) {
    commands.execute(() -> deleteArchived(id, true, result));
  }

  private void deleteJournaled(Item item, Answer<DeleteResult> result) {
    if (item.seal().isSaving() && !item.seal().doWithoutSave()) {
      result.succeeded(DeleteResult.PENDING);
      return;
    }
    var filling = item.filling();
    if (filling != null) {
      filling.cancel();
    }
    item.seal()
        .whenSettled(
            how -> {
              switch (how) {
                case RELEASED -> delete(item, result);
                case LOST -> result.failed(Streams.journalClosed());
                case ABANDONED -> result.succeeded(DeleteResult.UNKNOWN);
              }
            });
  }

  private void delete(Item item, Answer<DeleteResult> result) {
    var stream = item.stream();
    long from = stream.neededFrom();
    streams.append(
        stream,
        new Entry.Deleted(stream.id(), streams.time().wallClockMs(), false),
        Step.Then.of(
            () -> {
              journaled.deleting(stream.id(), () -> from);
              journaled.remove(stream);
              archiver.drop(stream);
              item.seal().deleted();
              stream.history().evict();
              stream.subscribers().notice("deleted", "The stream was deleted.");
              archiveDeletion(stream.id(), stream.lastPosition(), stream, result);
            },
            refusal -> result.failed(ArchivedEntries.failure(refusal))));
  }

  /** On the home of commands: only the archive has the stream. */
  private void deleteArchived(StreamId id, boolean expired, Answer<DeleteResult> result) {
    if (journaled.isDeleting(id) || journaled.get(id) != null) {
      result.succeeded(DeleteResult.UNKNOWN);
      return;
    }
    entries.append(
        new Entry.Deleted(id, streams.time().wallClockMs(), expired),
        (position, pin) -> {
          journaled.deleting(id, pin);
          journaled.remove(pin);
          archiveDeletion(id, position + 1, null, result);
        },
        refusal -> result.failed(ArchivedEntries.failure(refusal)));
  }

  private void archiveDeletion(
      StreamId id, long upTo, @Nullable Stream ended, Answer<DeleteResult> result) {
    archiver.add(
        new Archiver.Command.Delete(
            id,
            upTo,
            ended,
            () -> {
              journaled.deleted(id);
              log.info("stream.deleted stream={}", id);
              result.succeeded(DeleteResult.DELETED);
            }));
  }
}
