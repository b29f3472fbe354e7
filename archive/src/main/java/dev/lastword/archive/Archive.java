package dev.lastword.archive;

import dev.lastword.journal.JournalId;
import dev.lastword.journal.StreamId;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
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

  /** Attribute. */
  String OWNER = "owner";

  /** TEMP. */
  void store(Batch batch);

  /** c. */
  Optional<Checkpoint> checkpoint();

  /** c. */
  record Checkpoint(@Nullable JournalId journal, long position) {}

  /** b. */
  record Batch(List<Deposit> deposits, List<Saving> savings, List<Deletion> deletions, Checkpoint checkpoint) {}

  /** s. */
  record Saving(StreamId id, long openedAt) {}

  /** d. */
  record Deletion(StreamId id, long upTo) {}

  /** k. */
  record Known(long openedAt, long upTo, boolean atRest, boolean tombstone) {}

  /** u. */
  List<ArchivedStream> unfinished();

  /** k. */
  java.util.Map<StreamId, Known> known(Collection<StreamId> ids);

  /** f. */
  Optional<ArchivedStream> find(StreamId id);

  /** o. */
  List<StreamId> outlived(long endedBeforeTimeMs, long bytesMax, int limit);

  /** b. */
  long bytes();

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
  List<ArchivedStream> list(Query query);

  @Override
  void close();

  /**
   * One stream to store.
   *
   * @param events all events in order, without a gap
   * @param response the assembled response as JSON text
   * @param text what a person reads of it, for people who look with a SQL shell
   */
  record Deposit(ArchivedStream stream, List<ArchivedEvents> events, @Nullable String response, @Nullable String text) {}

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
      @Nullable String owner, @Nullable String outcome, @Nullable String conversation, @Nullable Place before, int limit) {}

  /** A place in the list of streams: ordered by creation time, then id, newest first. */
  record Place(long createdMs, StreamId id) {}
}
