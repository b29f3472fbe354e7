package dev.lastword.stream;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/**
 * A save hook, and what logs and metrics call it.
 *
 * @param name as the configuration says it
 */
record NamedHook(String name, SaveHook hook) {
  /** Whether it comes for what it is to save. */
  boolean isAwaited() {
    return hook.isAwaited();
  }

  /** The same, as it is called for a person who asks for that. */
  NamedHook again() {
    return new NamedHook(name, new Again(hook));
  }

  /** Calls a hook for a person who asks for that. */
  private record Again(SaveHook hook) implements SaveHook {
    @Override
    public CompletionStage<Void> save(SavedResponse response) {
      return save(response, () -> {});
    }

    @Override
    public CompletionStage<Void> save(SavedResponse response, Runnable begins) {
      return hook.saveAgain(response, begins);
    }
  }

  /** Hooks that have no names of their own. */
  static List<NamedHook> numbered(List<SaveHook> hooks) {
    return IntStream.range(0, hooks.size())
        .mapToObj(i -> new NamedHook("hook-" + (i + 1), hooks.get(i)))
        .toList();
  }
}
