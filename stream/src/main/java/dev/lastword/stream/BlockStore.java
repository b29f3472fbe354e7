package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Where blocks are that are not in memory: the journal, or the archive once they are there. */
final class BlockStore {
  private final Journal journal;
  private final Archive archive;
  private final Executor io;

  BlockStore(Journal journal, Archive archive, Executor io) {
    this.journal = journal;
    this.archive = archive;
    this.io = io;
  }

  /**
   * Fetches a block off the caller's thread: a node's, or with null the one of event {@code seq} in
   * the archive. It begins with that event, unless the node's block begins after it.
   */
  void load(
      Stream stream,
      @Nullable Node node,
      long seq,
      Consumer<Block> arrived,
      Consumer<RuntimeException> failed) {
    io.execute(
        () -> {
          Block block;
          try {
            block =
                node == null
                    ? readArchived(stream, seq, stream.history().archivedTo())
                    : read(stream, node, Math.max(seq, node.firstSeq()));
          } catch (RuntimeException e) {
            failed.accept(e);
            return;
          }
          arrived.accept(block);
        });
  }

  /**
   * Reads a node's block, of which the caller wants event {@code seq}. Blocks on the disk.
   *
   * <p>It may have moved to the archive, and its segment gone, since the caller came to it: then
   * the block begins with that event and may end before the node's.
   */
  Block read(Stream stream, Node node, long seq) {
    if (node.position == Node.ARCHIVED) {
      return readArchived(stream, seq, node.lastSeq);
    }
    try {
      return read(node);
    } catch (JournalFailedException e) {
      isInArchive(stream, node, e);
      return readArchived(stream, seq, node.lastSeq);
    }
  }

  /**
   * Asks the archive itself: its word comes before the stream's home has heard of it.
   *
   * @throws StreamDeletedException if it was there, and is no more
   * @throws JournalFailedException what the journal said, if it never was
   */
  private void isInArchive(Stream stream, Node node, JournalFailedException notInJournal) {
    var row = archive.find(stream.id()).filter(r -> r.openedAt() == stream.openedAt());
    if (row.isPresent() && row.get().lastSeq() >= node.lastSeq) {
      return;
    }
    boolean was = stream.history().archivedTo() >= node.lastSeq;
    var known = archive.known(Set.of(stream.id())).get(stream.id());
    if (row.isEmpty() && (was || (known != null && known.tombstone()))) {
      throw new StreamDeletedException(stream.id());
    }
    throw notInJournal;
  }

  private Block read(Node node) {
    var events =
        switch (journal.read(node.position)) {
          case Entry.Appended appended -> appended.events();
          case Entry.Withheld hidden -> hidden.events();
          case Entry.Ending ending -> ending.withheld();
          case Entry.Sealed sealed -> sealed.events();
          case Entry.Opened other -> throw notEvents(node, other);
          case Entry.Shown other -> throw notEvents(node, other);
          case Entry.Saved other -> throw notEvents(node, other);
          case Entry.Rejected other -> throw notEvents(node, other);
          case Entry.Late other -> throw notEvents(node, other);
          case Entry.Deleted other -> throw notEvents(node, other);
        };
    return new Block(node.firstSeq(), node.epoch, events);
  }

  /**
   * Reads from one event on; the block ends where the epoch of its ids does, at the latest with
   * {@code lastMax}: behind it may stand what nobody may see.
   */
  Block readArchived(Stream stream, long seq, long lastMax) {
    var run =
        archive
            .read(stream.id(), stream.openedAt(), seq)
            .orElseThrow(() -> new StreamDeletedException(stream.id()));
    var spans = stream.view().epochs();
    long lastOfRun = run.firstSeq() + run.events().count() - 1;
    long last = Math.min(lastMax, Epochs.lastOfSpan(spans, seq, lastOfRun));
    int from = (int) (seq - run.firstSeq());
    int to = (int) (Math.min(last, lastOfRun) - run.firstSeq() + 1);
    return new Block(seq, Epochs.of(spans, seq), run.events().slice(from, to));
  }

  private static JournalFailedException notEvents(Node node, Entry entry) {
    return new JournalFailedException(
        "position %d holds %s, not events"
            .formatted(node.position, entry.getClass().getSimpleName()));
  }
}
