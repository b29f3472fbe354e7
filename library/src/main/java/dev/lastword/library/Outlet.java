package dev.lastword.library;

import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;

/**
 * Where a draft goes: into the engine of this process, or to a gateway. Called by one task at a
 * time, in the order of the answer.
 */
interface Outlet {
  /** Events that readers may see as soon as they are on the disk. */
  void append(EncodedEvents events);

  /**
   * The answer is whole.
   *
   * @param ending its last events
   * @param terminalSaid whether the dialect's terminal event is among them
   * @param kept the journal is the save
   */
  void complete(EncodedEvents ending, boolean terminalSaid, boolean kept);

  /** The answer ends here and is not whole. */
  void fail(String code, String message);

  /** The answer ends here, with a failure that its source has said itself. */
  void fail(String code, SseEvent said);
}
