package dev.lastword.journal.kafka;

import java.io.IOException;

/**
 * Two ways to read the partition: all of it, much at a time, and one place, of which what comes
 * along is thrown away.
 */
final class PartitionReaders implements AutoCloseable {
  /** Up to so many bytes are one place. */
  private static final int PLACE_BYTES_MAX = 64 << 10;

  private static final int FETCH_BYTES = 4 << 20;

  private final PartitionReader whole;
  private final PartitionReader places;

  PartitionReaders(KafkaPartition place) throws IOException {
    this.whole = new PartitionReader(place, FETCH_BYTES);
    try {
      this.places = new PartitionReader(place, PLACE_BYTES_MAX);
    } catch (IOException e) {
      whole.close();
      throw e;
    }
  }

  /** Reads on quickly. */
  PartitionReader whole() {
    return whole;
  }

  /** Whichever reads so many bytes best. */
  PartitionReader of(int bytes) {
    return bytes <= PLACE_BYTES_MAX ? places : whole;
  }

  @Override
  public void close() {
    whole.close();
    places.close();
  }
}
