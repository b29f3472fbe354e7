package dev.lastword.stream;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveDamagedException;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.JournalFailedException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream's part of one round of the archiver, cut on the stream's home.
 *
 * @param events what of it the archive has not got yet
 * @param row what the archive keeps of it beside its events, once it has these
 */
record Cut(Stream stream, History.Unarchived events, ArchivedStream row) {
  /** Length of the new events that readers may see, on the wire. */
  long bytes() {
    return events.lastBytes() - events.archivedBytes();
  }

  /**
   * What the archive is to take. Blocks on the disk.
   *
   * @param response none where it would not fit, or the stream is not at rest
   * @param kept whether there is room on the disk for more of it than its events and its tokens
   * @throws JournalFailedException if something cannot be read
   * @throws ArchiveDamagedException if the archive has damaged what it is to have once more
   * @throws StreamDeletedException if the archive has let go of that
   */
  Archive.Deposit deposit(@Nullable ResponseJson response, boolean kept) {
    var read = new ArrayList<ArchivedEvents>();
    long seq = events.archivedTo() + 1;
    for (var node : nodes()) {
      read.addAll(read(node, seq, read.isEmpty()));
      seq += node.count;
    }
    return new Archive.Deposit(
        row,
        read,
        response == null || !kept ? null : response.of(stream.id(), row.outcome()),
        response == null || !kept ? null : response.response().text(),
        Responses.tokens(response));
  }

  /**
   * What the archive is to take of a stream that is damaged, and that nobody is shown therefore:
   * what can be read in front of the first damage. Blocks on the disk.
   */
  Archive.Deposit readable() {
    var read = new ArrayList<ArchivedEvents>();
    long visible = events.archivedTo();
    long visibleBytes = events.archivedBytes();
    long withheld = 0;
    long withheldBytes = 0;
    for (var node : nodes()) {
      try {
        read.addAll(read(node, visible + withheld + 1, read.isEmpty()));
      } catch (JournalFailedException | ArchiveDamagedException e) {
        break; // said when it was found, and it is why the stream is corrupt
      }
      if (events.withheld().contains(node)) {
        withheld += node.count;
        withheldBytes += node.bytes;
      } else {
        visible += node.count;
        visibleBytes += node.bytes;
      }
    }
    return new Archive.Deposit(
        row.shortenedTo(visible, visibleBytes, withheld, withheldBytes), read, null, null);
  }

  /** What the archive is told of a stream that it has let go of, and has a tombstone of. */
  Archive.Deposit withoutEvents() {
    return new Archive.Deposit(row, List.of(), null, null);
  }

  private List<Node> nodes() {
    var all = new ArrayList<>(events.visible());
    all.addAll(events.withheld());
    return all;
  }

  /** What is in the archive already stays, unless it comes behind something new. */
  private List<ArchivedEvents> read(Node node, long seq, boolean nothingNew) {
    if (nothingNew && node.position == Node.ARCHIVED) {
      return List.of();
    }
    var read = new ArrayList<ArchivedEvents>();
    long shift = seq - node.firstSeq();
    stream
        .history()
        .readAll(
            node, block -> read.add(new ArchivedEvents(block.firstSeq() + shift, block.events())));
    return read;
  }
}
