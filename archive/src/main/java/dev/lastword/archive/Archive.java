package dev.lastword.archive;

import dev.lastword.journal.StreamId;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where closed streams rest. Every call blocks on the database; thread-safe.
 *
 * <p>Filled in bulk, off the road of an event, and idempotent: storing a stream again replaces it,
 * so that the archive can be built anew from the journal.
 */
public interface Archive extends AutoCloseable {
  /** Attribute of a stream that names its conversation. */
  String CONVERSATION = "conversation";

  /**
   * Stores streams and the journal position up to which nothing needs to be replayed any more, in
   * one transaction.
   *
   * @throws ArchiveFailedException if the database refuses; nothing was stored
   */
  void store(List<Deposit> deposits, long checkpoint);

  /** The position given with the last {@link #store}, 0 for none. */
  long checkpoint();

  /** Which of these ids are here. */
  Set<StreamId> present(Collection<StreamId> ids);

  /** One stream. */
  Optional<ClosedStream> find(StreamId id);

  /** The assembled response of one stream as JSON text. */
  Optional<String> response(StreamId id);

  /**
   * The first events of a stream that begin with or contain event {@code seq}: a run of at most
   * about 256 KiB, or a single larger event.
   *
   * @return empty if there is no such stream or event
   */
  Optional<ArchivedEvents> read(StreamId id, long seq);

  /** Streams that match, newest first. */
  List<ClosedStream> list(Query query);

  /** Notes that every save hook has acknowledged a stream; true if it is here. */
  boolean markSaved(StreamId id);

  /** Deletes one stream; true if it was here. */
  boolean delete(StreamId id);

  /**
   * Deletes what has outlived its time.
   *
   * @param endedBeforeMs streams that ended before this go
   * @param bytesMax then the oldest go until the events of the rest take no more than this
   * @return how many streams went
   */
  int retain(long endedBeforeMs, long bytesMax);

  @Override
  void close();

  /**
   * One stream to store.
   *
   * @param events all events in order, without a gap
   * @param response the assembled response as JSON text
   * @param text what a person reads of it, for people who look with a SQL shell
   */
  record Deposit(ClosedStream stream, List<ArchivedEvents> events, String response, String text) {}

  /**
   * What to list.
   *
   * @param outcome only this outcome's word, or null for all
   * @param conversation only this conversation, or null for all
   * @param before only streams older than this place in the list (exclusive), or null to start with
   *     the newest
   * @param limit 1 to 1,000
   */
  record Query(
      @Nullable String outcome, @Nullable String conversation, @Nullable Place before, int limit) {}

  /** A place in the list of streams: ordered by creation time, then id, newest first. */
  record Place(long createdMs, StreamId id) {}
}
