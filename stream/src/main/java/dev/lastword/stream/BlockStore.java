package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where blocks are that are not in memory: the journal for streams that live there, the archive for
 * the others.
 */
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
   * the archive.
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
                node == null ? readArchived(stream, seq, Long.MAX_VALUE) : fetch(stream, node, seq);
          } catch (RuntimeException e) {
            failed.accept(e);
            return;
          }
          arrived.accept(block);
        });
  }

  /** A stream may have moved to the archive, and its segment gone, since the reader came to it. */
  private Block fetch(Stream stream, Node node, long seq) {
    try {
      return read(node);
    } catch (JournalFailedException e) {
      if (archive.find(stream.id()).isEmpty()) {
        throw e;
      }
      return readArchived(stream, seq, node.lastSeq);
    }
  }

  /** Reads a node's block from the journal. Blocks on the disk. */
  Block read(Node node) {
    var events =
        switch (journal.read(node.position)) {
          case Entry.Appended appended -> appended.events();
          case Entry.Ending ending -> ending.withheld();
          case Entry.Sealed sealed -> sealed.events();
          case Entry.Withheld held -> held.events();
          case Entry.Opened o -> throw notEvents(node, o);
          case Entry.Saved s -> throw notEvents(node, s);
          case Entry.Late l -> throw notEvents(node, l);
          case Entry.Deleted d -> throw notEvents(node, d);
          case Entry.Shown s -> throw notEvents(node, s);
          case Entry.Rejected r -> throw notEvents(node, r);
        };
    return new Block(node.lastSeq - events.count() + 1, node.epoch, events);
  }

  /**
   * Reads from one event on; the block ends where the epoch of its ids does, at the latest with
   * {@code lastMax}.
   */
  private Block readArchived(Stream stream, long seq, long lastMax) {
    var run =
        archive
            .read(stream.id(), seq)
            .orElseThrow(
                () -> new IllegalStateException("stream %s was deleted".formatted(stream.id())));
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
