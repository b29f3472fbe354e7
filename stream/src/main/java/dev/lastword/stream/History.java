package dev.lastword.stream;

import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.EpochSpan;
import dev.lastword.sse.EncodedEvents;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where the events of one stream are: up to a number in the archive, from there on along a chain of
 * blocks, each in memory or in the journal, and at last those that nobody may see yet.
 *
 * <pre>
 *   archive: 1 … archivedTo | chain: first → … → tail | withheld
 * </pre>
 *
 * <p>Changed on the stream's home; read from anywhere.
 */
final class History {
  /**
   * A chain that has grown by so many blocks, or bytes, has a part that should be archived: as much
   * as the archive keeps in a row, for smaller parts cost it more for each event.
   */
  private static final int LONG_BLOCKS = 4_096;

  private static final long LONG_BYTES = 256L << 10;

  /** Of what the archive has, so much stays in memory, for readers who are a little behind. */
  private static final int KEPT_BYTES = 32 << 10;

  private final Stream stream;
  private final BlockStore store;
  private final MemoryBudget budget;
  private final int residentBytesMax;

  private volatile long archivedTo;

  /** The node behind which the events begin that are not in the archive. */
  private volatile Node first;

  private Node tail;
  private Node oldestResident;
  private long residentBytes;
  private int chainBlocks;
  private long chainBytes;
  private long archivedBytes;
  private boolean grown;
  private volatile List<Node> withheld = List.of();

  /**
   * @param row what of it is in the archive
   */
  History(Stream stream, Stream.Ground ground, ArchivedStream row) {
    this.stream = stream;
    this.store = ground.store();
    this.budget = ground.budget();
    this.residentBytesMax = ground.residentBytesMax();
    this.archivedTo = row.events();
    this.archivedBytes = row.bytes();
    this.first = Node.after(archivedTo);
    this.tail = first;
    this.oldestResident = first;
  }

  /** Number of the last event that is in the archive. */
  long archivedTo() {
    return archivedTo;
  }

  /** Links a block that readers may see. */
  void extend(Block block, long position) {
    link(keep(Node.of(block, position)));
  }

  /** Keeps a block that nobody may see yet. */
  void withhold(Block block, long position) {
    withhold(keep(Node.of(block, position)));
  }

  /** Keeps what is in the archive behind the events that readers may see. */
  void withholdArchived(ArchivedStream row) {
    long last = row.events() + row.withheld();
    withhold(
        new Node(
            last,
            Epochs.of(row.epochs(), last),
            Math.toIntExact(row.withheld()),
            Math.toIntExact(row.withheldBytes()),
            Node.ARCHIVED,
            null));
  }

  private void withhold(Node node) {
    var more = new ArrayList<>(withheld);
    more.add(node);
    withheld = List.copyOf(more);
    letGoOfOldest();
  }

  /** Number of events that are withheld. */
  long withheldCount() {
    var hidden = withheld;
    if (hidden.isEmpty()) { // asked for each event
      return 0;
    }
    long count = 0;
    for (var node : hidden) {
      count += node.count;
    }
    return count;
  }

  /** Length of the events that are withheld, on the wire. */
  long withheldBytes() {
    long bytes = 0;
    for (var node : withheld) {
      bytes += node.bytes;
    }
    return bytes;
  }

  /** Epochs of visible events, and of those that are withheld behind them. */
  List<EpochSpan> withWithheld(List<EpochSpan> visible) {
    var spans = new ArrayList<>(visible);
    for (var node : withheld) {
      if (spans.isEmpty() || spans.get(spans.size() - 1).epoch() != node.epoch) {
        spans.add(new EpochSpan(node.epoch, node.firstSeq()));
      }
    }
    return spans;
  }

  /**
   * What was withheld may be seen from now on: linked before it is no longer withheld, so that who
   * reads the whole answer finds it in one of the two.
   */
  List<Node> reveal() {
    var shown = withheld;
    shown.forEach(this::link);
    withheld = List.of();
    return shown;
  }

  private Node keep(Node node) {
    residentBytes += node.bytes;
    budget.take(node.bytes);
    return node;
  }

  private void link(Node node) {
    chainBlocks++;
    long bytes = chainBytes + node.bytes;
    grown |= chainBlocks % LONG_BLOCKS == 0 || bytes / LONG_BYTES > chainBytes / LONG_BYTES;
    chainBytes = bytes;
    tail.next = node;
    tail = node;
    letGoOfOldest();
  }

  /** The tail stays in memory, for those who read along. */
  private void letGoOfOldest() {
    long max = budget.isTight() ? 0 : residentBytesMax;
    while (residentBytes > maxResident(max) && oldestResident != tail) {
      drop(oldestResident);
      var next = oldestResident.next;
      if (next == null) {
        return;
      }
      oldestResident = next;
    }
    if (residentBytes > max) {
      withheld.forEach(this::drop);
    }
  }

  /**
   * Less where the oldest that is in memory is in the archive: nobody has to read it one by one
   * again.
   */
  private long maxResident(long max) {
    return oldestResident.lastSeq <= archivedTo ? Math.min(max, KEPT_BYTES) : max;
  }

  /** Lets go of all that is on the disk. */
  void evict() {
    for (var node = oldestResident; node != null; node = node.next) {
      drop(node);
      oldestResident = node;
    }
    withheld.forEach(this::drop);
  }

  private void drop(Node node) {
    if (node.resident != null) {
      node.resident = null;
      residentBytes -= node.bytes;
      budget.give(node.bytes);
    }
  }

