package dev.lastword.stream;

import dev.lastword.journal.Entry;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the save hooks for a response until each has acknowledged it or one has rejected it: with
 * growing, random waits, the same response every time. Fail closed: while a hook is silent nothing
 * is decided.
 */
final class Saver {
  private static final Logger log = LoggerFactory.getLogger(Saver.class);

  private final Save.Ground ground;

  Saver(Save.Ground ground) {
    this.ground = ground;
  }

  /** Responses that wait for their hooks now, also those whose readers do not. */
  int pending() {
    return ground.pending().intValue();
  }

  /** Whether a stream with these attributes has any hook. */
  boolean isNeeded(Map<String, String> attributes) {
    return !ground.release().of(attributes).isEmpty();
  }

  /** The bounds of a stream with these attributes: what it may be, its hooks can be told of. */
  StreamOptions bounds(StreamOptions options, Map<String, String> attributes) {
    return isNeeded(attributes)
        ? options.withResponseBytesMax(
            Math.min(options.responseBytesMax(), ground.responses().bytesMaxForHooks()))
        : options;
  }

  /** What the hooks of a stream with these attributes are called. */
  List<String> names(Map<String, String> attributes) {
    return ground.release().of(attributes).stream().map(NamedHook::name).toList();
  }

  /**
   * Puts together what {@link #save} is to tell of an answer whose ending is on its way to the
   * disk, if that is soon done. On the stream's home.
   *
   * @return to be handed to {@link #save}, or to {@link #forget}
   */
  Optional<Responses.Ahead> ahead(Stream stream, Entry.Ending ending) {
    if (ground.release().of(stream.attributes()).stream().allMatch(NamedHook::isAwaited)) {
      return Optional.empty(); // it is read once somebody has come
    }
    try {
      return ground.responses().ahead(stream, ending);
    } catch (RuntimeException e) {
      log.warn("seal.not_ahead stream={}", stream.id(), e);
      return Optional.empty(); // when it is on disk it is tried again
    }
  }

  /** It will not be saved like that. */
  void forget(Optional<Responses.Ahead> ahead) {
    ahead.ifPresent(prepared -> ground.budget().give(prepared.heldBytes()));
  }

  /** Saves what is on disk of a stream. Called on the stream's home. */
  Save save(Stream stream, Save.Listener told) {
    return save(stream, Optional.empty(), told);
  }

  /**
   * The same.
   *
   * @param ahead what of it was put together before all was on disk
   */
  Save save(Stream stream, Optional<Responses.Ahead> ahead, Save.Listener told) {
    var save = new Save(stream, ahead, told, ground);
    save.start();
    return save;
  }

  /**
   * Calls every hook once, for a person who asks for it.
   *
   * @return completed when all have acknowledged, or with the first failure; on the home
   */
  CompletionStage<Void> saveOnce(SavedResponse response, Home home) {
    var saved = new CompletableFuture<Void>();
    home.execute(
        () -> {
          var calls =
              ground.release().of(response.attributes()).stream()
                  .map(hook -> callOnce(hook, response, home))
                  .toList();
          CompletionStage<Void> all =
              CompletableFuture.allOf(calls.toArray(new CompletableFuture<?>[0]));
          all.whenComplete(
              (nothing, failure) -> {
                if (failure == null) {
                  log.info("save.driven_again stream={}", response.stream());
                  saved.complete(null);
                } else {
                  saved.completeExceptionally(SaveCalls.cause(failure));
                }
              });
        });
    return saved;
  }

  private CompletableFuture<Void> callOnce(NamedHook hook, SavedResponse response, Home home) {
    var answer = new CompletableFuture<Void>();
    var unused =
        ground
            .calls()
            .make(
                hook.again(),
                response,
                1,
                home,
                failure -> {
                  if (failure == null) {
                    answer.complete(null);
                  } else {
                    if (SaveCalls.isRejection(failure)) {
                      ground.calls().rejected(hook, response, failure);
                    } else {
                      ground.calls().failed(hook, response, 1, failure, "never");
                    }
                    answer.completeExceptionally(failure);
                  }
                });
    return answer;
  }
}
