package dev.lastword.stream;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * Who holds a key before there is a stream of it: one at a time, the others wait. When a stream has
 * come of the key all of them learn that it is taken; when none has, the next one holds it.
 *
 * <p>Thread-safe; claimants are told outside of the lock, on the thread of whoever decides.
 *
 * @param <K> what is claimed: a stream's id, or an owner with a key
 */
final class Claims<K> {
  /** Guards the map; nothing is called under it. */
  private final Object lock = new Object();

  private final Map<K, Queue<Claimant>> waiting = new HashMap<>();

  /** Told once, unless it withdraws. */
  interface Claimant {
    /** The key is theirs, until {@link Claims#settle}. */
    void held();

    /** A stream has come of the key. */
    void taken();
  }

  /** Claims a key. */
  void claim(K key, Claimant claimant) {
    synchronized (lock) {
      var behind = waiting.get(key);
      if (behind != null) {
        behind.add(claimant);
        return;
      }
      waiting.put(key, new ArrayDeque<>());
    }
    claimant.held();
  }

  /** A claimant that waits goes away. */
  void withdraw(K key, Claimant claimant) {
    synchronized (lock) {
      var behind = waiting.get(key);
      if (behind != null) {
        behind.remove(claimant);
      }
    }
  }

  /**
   * Whoever holds the key has come to an end with it.
   *
   * @param taken whether there is a stream of it now
   */
  void settle(K key, boolean taken) {
    List<Claimant> told;
    Claimant next = null;
    synchronized (lock) {
      var behind = waiting.get(key);
      if (behind == null) {
        return;
      }
      told = taken ? List.copyOf(behind) : List.of();
      if (!taken) {
        next = behind.poll();
      }
      if (next == null) {
        waiting.remove(key);
      }
    }
    told.forEach(Claimant::taken);
    if (next != null) {
      next.held();
    }
  }

  /** Keys that are held now. */
  int size() {
    synchronized (lock) {
      return waiting.size();
    }
  }
}
