package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Who waits until there may be something new to say of a stream. Thread-safe. */
final class Waits {
  private final ConcurrentHashMap<StreamId, Set<Runnable>> waiting = new ConcurrentHashMap<>();

  /**
   * Waits for news.
   *
   * @param look called for each, on any thread; it hands itself to its own
   */
  void add(StreamId id, Runnable look) {
    waiting.compute(
        id,
        (_, known) -> {
          Set<Runnable> looks = known == null ? ConcurrentHashMap.newKeySet() : known;
          looks.add(look);
          return looks;
        });
  }

  void remove(StreamId id, Runnable look) {
    waiting.computeIfPresent(
        id,
        (_, looks) -> {
          looks.remove(look);
          return looks.isEmpty() ? null : looks;
        });
  }

  /** There may be something new. */
  void news(StreamId id) {
    waiting.getOrDefault(id, Set.of()).forEach(Runnable::run);
  }
}
