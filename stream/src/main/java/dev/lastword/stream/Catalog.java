package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageSum;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.StreamId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers questions about streams: from the journal's for those that are not wholly in the archive,
 * from the archive for the others. Another's stream, and one that is being deleted, is not there.
 */
final class Catalog {
  private static final Logger log = LoggerFactory.getLogger(Catalog.class);

  private static final Comparator<StreamView> NEWEST_FIRST =
      Comparator.comparingLong(StreamView::createdMs)
          .thenComparing(view -> view.id().value())
          .reversed();

  private final Journaled journaled;
  private final Archive archive;
  private final Responses responses;
  private final MemoryBudget budget;
  private final Executor io;

  Catalog(
      Journaled journaled, Archive archive, Responses responses, MemoryBudget budget, Executor io) {
    this.journaled = journaled;
    this.archive = archive;
    this.responses = responses;
    this.budget = budget;
    this.io = io;
  }

  /** What is to be made of a stream's row, if it is in the archive and the owner's. */
  <T> void archived(
      Owner owner, StreamId id, Answer<T> result, Function<Optional<ArchivedStream>, T> made) {
    ask(() -> made.apply(row(owner, id)), result);
  }

  private Optional<ArchivedStream> row(Owner owner, StreamId id) {
    var row = owner.all() ? archive.find(id) : archive.find(id, owner.value());
    return row.filter(found -> !journaled.isDeleting(id));
  }

  void find(
      Owner owner,
      StreamId id,
      Answer<Optional<Stream>> result,
      Function<ArchivedStream, Stream> revive) {
    var here = journaled.find(id);
    if (here.isEmpty()) {
      archived(owner, id, result, row -> row.filter(ArchivedStream::atRest).map(revive));
    } else if (owner.owns(here.get().attributes())) {
      result.succeeded(here);
    } else {
      unknown(owner, id, result, Optional.empty());
    }
  }

  /**
   * Answers about another's stream what is answered about none, after the same way: how long it
   * takes does not tell that it is there.
   */
  <T> void unknown(Owner owner, StreamId id, Answer<T> result, T nothing) {
    archived(owner, id, result, row -> nothing);
  }

  void response(
      Owner owner,
      StreamId id,
      Answer<Optional<String>> result,
      Function<ArchivedStream, Stream> revive) {
    ask(
        () -> {
          var here = journaled.find(id);
          if (here.isPresent() && owner.owns(here.get().attributes())) {
            return here.map(stream -> assembled(stream, revive));
          }
          return row(owner, id)
              .filter(row -> here.isEmpty())
              .map(row -> archive.response(id).orElseGet(() -> assembled(revive.apply(row))));
        },
        result);
  }

  /** See {@link Streams#read}. */
  void read(
      SavedResponse told,
      Answer<Optional<SavedResponse>> result,
      Function<ArchivedStream, Stream> revive) {
    ask(
        () -> {
          var here = journaled.find(told.stream());
          if (here.isPresent()) {
            return here.filter(stream -> stream.createdMs() == told.createdMs())
                .map(stream -> read(stream, told, revive));
          }
          return row(Owner.ALL, told.stream())
              .filter(row -> row.createdMs() == told.createdMs())
              .map(row -> read(row, told, revive));
        },
        result);
  }

  private SavedResponse read(
      Stream stream, SavedResponse told, Function<ArchivedStream, Stream> revive) {
    try {
      return read(stream, told);
    } catch (JournalFailedException e) { // it moved meanwhile
      return read(archive.find(stream.id()).orElseThrow(() -> e), told, revive);
    }
  }

  private SavedResponse read(
      ArchivedStream row, SavedResponse told, Function<ArchivedStream, Stream> revive) {
    return archive
        .response(row.id())
        .map(told::withContent)
        .orElseGet(() -> read(revive.apply(row), told));
  }

  private SavedResponse read(Stream stream, SavedResponse told) {
    return inBudget(stream, () -> responses.toSave(stream, told));
  }

  private String assembled(Stream stream, Function<ArchivedStream, Stream> revive) {
    try {
      return assembled(stream);
    } catch (JournalFailedException e) { // it moved meanwhile
      var row = archive.find(stream.id()).orElseThrow(() -> e);
      return archive.response(stream.id()).orElseGet(() -> assembled(revive.apply(row)));
    }
  }

  private String assembled(Stream stream) {
    return inBudget(stream, () -> responses.assemble(stream).of(stream.id(), stream.outcome()));
  }

  private <T> T inBudget(Stream stream, Supplier<T> making) {
    if (stream.isCorrupt()) {
      throw new StreamCorruptException(stream.id());
    }
    long bytes = responses.bytesToAssemble(stream);
    boolean taking = responses.fits(stream); // asked once: it may grow while it is made
    if (taking && !budget.tryTake(bytes)) {
      throw new MemoryFullException(budget.bytes());
    }
    try {
      return making.get();
    } finally {
      if (taking) {
        budget.give(bytes);
      }
    }
  }

  void bytes(Owner owner, Answer<Long> result) {
    ask(
        () -> {
          long here =
              journaled.streams().stream()
                  .filter(stream -> owner.owns(stream.attributes()))
                  .mapToLong(Stream::bytes)
                  .sum();
          return here + archive.bytes(owner.value());
        },
        result);
  }

  void usage(Owner owner, UsageQuery query, Answer<List<UsageSum>> result) {
    ask(() -> archive.usage(query.of(owner.all() ? null : owner.value())), result);
  }