  /** What was cut is in the archive: its places in the chain are not needed. On the home. */
  void archived(Unarchived cut) {
    var stored = cut.withheld();
    boolean revealed = !stored.isEmpty() && !withheld.contains(stored.getFirst());
    if (revealed) {
      archived(stored.getLast().lastSeq);
      return;
    }
    archived(cut.lastSeq());
    if (!stored.isEmpty()) {
      withheld =
          withheld.stream().map(node -> stored.contains(node) ? node.asArchived() : node).toList();
    }
  }

  private void archived(long seq) {
    if (seq <= archivedTo) {
      return;
    }
    archivedTo = seq; // before the chain is shortened: who finds no node looks there
    var node = first;
    for (var next = node.next; next != null && next.lastSeq <= seq; next = node.next) {
      chainBlocks--;
      chainBytes -= next.bytes;
      archivedBytes += next.bytes;
      node = next;
    }
    first = node;
    letGoOfOldest();
  }

  /**
   * The node after which event {@code seq} is found; null if that event is in the archive and no
   * longer in the chain.
   */
  @Nullable Node nodeBefore(long seq) {
    var node = first;
    if (node.lastSeq >= seq) {
      return null;
    }
    for (var next = node.next; next != null && next.lastSeq < seq; next = node.next) {
      node = next;
    }
    return node;
  }

  void load(
      @Nullable Node node, long seq, Consumer<Block> arrived, Consumer<RuntimeException> failed) {
    store.load(stream, node, seq, arrived, failed);
  }

  /**
   * Some of what is not in the archive yet.
   *
   * @param archivedTo number of the event before the first
   * @param archivedBytes length of all events up to that one
   * @param withheld what is withheld, behind all that is visible; none if that is not all here
   * @param next where the first entry stands that is left out; 0 if this is all
   */
  record Unarchived(
      long archivedTo, long archivedBytes, List<Node> visible, List<Node> withheld, long next) {
    /** Whether nothing is left out. */
    boolean isAll() {
      return next == 0;
    }

    /** Length of all events up to the last visible one. */
    long lastBytes() {
      return archivedBytes + visible.stream().mapToLong(node -> node.bytes).sum();
    }

    /** Number of the last visible event. */
    long lastSeq() {
      return visible.isEmpty() ? archivedTo : visible.getLast().lastSeq;
    }
  }

  /**
   * What comes next for the archive, in order. On the home.
   *
   * @param bytesMax stop after so many bytes; at least one block is taken
   */
  Unarchived unarchived(long bytesMax) {
    var visible = new ArrayList<Node>();
    long bytes = 0;
    for (var node = first.next; node != null; node = node.next) {
      if (bytes > bytesMax) {
        return new Unarchived(archivedTo, archivedBytes, visible, List.of(), node.position);
      }
      bytes += node.bytes;
      visible.add(node);
    }
    return new Unarchived(archivedTo, archivedBytes, visible, withheld, 0);
  }

  /** Whether it has grown by so much that a part should go to the archive; asked once each time. */
  boolean hasGrown() {
    boolean was = grown;
    grown = false;
    return was;
  }

  /** A node's block. Blocks on the disk if it is not in memory. */
  Block blockOf(Node node) {
    var resident = node.resident;
    return resident != null ? resident : store.read(stream, node, node.firstSeq());
  }

  /**
   * Gives the whole answer block by block: the visible events, then those that are withheld; what
   * was said in place of withheld ones is left out. Blocks on the disk; holds one block at a time.
   */
  void readAnswer(Consumer<Block> reader) {
    var hidden = withheld; // before the chain: what is revealed meanwhile is found there, and cut
    long visibleMax =
        hidden.isEmpty()
            ? stream.answerTo()
            : Math.min(stream.answerTo(), hidden.getFirst().firstSeq() - 1);
    readVisible(visibleMax, reader);
    hidden.forEach(each -> readAll(each, reader));
  }

  /**
   * The events of all that is here, withheld ones behind the visible; empty if not all is in
   * memory. On the home.
   */
  Optional<List<EncodedEvents>> resident() {
    var events = new ArrayList<EncodedEvents>();
    if (!addResident(nodeBefore(1), events)) {
      return Optional.empty();
    }
    for (var node : withheld) {
      var block = node.resident;
      if (block == null) {
        return Optional.empty();
      }
      events.add(block.events());
    }
    return Optional.of(events);
  }

  private static boolean addResident(@Nullable Node before, List<EncodedEvents> events) {
    if (before == null) {
      return false;
    }
    for (var node = before.next; node != null; node = node.next) {
      var block = node.resident;
      if (block == null) {
        return false;
      }
      events.add(block.events());
    }
    return true;
  }

  /** Gives the visible events up to a number, block by block. Blocks on the disk. */
  void readVisible(long visibleMax, Consumer<Block> reader) {
    long seq = 1;
    var node = nodeBefore(seq);
    while (seq <= visibleMax) {
      if (node == null) {
        var block = store.readArchived(stream, seq, Math.min(archivedTo, visibleMax));
        reader.accept(block);
        seq = block.lastSeq() + 1;
        node = nodeBefore(seq);
      } else {
        node = node.next;
        if (node == null || node.firstSeq() > visibleMax) {
          break;
        }
        readAll(node, reader);
        seq = node.lastSeq + 1;
      }
    }
  }

  /** The archive may give a node's events in parts. */
  void readAll(Node node, Consumer<Block> reader) {
    for (long seq = node.firstSeq(); seq <= node.lastSeq; ) {
      var block = seq == node.firstSeq() ? blockOf(node) : store.read(stream, node, seq);
      reader.accept(block);
      seq = block.lastSeq() + 1;
    }
  }
}
