package dev.lastword.stream;

import dev.lastword.journal.StreamId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The streams of which something is in the journal only, and the ids that are being deleted.
 * Thread-safe.
 */
final class Journaled {
  private final ConcurrentHashMap<StreamId, Item> items = new ConcurrentHashMap<>();

  /** Commands about streams in the archive that the archive does not have yet. */
  private final Set<Pin> commands = ConcurrentHashMap.newKeySet();

  private final ConcurrentHashMap<StreamId, Pin> deleting = new ConcurrentHashMap<>();

  /** A stream, with who ends it, and what fills it if that is this process. */
  record Item(Stream stream, Seal seal, @Nullable Filling filling) {}

  /** Adds a stream; false if there is one of its id, or one that is being deleted. */
  boolean add(Item item) {
    var id = item.stream().id();
    return !deleting.containsKey(id) && items.putIfAbsent(id, item) == null;
  }

  @Nullable Item get(StreamId id) {
    return items.get(id);
  }

  /** The stream of an id, if its creation is on disk. */
  Optional<Stream> find(StreamId id) {
    var item = items.get(id);
    return item != null && item.stream().isOpened() ? Optional.of(item.stream()) : Optional.empty();
  }

  boolean has(Stream stream) {
    var item = items.get(stream.id());
    return item != null && item.stream() == stream;
  }

  void remove(Stream stream) {
    items.computeIfPresent(stream.id(), (id, item) -> item.stream() == stream ? null : item);
  }

  Collection<Item> all() {
    return items.values();
  }

  int size() {
    return items.size();
  }

  /** The streams that there are now. */
  List<Stream> streams() {
    return items.values().stream().map(Item::stream).filter(Stream::isOpened).toList();
  }

  /** Whether a stream of this id is on its way out: nobody finds it any more. */
  boolean isDeleting(StreamId id) {
    return deleting.containsKey(id);
  }

  /**
   * Whether the id is not free, whatever the archive says: a stream has it, or one is on its way
   * out, which the archive need not have heard of. In this order, for one becomes the other.
   */
  boolean holds(StreamId id) {
    return items.containsKey(id) || deleting.containsKey(id);
  }

  /** From now on nobody finds the id, and the journal is kept from the pin on. */
  void deleting(StreamId id, Pin pin) {
    deleting.put(id, pin);
  }

  void deleted(StreamId id) {
    deleting.remove(id);
  }

  void add(Pin command) {
    commands.add(command);
  }

  void remove(Pin command) {
    commands.remove(command);
  }

  /** Everything that the journal must still be able to tell. */
  List<Pin> pins() {
    var pins = new ArrayList<Pin>();
    items.values().forEach(item -> pins.add(item.stream()));
    pins.addAll(commands);
    pins.addAll(deleting.values());
    return pins;
  }
}
