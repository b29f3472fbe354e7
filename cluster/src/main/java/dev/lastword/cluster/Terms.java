package dev.lastword.cluster;

import java.time.Duration;

/**
 * How long what lasts between the nodes of a cluster.
 *
 * @param lease how long a node that says nothing keeps its shards
 * @param renewal how often it says something
 * @param look how often it looks who has what
 * @param handBack how long at the most what runs in a shard that was taken over goes on there while
 *     its own node waits for it
 */
public record Terms(Duration lease, Duration renewal, Duration look, Duration handBack) {
  /** As clusters are. */
  public static final Terms DEFAULT =
      new Terms(
          Duration.ofSeconds(10),
          Duration.ofSeconds(3),
          Duration.ofSeconds(1),
          Duration.ofSeconds(60));

  /** So long before its lease is over a node stops to believe it. */
  private static final int MARGIN_PART = 8;

  /**
   * @throws IllegalArgumentException if a lease would be over before it can be renewed twice
   */
  public Terms {
    if (look.compareTo(renewal) > 0 || renewal.multipliedBy(2).compareTo(lease) > 0) {
      throw new IllegalArgumentException(
          "look %s, renewal %s, lease %s: the first at most the second, and that at most half of the third"
              .formatted(look, renewal, lease));
    }
  }

  /** How long a node believes what it was told of a lease, from when it asked. */
  Duration believed() {
    return lease.minus(lease.dividedBy(MARGIN_PART));
  }
}
