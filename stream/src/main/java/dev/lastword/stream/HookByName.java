package dev.lastword.stream;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The hook of a name, whichever that is when it is called: none is a call that has failed.
 *
 * @param named where hooks are found
 */
record HookByName(Release.Named named, String name) implements SaveHook {
  @Override
  public CompletionStage<Void> save(SavedResponse response) {
    return save(response, () -> {});
  }

  @Override
  public CompletionStage<Void> save(SavedResponse response, Runnable begins) {
    return hook()
        .map(hook -> hook.save(response, begins))
        .orElseGet(
            () -> {
              begins.run();
              return CompletableFuture.failedFuture(
                  new SaveException(
                      SaveException.Kind.UNREACHABLE, "no hook '" + name + "' is configured"));
            });
  }

  @Override
  public boolean isAwaited() {
    return hook().map(SaveHook::isAwaited).orElse(false);
  }

  private Optional<SaveHook> hook() {
    return named.hooks().apply(name);
  }
}
