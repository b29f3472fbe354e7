package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.Answer;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Streams;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * Single streams as their owner names them: by their id, or by the one that the owner chose for
 * them.
 */
record OwnedStreams(Streams streams, OwnIds ids) {

  void find(Owner owner, StreamId named, Answer<Optional<Stream>> answer) {
    byEither(owner, named, (id, to) -> streams.find(owner, id, to), Optional::isPresent, answer);
  }

  void cancel(Owner owner, StreamId named, Answer<CancelResult> answer) {
    byEither(
        owner,
        named,
        (id, to) -> streams.cancel(owner, id, to),
        result -> !(result instanceof CancelResult.Unknown),
        answer);
  }

  void delete(Owner owner, StreamId named, Answer<DeleteResult> answer) {
    byEither(
        owner,
        named,
        (id, to) -> streams.delete(owner, id, to),
        result -> result != DeleteResult.UNKNOWN,
        answer);
  }

  void save(Owner owner, StreamId named, Answer<SaveResult> answer) {
    byEither(
        owner,
        named,
        (id, to) -> streams.save(owner, id, to),
        result -> !(result instanceof SaveResult.Unknown),
        answer);
  }

  /** The ids that an owner may mean by one. */
  List<StreamId> idsOf(Owner owner, StreamId named) {
    return ids.other(owner, named).map(other -> List.of(named, other)).orElse(List.of(named));
  }

  private <T> void byEither(
      Owner owner,
      StreamId named,
      BiConsumer<StreamId, Answer<T>> question,
      Predicate<T> known,
      Answer<T> answer) {
    var other = ids.other(owner, named);
    if (other.isEmpty()) {
      question.accept(named, answer);
      return;
    }
    question.accept(
        named,
        new Answer<>() {
          @Override
          public void succeeded(T result) {
            if (known.test(result)) {
              answer.succeeded(result);
            } else {
              question.accept(other.get(), answer);
            }
          }

          @Override
          public void failed(RuntimeException cause) {
            answer.failed(cause);
          }
        });
  }
}
