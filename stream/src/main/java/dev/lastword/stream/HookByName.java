package dev.lastword.stream;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

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
    return call(begins, hook -> hook.save(response, begins));
  }

  @Override
  public CompletionStage<Void> saveAgain(SavedResponse response, Runnable begins) {
    return call(begins, hook -> hook.saveAgain(response, begins));
  }

  private CompletionStage<Void> call(
      Runnable begins, Function<SaveHook, CompletionStage<Void>> how) {
    return hook()
        .map(how)
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
