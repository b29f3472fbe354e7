package dev.lastword.gateway;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * Lets those who want the same go on one at a time, in the order in which they came. Thread-safe;
 * whoever goes on does so outside of the lock, on the thread of whoever was before.
 *
 * @param <K> what they want
 */
final class Turns<K> {
  /** Guards the map; nothing is called under it. */
  private final Object lock = new Object();

  private final Map<K, Queue<Runnable>> waiting = new HashMap<>();

  /** Goes on when it is one's turn, which ends with {@link #over}. */
  void take(K wanted, Runnable then) {
    synchronized (lock) {
      var behind = waiting.get(wanted);
      if (behind != null) {
        behind.add(then);
        return;
      }
      waiting.put(wanted, new ArrayDeque<>());
    }
    then.run();
  }

  /** Whoever's turn it was is done. */
  void over(K wanted) {
    Runnable next = null;
    synchronized (lock) {
      var behind = waiting.get(wanted);
      if (behind != null) {
        next = behind.poll();
        if (next == null) {
          waiting.remove(wanted);
        }
      }
    }
    if (next != null) {
      next.run();
    }
  }
}
