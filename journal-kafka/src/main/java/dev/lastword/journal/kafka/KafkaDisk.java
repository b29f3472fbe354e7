package dev.lastword.journal.kafka;

import dev.lastword.journal.Disk;
import dev.lastword.journal.Durability;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition's records, as the directory that {@link dev.lastword.journal.FileJournal} writes to.
 * A name is durable as soon as it is made; a file's bytes are once they are forced.
 */
final class KafkaDisk implements Disk, AutoCloseable {
  /** As far as anybody can tell: brokers do not say how much room they have. */
  private static final long MUCH = Long.MAX_VALUE >> 2;

  private static final Logger log = LoggerFactory.getLogger(KafkaJournal.class);

  private final KafkaPartition place;
  private final Contents contents = new Contents();
  private volatile @Nullable Topic topic;
  private volatile @Nullable PartitionReaders readers;
  private volatile @Nullable PartitionWriter writer;

  KafkaDisk(KafkaPartition place) {
    this.place = place;
  }

  /** Takes the journal over from whoever has it: that one writes nothing from then on. */
  @Override
  public Closeable lock() throws IOException {
    try {
      var prepared = new Topic(place);
      topic = prepared;
      prepared.prepare();
      long end = readToEnd();
      var before = contents.owner();
      writer = new PartitionWriter(place, readers().whole(), contents, end);
      before.ifPresent(
          owner ->
              log.info(
                  "journal.follows journal={} owner=\"{}\" epoch={}",
                  place,
                  owner.name(),
                  owner.epoch()));
      return this::close;
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Reads what is there, and changes nothing.
   *
   * @throws IOException if there is no such partition, or the brokers refuse
   */
  void look() throws IOException {
    try (var there = new Topic(place)) {
      there.requireThere();
    }
    readToEnd();
  }

  private long readToEnd() throws IOException {
    var opened = new PartitionReaders(place);
    readers = opened;
    long end = opened.whole().end();
    opened.whole().read(opened.whole().begin(), end, contents::take);
    if (contents.strangers() > 0) {
      log.info("journal.records_left_out journal={} records={}", place, contents.strangers());
    }
    return end;
  }

  @Override
  public long epochMin() {
    return writer().epoch();
  }

  @Override
  public Durability durability() {
    return Durability.QUORUM;
  }

  @Override
  public boolean reusesFiles() {
    return false;
  }

  @Override
  public boolean isLost() {
    var owning = writer;
    return owning != null && owning.isLost();
  }

  PartitionWriter writer() {
    var owning = writer;
    if (owning == null) {
      throw new IllegalStateException("the journal is not locked");
    }
    return owning;
  }

  PartitionReaders readers() {
    var reading = readers;
    if (reading == null) {
      throw new IllegalStateException("nothing was read");
    }
    return reading;
  }

  Contents contents() {
    return contents;
  }

  @Override
  public List<String> list() {
    return contents.names();
  }

  @Override
  public synchronized File create(String name) throws IOException {
    if (contents.number(name).isPresent()) {
      throw new FileAlreadyExistsException(name);
    }
    long number = contents.nextNumber();
    writer().append(List.of(new Change.Made(writer().epoch(), number, name)));
    return new KafkaFile(this, number);
  }

  @Override
  public File open(String name) throws IOException {
    return openForReading(name);
  }

  @Override
  public File openForReading(String name) throws IOException {
    return new KafkaFile(this, number(name));
  }

  private long number(String name) throws NoSuchFileException {
    return contents.number(name).orElseThrow(() -> new NoSuchFileException(name));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    writer().append(List.of(new Change.Named(writer().epoch(), number(from), to)));
  }

  @Override
  public void delete(String name) throws IOException {
    writer().append(List.of(new Change.Removed(writer().epoch(), number(name))));
    var made = topic;
    var needed = contents.oldestNeeded();
    if (made != null && needed.isPresent()) {
      made.removeBelow(needed.getAsLong());
    }
  }

  /** Nothing: a name is durable when its record is. */
  @Override
  public void forceDirectory() {}

  @Override
  public long usableBytes() {
    return MUCH;
  }

  @Override
  public void close() {
    var owning = writer;
    if (owning != null) {
      owning.close();
    }
    var reading = readers;
    if (reading != null) {
      reading.close();
    }
    var prepared = topic;
    if (prepared != null) {
      prepared.close();
    }
  }

  @Override
  public String toString() {
    return place.toString();
  }
}
