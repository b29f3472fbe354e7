package dev.lastword.cluster;

import java.net.URI;
import java.util.UUID;

/**
 * A process as a member of its cluster.
 *
 * @param name the node's: it stays when the process is started again
 * @param instance this process's alone
 * @param address where the other nodes reach it: {@code http[s]://host:port}
 */
public record Member(String name, String instance, URI address) {
  /** A process that has just started. */
  public static Member starting(String name, URI address) {
    return new Member(name, UUID.randomUUID().toString(), address);
  }
}
