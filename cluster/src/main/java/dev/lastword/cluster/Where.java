package dev.lastword.cluster;

import java.net.URI;

/** Who answers for a shard now. */
public sealed interface Where {
  /** This process: it is its own, or it has taken it over. */
  record Here() implements Where {}

  /**
   * Another node.
   *
   * @param address where the others reach it: {@code http[s]://host:port}
   */
  record At(URI address) implements Where {}

  /**
   * Nobody for the moment: its owner is gone, or is taking it over and has not learned yet what is
   * in it. It lasts for seconds.
   */
  record Nobody() implements Where {}

  /** There is no such shard in this cluster, as of the last look. */
  record Unknown() implements Where {}
}
