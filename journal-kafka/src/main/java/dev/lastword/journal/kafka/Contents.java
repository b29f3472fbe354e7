package dev.lastword.journal.kafka;

import dev.lastword.journal.kafka.Change.Lengthened;
import dev.lastword.journal.kafka.Change.Made;
import dev.lastword.journal.kafka.Change.Named;
import dev.lastword.journal.kafka.Change.Opened;
import dev.lastword.journal.kafka.Change.Removed;
import dev.lastword.journal.kafka.Change.Written;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the records of the partition amount to, taken one after the other: who may write, which
 * files there are, and which record holds which of their bytes. Thread-safe.
 *
 * <p>An {@link Opened} raises the epoch, and what comes behind it under another is void: its writer
 * had lost the journal, and learns that from the place that its record got. So all who read the
 * partition take the same records for the journal's, whenever they read it.
 *
 * @see "docs/formats/journal.md §9"
 */
final class Contents {
  /** Openings under one leader of the partition: more than there are. */
  private static final int LEADER_SHIFT = 20;

  private final Map<Long, Kept> byNumber = new HashMap<>();
  private final Map<String, Kept> byName = new HashMap<>();
  private long epoch;

  /** Of the leader that took the newest record: raised whenever another leads. */
  private int leaderEpoch;

  private long fileLast;
  private long strangers;
  private @Nullable Owner owner;

  /**
   * Whose opening is the newest.
   *
   * @param epoch under which it writes
   * @param offset of the record that says so
   * @param name of process and host
   * @param timeMs when, as the record says
   */
  record Owner(long epoch, long offset, String name, long timeMs) {}

  /** A file. */
  private static final class Kept {
    final long number;
    final long madeAt;
    final Pieces pieces = new Pieces();
    String name;
    long capacity;

    Kept(long number, long madeAt, String name) {
      this.number = number;
      this.madeAt = madeAt;
      this.name = name;
    }
  }

  /**
   * A part of a file.
   *
   * @param bytes of it that are there
   * @param pieces that hold some of them; the others are zeros
   */
  record Part(int bytes, List<Pieces.Piece> pieces) {}

  /** Takes the next record. */
  synchronized void take(ReadRecord record) {
    leaderEpoch = record.leaderEpoch();
    if (record.change().isEmpty()) {
      strangers++;
    } else if (record.change().get() instanceof Opened opened) {
      open(record, opened);
    } else {
      take(record.offset(), record.change().get());
    }
  }

  /**
   * Each leader's epochs begin behind all of the leader before: so none is given twice, also where
   * that one had openings which the next has never seen.
   */
  private void open(ReadRecord record, Opened opened) {
    if (opened.epoch() <= epoch || opened.epoch() < epochMin()) {
      strangers++;
      return;
    }
    epoch = opened.epoch();
    owner = new Owner(opened.epoch(), record.offset(), opened.owner(), record.timeMs());
  }

  /** Takes the next record, which is no opening. */
  synchronized void take(long offset, Change change) {
    if (epoch == 0) {
      epoch = change.epoch(); // what stood before it was trimmed, with the opening that wrote it
    }
    if (change.epoch() == epoch) {
      apply(offset, change);
    } else {
      strangers++; // also where it is higher: its opening was lost, as its writer has found out
    }
  }

  /** The same record twice, as when a producer did not know, changes nothing. */
  private void apply(long offset, Change change) {
    switch (change) {
      case Opened opened -> throw new IllegalStateException(opened.toString());
      case Made made -> {
        if (!byNumber.containsKey(made.file())) {
          put(new Kept(made.file(), offset, made.name()), made.name());
          fileLast = Math.max(fileLast, made.file());
        }
      }
      case Lengthened lengthened -> {
        var file = byNumber.get(lengthened.file());
        if (file != null) {
          file.capacity = lengthened.bytes();
        }
      }
      case Named named -> {
        var file = byNumber.get(named.file());
        if (file != null) {
          byName.remove(file.name);
          put(file, named.name());
        }
      }
      case Removed removed -> {
        var file = byNumber.remove(removed.file());
        if (file != null) {
          byName.remove(file.name);
        }
      }
      case Written written -> {
        var file = byNumber.get(written.file());
        if (file != null) {
          int length = written.bytes().remaining();
          file.pieces.put(written.position(), length, offset);
          file.capacity = Math.max(file.capacity, written.position() + length);
        }
      }
    }
  }

  private void put(Kept file, String name) {
    file.name = name;
    byNumber.put(file.number, file);
    var replaced = byName.put(name, file);
    if (replaced != null && replaced != file) {
      byNumber.remove(replaced.number);
    }
  }

  /** The epoch of the newest opening. */
  synchronized long epoch() {
    return epoch;
  }

  /** The least epoch that an opening may have under the leader that took the newest record. */
  synchronized long epochMin() {
    return ((long) leaderEpoch << LEADER_SHIFT) + 1;
  }

  /** Whose opening is the newest; empty if that was trimmed, or there was none. */
  synchronized Optional<Owner> owner() {
    return Optional.ofNullable(owner);
  }

  /** How many records were left out: not Lastword's, or of one who had lost the journal. */
  synchronized long strangers() {
    return strangers;
  }

  synchronized List<String> names() {
    return List.copyOf(byName.keySet());
  }

  synchronized OptionalLong number(String name) {
    var file = byName.get(name);
    return file == null ? OptionalLong.empty() : OptionalLong.of(file.number);
  }

  /** A number that no file has had. */
  synchronized long nextNumber() {
    return fileLast + 1;
  }

  /**
   * Length of a file in bytes.
   *
   * @throws NoSuchFileException if it was removed
   */
  synchronized long size(long number) throws NoSuchFileException {
    return kept(number).capacity;
  }

  /**
   * What a part of a file is made of.
   *
   * @throws NoSuchFileException if it was removed
   */
  synchronized Part part(long number, long position, int length) throws NoSuchFileException {
    var file = kept(number);
    int bytes = Math.clamp(file.capacity - position, 0, length);
    return new Part(bytes, file.pieces.covering(position, position + bytes));
  }

  private Kept kept(long number) throws NoSuchFileException {
    var file = byNumber.get(number);
    if (file == null) {
      throw new NoSuchFileException("file " + number, null, "removed");
    }
    return file;
  }

  /** The first record that is still needed: the one that made the oldest file. */
  synchronized OptionalLong oldestNeeded() {
    return byNumber.values().stream().mapToLong(file -> file.madeAt).min();
  }
}
