package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What journal and archive say together: the streams that are not at rest, and what the archive has
 * not heard yet of those that are. Nothing is changed by learning it.
 *
 * @param commands what the archive still has to be told
 */
record Learned(Collection<Stream> streams, List<Archiver.Command> commands) {
  private static final Logger log = LoggerFactory.getLogger(Learned.class);

  /** What is left where nobody has what is missing. */
  private static final String BEGIN_ANEW =
      "If there is none, `lastword repair` lets it begin at the journal's oldest entry, without what"
          + " is missing; docs/formats/archive.md §4 says how by hand";

  /**
   * Reads the archive's unfinished streams, then the journal from the archive's checkpoint on.
   *
   * @param revive makes a stream of a row
   * @param create makes a stream of its first entry and the place where that stands
   * @throws JournalMismatchException if the two are not of one another
   */
  static Learned of(
      Journal journal,
      Archive archive,
      Function<ArchivedStream, Stream> revive,
      BiFunction<Entry.Opened, Long, Stream> create) {
    long from = checkpoint(journal, archive);
    var reading = new Reading(create);
    for (var row : archive.unfinished()) {
      reading.found.put(row.id(), revive.apply(row));
    }
    journal.replay(from, reading);
    reading.forgetArchived(archive);
    reading.markSaved(archive);
    return new Learned(reading.found.values(), reading.commands);
  }

  private static long checkpoint(Journal journal, Archive archive) {
    var checkpoint = archive.checkpoint();
    if (checkpoint.isEmpty()) {
      if (journal.isTrimmed()) {
        throw new JournalMismatchException(
            "the journal has let go of answers that went into an archive, and this archive does not"
                + " say how far it has followed it: it is another one, or its checkpoint is lost or"
                + " damaged. Bring the right one back. "
                + BEGIN_ANEW);
      }
      return 0;
    }
    var known = checkpoint.get();
    if (known.journal() != null && !known.journal().equals(journal.id())) {
      throw new JournalMismatchException(
          "the archive belongs to journal %s, and this is journal %s: bring the right one back, or let `lastword repair` join them"
              .formatted(known.journal(), journal.id()));
    }
    if (known.position() > journal.tail()) {
      throw new JournalMismatchException(
          "the archive has followed the journal further than the journal goes: it is an older copy."
              + " Bring the newer one back, or let `lastword repair` join them");
    }
    if (letGoOf(known, journal)) {
      throw new JournalMismatchException(
          "the archive is an older copy: it has followed the journal to %d, and the journal has let go of what stood before %d. Bring the newer one back. %s"
              .formatted(known.position(), journal.oldest(), BEGIN_ANEW));
    }
    return known.position();
  }

  /**
   * Whether entries are gone that the archive does not have. One that was told to begin at the
   * journal's oldest entry has 0: whoever told it so knows what is missing.
   */
  private static boolean letGoOf(Archive.Checkpoint known, Journal journal) {
    return journal.isTrimmed() && known.position() != 0 && known.position() < journal.oldest();
  }

  /** One replay. */
  private static final class Reading implements Journal.Visitor {
    final Map<StreamId, Stream> found = new LinkedHashMap<>();
    final List<Archiver.Command> commands = new ArrayList<>();
    private final BiFunction<Entry.Opened, Long, Stream> create;

    /** Streams of the archive that were saved since then, and where that stands. */
    private final Map<StreamId, Long> saved = new LinkedHashMap<>();

    Reading(BiFunction<Entry.Opened, Long, Stream> create) {
      this.create = create;
    }

    @Override
    public void visit(Entry entry, long position, long epoch, long timeMs) {
      if (entry instanceof Entry.Opened opened) {
        found.compute(
            opened.stream(),
            (id, before) ->
                before == null || isClaim(before) ? create.apply(opened, position) : before);
      }
      var stream = found.get(entry.stream());
      if (stream == null) {
        about(entry, position);
      } else if (position >= stream.neededFrom()) { // else its row knows
        stream.apply(entry, position, epoch, timeMs);
        if (stream.isDeleted()) {
          found.remove(stream.id());
          stream.history().evict();
          commands.add(delete(stream.id(), position, stream));
        }
      }
    }

    /** The stream takes the place of the claim that was there before it. */
    private static boolean isClaim(Stream before) {
      return before.attributes().containsKey(Attributes.CLAIM)
          && before.state() instanceof StreamState.Open;
    }

    /** About a stream that is in the archive. */
    private void about(Entry entry, long position) {
      if (entry instanceof Entry.Deleted deleted) {
        commands.add(delete(deleted.stream(), position, null));
      } else if (entry instanceof Entry.Saved saves) {
        saved.put(saves.stream(), position);
      }
    }

    private static Archiver.Command delete(StreamId id, long position, @Nullable Stream ended) {
      return new Archiver.Command.Delete(id, position + 1, ended, () -> {});
    }

    /** Whatever was open across the damage may have lost something there. */
    @Override
    public void damaged(Journal.Damage damage) {
      var hit =
          found.values().stream()
              .filter(stream -> !(stream.state() instanceof StreamState.Released))
              .filter(stream -> stream.neededFrom() < damage.to())
              .toList();
      hit.forEach(Stream::markCorrupt);
      log.error(
          "journal.damaged from={} to={} streams={}",
          damage.from(),
          damage.to(),
          hit.stream().map(stream -> stream.id().value()).collect(Collectors.joining(",")));
    }

    /** The journal may be replayed from before the end of streams that are in the archive. */
    void forgetArchived(Archive archive) {
      var known = archive.known(Set.copyOf(found.keySet()));
      for (var stream : List.copyOf(found.values())) {
        var row = known.get(stream.id());
        if (row != null && isSettled(stream, row)) {
          found.remove(stream.id());
          stream.history().evict();
        }
      }
    }

    /** Only the answer that was saved: another one may have its id since then. */
    void markSaved(Archive archive) {
      var known = archive.known(saved.keySet());
      saved.forEach(
          (id, position) -> {
            var row = known.get(id);
            if (row != null && row.openedAt() < position) {
              commands.add(new Archiver.Command.MarkSaved(id, row.openedAt(), () -> {}));
            }
          });
    }

    private static boolean isSettled(Stream stream, Archive.Known row) {
      boolean sameLife = row.openedAt() == stream.openedAt() || row.openedAt() == 0;
      return sameLife && (row.tombstone() || (row.atRest() && row.upTo() >= stream.lastPosition()));
    }
  }
}