  void list(Owner owner, StreamQuery query, Answer<List<StreamView>> result) {
    ask(
        () -> {
          // Before the archive is asked: what moves meanwhile is then seen twice, never not at all.
          var here = journaled.streams();
          var views = new HashMap<StreamId, StreamView>();
          for (var stream : here) {
            if (owner.owns(stream.attributes())) {
              views.put(stream.id(), stream.view());
            }
          }
          var found = new ArrayList<StreamView>();
          if (query.state() == null || query.state().equals("released")) {
            rows(archiveQuery(owner, query), Set.copyOf(views.keySet()))
                .forEach(row -> found.add(StreamView.of(row)));
          }
          views.values().stream()
              .filter(query::matches)
              .filter(view -> !journaled.isDeleting(view.id()))
              .forEach(found::add);
          return found.stream().sorted(NEWEST_FIRST).limit(query.limit()).toList();
        },
        result);
  }

  /**
   * Rows of the archive, without those that are being deleted or told by the journal: further ones
   * in their place, for who is given fewer than asked for takes them for the last.
   */
  private List<ArchivedStream> rows(Archive.Query query, Set<StreamId> without) {
    var rows = new ArrayList<ArchivedStream>();
    var next = query;
    boolean more = true;
    while (more && rows.size() < query.limit()) {
      var page = archive.list(next);
      page.stream()
          .filter(row -> !without.contains(row.id()) && !journaled.isDeleting(row.id()))
          .forEach(rows::add);
      more = page.size() == query.limit();
      next = more ? behind(next, page.getLast()) : next;
    }
    return rows;
  }

  private static Archive.Query behind(Archive.Query query, ArchivedStream last) {
    return new Archive.Query(
        query.owner(),
        query.outcome(),
        query.conversation(),
        query.saved(),
        new Archive.Place(last.createdMs(), last.id()),
        query.limit());
  }

  void named(
      Owner owner,
      String name,
      String path,
      Answer<Optional<Stream>> result,
      Function<ArchivedStream, Stream> revive) {
    ask(
        () -> {
          // Before the archive is asked, as in a list.
          var here = journaled.streams();
          var newest =
              here.stream()
                  .filter(stream -> owner.owns(stream.attributes()))
                  .filter(stream -> name.equals(stream.attributes().get(Attributes.NAME)))
                  .filter(stream -> path.equals(stream.attributes().get(Attributes.PATH)))
                  .max(Comparator.comparingLong(Stream::openedAt));
          long since = newest.map(Stream::openedAt).orElse(Long.MIN_VALUE); // no clock is asked
          return archive
              .named(owner.all() ? null : owner.value(), name, path)
              .filter(row -> row.openedAt() > since && !journaled.isDeleting(row.id()))
              .map(revive)
              .or(() -> newest);
        },
        result);
  }

  private static Archive.Query archiveQuery(Owner owner, StreamQuery query) {
    return new Archive.Query(
        owner.all() ? null : owner.value(),
        query.outcome() == null ? null : query.outcome().word(),
        query.conversation(),
        query.saved(),
        query.before(),
        query.limit());
  }

  void conversation(
      Owner owner,
      String key,
      int limit,
      Answer<List<Turn>> result,
      Function<ArchivedStream, Stream> revive) {
    var query = new StreamQuery(null, null, key, null, null, limit);
    list(
        owner,
        query,
        new Answer<>() {
          @Override
          public void succeeded(List<StreamView> views) {
            ask(
                () ->
                    views.stream()
                        .sorted(NEWEST_FIRST.reversed())
                        .flatMap(view -> turn(view, revive).stream())
                        .toList(),
                result);
          }

          @Override
          public void failed(RuntimeException cause) {
            result.failed(cause);
          }
        });
  }

  /** What is wrong with one turn is said of it, and the others are told. */
  private Optional<Turn> turn(StreamView view, Function<ArchivedStream, Stream> revive) {
    try {
      return turn(view.id(), revive);
    } catch (StreamDeletedException e) {
      return Optional.empty();
    } catch (RuntimeException e) {
      var why = Turn.whyUnreadable(e).orElseThrow(() -> e);
      log.error("turn.unreadable stream={} why={}", view.id(), why, e);
      return Optional.of(Turn.without(view, why));
    }
  }

  /** Empty if it was deleted meanwhile. */
  private Optional<Turn> turn(StreamId id, Function<ArchivedStream, Stream> revive) {
    var here = journaled.find(id);
    if (here.isPresent()) {
      try {
        return Optional.of(turn(here.get()));
      } catch (JournalFailedException e) {
        return Optional.of(archivedTurn(id, revive).orElseThrow(() -> e)); // it moved meanwhile
      }
    }
    return archivedTurn(id, revive);
  }

  private Optional<Turn> archivedTurn(StreamId id, Function<ArchivedStream, Stream> revive) {
    return archive
        .find(id)
        .map(
            row ->
                archive
                    .response(id)
                    .map(json -> Responses.turn(StreamView.of(row), json))
                    .orElseGet(() -> turn(revive.apply(row))));
  }

  private Turn turn(Stream stream) {
    return inBudget(
        stream, () -> Responses.turn(stream.view(), responses.assemble(stream).response()));
  }

  private <T> void ask(Supplier<T> question, Answer<T> result) {
    io.execute(
        () -> {
          T answer;
          try {
            answer = question.get();
          } catch (RuntimeException e) {
            result.failed(e);
            return;
          }
          result.succeeded(answer);
        });
  }
}
