package dev.lastword.archive;

import dev.lastword.journal.JournalId;
import dev.lastword.journal.StreamId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where streams rest, and where the beginnings of those wait that are still open.
 *
 * <p>Filled in bulk, off the road of an event, in the order of the journal, which it obeys and
 * never contradicts. Every call blocks on the database; reads never wait for a {@link #store}.
 * Thread-safe.
 *
 * <p>An id may live again once its stream was deleted. What tells one life from another is the
 * journal position at which it was opened: positions only grow, so the greater one is the later
 * life.
 */
public interface Archive extends AutoCloseable {
  /** Attribute of a stream that names its conversation. */
  String CONVERSATION = "conversation";

  /** Attribute of a stream that names whose it is. */
  String OWNER = "owner";

  /** Attribute of a stream by which its client comes back to it. */
  String NAME = "name";

  /** Attribute of a stream that names the path of its request. */
  String PATH = "path";

  /** Attribute of a stream that names the tenant that its owner is one of. */
  String TENANT = "tenant";

  /** Attribute of a stream that names the path of the route of its request. */
  String ROUTE = "route";

  /** Attribute of a stream that names the model asked for. */
  String MODEL = "model";

  /** Attribute of a stream that names its dialect. */
  String DIALECT = "dialect";

  /** Most streams that one {@link #list} gives. */
  int LIMIT_MAX = 1_000;

  /**
   * How far the archive has followed which journal; empty for a new archive. Every entry before it
   * is either here or needed by nobody.
   */
  Optional<Checkpoint> checkpoint();

  /**
   * Takes a batch in one transaction: deposits, savings, deletions, then the checkpoint, which
   * therefore never runs ahead of them. On disk when it returns. Idempotent: the same batch again
   * changes nothing.
   *
   * @throws IllegalArgumentException if a deposit does not join what is here of its stream; nothing
   *     was stored
   * @throws ArchiveBusyException if another program holds the write lock; nothing was stored
   * @throws ArchiveFullException if the disk is full; nothing was stored, and a smaller batch may
   *     still go
   * @throws ArchiveFailedException if the database refuses otherwise; nothing was stored, or it was
   *     and nobody could tell: the batch is to be stored again
   */
  void store(Batch batch);

  /** The streams that are not at rest, the one that was opened first in front. */
  List<ArchivedStream> unfinished();

  /**
   * What is known of these ids; nothing of the others. An id whose row is damaged is left out:
   * whatever the journal still has of it is better.
   */
  Map<StreamId, Known> known(Collection<StreamId> ids);

  /**
   * One stream as it stands in its row, at rest or not; a deleted one is not here.
   *
   * @throws ArchiveDamagedException if the row is not what was stored
   */
  Optional<ArchivedStream> find(StreamId id);

  /**
   * The same in an owner's name: another's is not here, be its row damaged or not, and no more of
   * it is looked at than whose it is.
   *
   * @param owner the {@link #OWNER} that it has; {@code ""} for one that has none
   * @throws ArchiveDamagedException if the row is the owner's, and not what was stored
   */
  Optional<ArchivedStream> find(StreamId id, String owner);

  /**
   * The assembled response of one stream as JSON text. Empty also for a stream whose response was
   * not kept, because it is open or because it was too large: then it is made from the events.
   *
   * @throws ArchiveDamagedException if it is not what was stored
   */
  Optional<String> response(StreamId id);

  /**
   * The first events of a stream that begin with or contain event {@code seq}: a run of at most 256
   * KiB on the wire, or a single larger event. Withheld events are numbered on behind the visible
   * ones.
   *
   * @return empty if there is no such stream or event
   * @throws ArchiveDamagedException if they are not what was stored
   */
  Optional<ArchivedEvents> read(StreamId id, long seq);

  /**
   * The same of one life of the id: whoever has begun to read an answer is given no event of
   * another that has its id since.
   *
   * @param openedAt which life, as its row says
   * @return empty also if another life is here
   * @throws ArchiveDamagedException as above, or if the row is not what was stored and does not say
   *     that it is this one
   */
  Optional<ArchivedEvents> read(StreamId id, long openedAt, long seq);

  /**
   * Streams at rest that match, newest first. One whose row is damaged is left out, and said in the
   * log.
   *
   * @throws IllegalArgumentException if the limit is out of range
   */
  List<ArchivedStream> list(Query query);

  /**
   * The stream at rest that has a name on a path, and of several the one that was opened last, by
   * its place in the journal. One whose row is damaged is left out, and said in the log.
   *
   * @param owner only with this {@link #OWNER}, {@code ""} for none; or null for anybody's
   * @param name its {@link #NAME}
   * @param path its {@link #PATH}
   */
  Optional<ArchivedStream> named(@Nullable String owner, String name, String path);

  /**
   * Streams at rest that have outlived their time or their room, the oldest end first. Deletes
   * nothing: the journal says first that they go.
   *
   * @param endedBeforeTimeMs journal time: streams that were complete before it
   * @param bytesMax then the oldest until the visible events of the rest take no more than this
   * @param limit most ids to give, at least 1
   */
  List<StreamId> outlived(long endedBeforeTimeMs, long bytesMax, int limit);

  /**
   * Bytes of the visible events of an owner's streams at rest.
   *
   * @param owner the {@link #OWNER} that they have; {@code ""} for those that have none
   */
  long bytes(String owner);

  /**
   * Sums of the ledger, which has one row for each response that has ended and come to rest, kept
   * after its stream is deleted: one sum for each group, in the order of the groups' names, those
   * without a name first.
   *
   * @throws IllegalArgumentException if the limit is out of range
   */
  List<UsageSum> usage(UsageQuery query);

  /** Bytes that the database takes on disk now. */
  long bytes();

  /** Ends calls in progress and gives everything back, within 2 s. Later calls fail. */
  @Override
  void close();

  /**
   * How far the archive has followed a journal.
   *
   * @param journal null in an archive that was filled before journals had ids: it is bound to the
   *     journal of the first {@link #store}
   * @param position from which a restart replays
   */
  record Checkpoint(@Nullable JournalId journal, long position) {}

  /** What is stored together. */
  record Batch(
      List<Deposit> deposits,
      List<Saving> savings,
      List<Deletion> deletions,
      Checkpoint checkpoint) {}

  /**
   * One stream, as far as it has come. A deposit counts unless the archive has a later state of the
   * same life, a later life of the id, or this one's tombstone; then it changes nothing. Afterwards
   * the stream has exactly {@link ArchivedStream#lastSeq} events here.
   *
   * @param events the new ones in order, without a gap; they may begin before the end of what is
   *     here, and what is here from there on is replaced
   * @param response the assembled response as JSON text, or null: not at rest, or too large
   * @param text what a person reads of it, for people who look with a SQL shell, or null as above
   * @param tokens for the ledger, which takes them with a stream that is at rest
   */
  record Deposit(
      ArchivedStream stream,
      List<ArchivedEvents> events,
      @Nullable String response,
      @Nullable String text,
      TokenCounts tokens) {
    /** One of which nobody knows the tokens. */
    public Deposit(
        ArchivedStream stream,
        List<ArchivedEvents> events,
        @Nullable String response,
        @Nullable String text) {
      this(stream, events, response, text, TokenCounts.UNKNOWN);
    }
  }

  /**
   * The save hooks have acknowledged a stream that is here already.
   *
   * @param openedAt which life of the id, or 0 for whichever is here
   */
  record Saving(StreamId id, long openedAt) {}

  /**
   * A stream is gone.
   *
   * @param upTo lives opened before this journal position go
   * @param ended the life that ended and may never have been deposited: the ledger has it all the
   *     same
   */
  record Deletion(StreamId id, long upTo, Optional<Ended> ended) {
    /** One of a stream that is here, or never came to an end. */
    public Deletion(StreamId id, long upTo) {
      this(id, upTo, Optional.empty());
    }
  }

  /** A response that has its outcome, as the ledger takes it. */
  record Ended(ArchivedStream stream, TokenCounts tokens) {}

  /**
   * What is known of an id: its row, or without one its tombstone. Earlier lives than this are
   * gone; of later ones the archive has not heard.
   *
   * @param openedAt where this life begins in the journal; 0 for one that was stored before the
   *     archive knew: whichever life the journal had then
   * @param upTo every entry of this life before this journal position is here
   * @param atRest nothing more comes
   * @param tombstone it is deleted, by Lastword or by a person in a SQL shell
   */
  record Known(long openedAt, long upTo, boolean atRest, boolean tombstone) {}

  /**
   * What to list. Nulls match everything.
   *
   * @param owner only streams with this {@link #OWNER}; {@code ""} for those that have none
   * @param outcome only this outcome's word
   * @param conversation only this {@link #CONVERSATION}
   * @param saved whether every save hook has acknowledged
   * @param before only streams older than this place in the list (exclusive), or null to start with
   *     the newest
   * @param limit 1 to {@link #LIMIT_MAX}
   */
  record Query(
      @Nullable String owner,
      @Nullable String outcome,
      @Nullable String conversation,
      @Nullable Boolean saved,
      @Nullable Place before,
      int limit) {}

  /** A place in the list of streams: ordered by creation time, then id, newest first. */
  record Place(long createdMs, StreamId id) {}
}
