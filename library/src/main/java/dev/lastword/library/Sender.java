package dev.lastword.library;

import dev.lastword.sse.SseEvent;

/**
 * Takes what an answer is made of. Thread-safe; what one thread sends keeps its order.
 *
 * <p>Readers see what was sent as soon as it is on the disk, whether they are there or come later.
 * Sending waits while more than 256 KiB of an answer wait for the disk.
 */
public interface Sender {
  /**
   * Adds a piece of text, such as a model's token: an event whose data is a JSON string.
   *
   * @param token any characters, at most 16 MiB as an event
   * @throws AnswerEndedException if it was cancelled or has failed: stop what produces it
   * @throws UndecidedException if this Lastword was closed, or its disk takes nothing any more
   * @throws WaitInterruptedException if the thread was interrupted while it waited; nothing was
   *     added
   * @throws IllegalArgumentException if it is larger
   * @throws IllegalStateException if the answer was opened in a dialect of events, or is sealed
   */
  void send(String token);

  /**
   * Adds an event. One that says an ending in the answer's dialect is kept back until the answer is
   * sealed, with what belongs to the ending, at most 16 MiB; content after it shows that it was
   * none.
   *
   * @param event at most 16 MiB on the wire; its id is kept and not shown
   * @throws IllegalArgumentException if it is larger, or says a failure: an answer that cannot go
   *     on is {@linkplain Answer#fail failed} or left unsealed
   * @throws RuntimeException as {@link #send(String)}
   */
  void send(SseEvent event);
}
