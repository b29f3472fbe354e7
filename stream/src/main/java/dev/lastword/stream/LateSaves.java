package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.Entry;
import dev.lastword.journal.StreamId;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Saves responses once more that a hook has rejected, or that were given up. */
final class LateSaves {
  private final Streams streams;
  private final Journaled journaled;
  private final Catalog catalog;
  private final Archive archive;
  private final Responses responses;
  private final Archiver archiver;
  private final ArchivedEntries entries;
  private final Home commands;
  private final Executor io;

  LateSaves(
      Streams streams,
      Journaled journaled,
      Catalog catalog,
      Archive archive,
      Responses responses,
      Archiver archiver,
      ArchivedEntries entries,
      Home commands,
      Executor io) {
    this.streams = streams;
    this.journaled = journaled;
    this.catalog = catalog;
    this.archive = archive;
    this.responses = responses;
    this.archiver = archiver;
    this.entries = entries;
    this.commands = commands;
    this.io = io;
  }

  /** See {@link Streams#save}. On any thread. */
  void save(Owner owner, StreamId id, Answer<SaveResult> result) {
    var item = journaled.get(id);
    if (item == null) {
      catalog.archived(owner, id, saving(result, null), row -> row);
      return;
    }
    var stream = item.stream();
    if (!owner.owns(stream.attributes())) {
      catalog.unknown(owner, id, result, new SaveResult.Unknown());
      return;
    }
    stream
        .home()
        .execute(
            () -> {
              if (stream.isSaved() || !item.seal().isResting()) {
                result.succeeded(SaveResult.of(stream.view()));
                return;
              }
              // What rests is on its way to the archive.
              var unused =
                  archiver
                      .store(stream)
                      .whenComplete(
                          (nothing, failure) ->
                              catalog.archived(owner, id, saving(result, failure), row -> row));
            });
  }

  /**
   * @param failure why the archive may not have what it is to have; null if it has
   */
  private Answer<Optional<ArchivedStream>> saving(
      Answer<SaveResult> result, @Nullable Throwable failure) {
    return new Answer<>() {
      @Override
      public void succeeded(Optional<ArchivedStream> row) {
        var found = row.filter(ArchivedStream::atRest);
        if (found.isEmpty() && failure != null) {
          result.failed(new ArchiveFailedException("the archive does not have it yet", failure));
        } else if (found.isEmpty()) {
          result.succeeded(new SaveResult.Unknown());
        } else if (found.get().saved()) {
          result.succeeded(SaveResult.of(StreamView.of(found.get())));
        } else {
          io.execute(() -> saveAgain(found.get(), result));
        }
      }

      @Override
      public void failed(RuntimeException cause) {
        result.failed(cause);
      }
    };
  }

  private void saveAgain(ArchivedStream row, Answer<SaveResult> result) {
    SavedResponse response;
    try {
      response =
          archive
              .response(row.id())
              .map(json -> responses.toSave(row, json))
              .orElseGet(() -> responses.toSaveAgain(streams.revive(row), row));
    } catch (RuntimeException e) {
      result.failed(e);
      return;
    }
    var unused =
        streams
            .saver()
            .saveOnce(response, streams.home())
            .whenComplete(
                (nothing, failure) -> {
                  if (failure != null) {
                    result.succeeded(
                        new SaveResult.Unsaved(StreamView.of(row), SaveCalls.cause(failure)));
                  } else {
                    io.execute(() -> markSaved(row, result));
                  }
                });
  }

  /**
   * The hooks have taken their time, in which another answer may have got the id: that one was not
   * saved, and the journal must not say so behind its beginning.
   */
  private void markSaved(ArchivedStream row, Answer<SaveResult> result) {
    boolean isThere;
    try {
      isThere = archive.find(row.id()).filter(now -> now.openedAt() == row.openedAt()).isPresent();
    } catch (RuntimeException e) {
      result.failed(e);
      return;
    }
    commands.execute(
        () -> {
          if (isThere && !journaled.holds(row.id())) {
            writeSaved(row, result);
          } else {
            result.succeeded(new SaveResult.Unknown());
          }
        });
  }

  /** On the home of commands. */
  private void writeSaved(ArchivedStream row, Answer<SaveResult> result) {
    entries.append(
        new Entry.Saved(row.id(), streams.time().wallClockMs()),
        (position, pin) ->
            archiver.add(
                new Archiver.Command.MarkSaved(
                    row.id(),
                    row.openedAt(),
                    () -> {
                      journaled.remove(pin);
                      result.succeeded(new SaveResult.Saved(StreamView.of(row.asSaved())));
                    })),
        refusal -> result.failed(ArchivedEntries.failure(refusal)));
  }
}
