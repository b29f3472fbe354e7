package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageSum;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.StreamId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Answers questions about streams: from the journal's for those that are not wholly in the archive,
 * from the archive for the others. Another's stream, and one that is being deleted, is not there.
 */
final class Catalog {
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
    if (responses.fits(stream) && !budget.tryTake(bytes)) {
      throw new MemoryFullException(budget.bytes());
    }
    try {
      return making.get();
    } finally {
      if (responses.fits(stream)) {
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
          if (query.state() == null || query.state().equals("released")) {
            for (var row : archive.list(archiveQuery(owner, query))) {
              views.put(row.id(), StreamView.of(row));
            }
          }
          for (var stream : here) {
            if (owner.owns(stream.attributes())) {
              views.remove(stream.id());
              var view = stream.view();
              if (query.matches(view)) {
                views.put(view.id(), view);
              }
            }
          }
          views.keySet().removeIf(journaled::isDeleting);
          return views.values().stream().sorted(NEWEST_FIRST).limit(query.limit()).toList();
        },
        result);
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
                  .max(Comparator.comparingLong(Stream::createdMs));
          long since = newest.map(Stream::createdMs).orElse(Long.MIN_VALUE);
          return archive
              .named(owner.all() ? null : owner.value(), name, path)
              .filter(row -> row.createdMs() > since && !journaled.isDeleting(row.id()))
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
                        .flatMap(view -> turn(view.id(), revive).stream())
                        .toList(),
                result);
          }

          @Override
          public void failed(RuntimeException cause) {
            result.failed(cause);
          }
        });
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
