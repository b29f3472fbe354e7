package dev.lastword.cluster;

import dev.lastword.journal.StreamId;
import java.util.Optional;

/**
 * One journal with its archive, as a single gateway has: one process writes it at a time. Every
 * stream of a cluster is in one shard for its life.
 *
 * @param number tells it from the others of its cluster
 */
public record Shard(int number) implements Comparable<Shard> {
  /** As many as a cluster may ever have had. */
  public static final int NUMBER_MAX = 9_999;

  private static final char MARK = 's';
  private static final char AFTER_NUMBER = '_';

  /** What stands behind the number: an id as {@link StreamId#random} gives it. */
  private static final int RANDOM_LENGTH = 24;

  private static final int DIGITS_MAX = 4;

  /**
   * @throws IllegalArgumentException if it is no number of a shard
   */
  public Shard {
    if (number < 1 || number > NUMBER_MAX) {
      throw new IllegalArgumentException(
          "shard %d: a number from 1 to %d".formatted(number, NUMBER_MAX));
    }
  }

  /**
   * A new id of a stream in this shard, which says so: {@code s12_} and 144 random bits. Nothing
   * else that the gateway makes ids of is as long.
   */
  public StreamId newId() {
    return new StreamId(MARK + Integer.toString(number) + AFTER_NUMBER + StreamId.random().value());
  }

  /**
   * The shard that an id names. One that says nothing of a shard was chosen by somebody, and a
   * {@link Placement} knows where it is.
   */
  public static Optional<Shard> of(StreamId id) {
    var value = id.value();
    int end = value.length() - RANDOM_LENGTH - 1;
    if (end < 2
        || end > DIGITS_MAX + 1
        || value.charAt(0) != MARK
        || value.charAt(1) == '0'
        || value.charAt(end) != AFTER_NUMBER) {
      return Optional.empty();
    }
    for (int i = 1; i < end; i++) {
      if (value.charAt(i) < '0' || value.charAt(i) > '9') {
        return Optional.empty();
      }
    }
    return Optional.of(new Shard(Integer.parseInt(value, 1, end, 10)));
  }

  @Override
  public int compareTo(Shard other) {
    return Integer.compare(number, other.number);
  }

  @Override
  public String toString() {
    return Integer.toString(number);
  }
}
