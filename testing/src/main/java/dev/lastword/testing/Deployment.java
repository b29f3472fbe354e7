package dev.lastword.testing;

import dev.lastword.archive.Archive;
import dev.lastword.journal.StreamId;
import java.util.Collection;
import java.util.List;

/** What the promises look at: one process on its disk, or several nodes on one store. */
interface Deployment {
  /** What of a stream would survive everything that can happen now. */
  DurableRecord durable(StreamId id);

  /** What the next process finds of a stream. */
  DurableRecord written(StreamId id);

  /** What the ledger has of a stream. */
  List<Archive.Ended> ledger(StreamId id);

  Collection<ScriptedUpstream> upstreams();

  /**
   * @throws IllegalArgumentException if there is none
   */
  ScriptedUpstream upstream(StreamId id);

  List<ScriptedSubscriber> subscribers();

  /** The save hooks that the processes are configured with. */
  List<ScriptedHook> hooks();

  Setup setup();

  /** The event loops that readers can live on. */
  List<Lane> loops();

  /** Whether every event could be read back at any time so far. */
  boolean isReadable();

  /** Counts what a simulation has come to. */
  void count(String what);

  /** The first promise that did not hold; whoever catches it on the way, it comes up again. */
  BrokenPromise broken(String invariant, String what);
}
