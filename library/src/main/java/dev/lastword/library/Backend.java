package dev.lastword.library;

import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Turn;
import java.util.List;
import java.util.Optional;

/**
 * What keeps the answers of a {@link Lastword}, which says what each of these means: the engine of
 * this process, or a gateway.
 */
interface Backend {
  Optional<Saver> saver();

  Answer open(AnswerRequest request);

  Optional<Reading> read(StreamId id, Owner owner, String lastEventId);

  Optional<StreamView> find(StreamId id, Owner owner);

  CancelResult cancel(StreamId id, Owner owner);

  DeleteResult delete(StreamId id, Owner owner);

  Optional<String> response(StreamId id, Owner owner);

  List<StreamView> list(Owner owner, StreamQuery query);

  List<Turn> conversation(String key, Owner owner, int limit);

  SaveResult saveAgain(StreamId id, Owner owner);

  Journal.Health health();

  int open();

  /** Again does nothing. */
  void close();
}
