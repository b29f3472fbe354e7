package dev.lastword.library;

import dev.lastword.journal.StreamId;
import dev.lastword.library.GatewayClient.Call;
import dev.lastword.library.GatewayClient.Reply;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.StreamView;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves what a gateway holds back until the application has it: calls the saver, says what has come
 * of it, and that it still works on it. A saver that has thrown is called again, until somebody
 * else has the response, or the gateway does not wait for it any more. Thread-safe; blocks.
 */
final class RemoteSaving {
  private static final Logger log = LoggerFactory.getLogger(RemoteSaving.class);
  private static final long RETRY_FIRST_MS = 200;
  private static final long RETRY_MAX_MS = 30_000;
  private static final int MESSAGE_LENGTH_MAX = 1_000;

  private final GatewayClient client;
  private final Savers savers;
  private volatile long renewMs = 10_000;

  /** What is being saved here. */
  private final Set<Life> now = ConcurrentHashMap.newKeySet();

  /** One answer of an id, which may live again once its stream is deleted. */
  private record Life(StreamId id, long createdMs) {}

  RemoteSaving(GatewayClient client, Savers savers) {
    this.client = client;
    this.savers = savers;
  }

  /** How long a response is its taker's alone, as the gateway has said. */
  void lease(long ms) {
    if (ms > 0) {
      renewMs = Math.max(20, ms / 3);
    }
  }

  /**
   * Takes a response that waits, and saves it; nothing happens if none does, or it is saved here.
   */
  void take(StreamId id, Owner owner) throws InterruptedException {
    if (now.stream().anyMatch(life -> life.id().equals(id))) {
      return;
    }
    var reply = client.ask(Call.post("/api/streams/" + id.value() + "/saving", owner));
    if (reply.isOk()) {
      var saving = reply.json().object("saving");
      if (saving.isPresent()) {
        var unused = save(saving.get(), owner);
      }
    } else {
      log.debug("remote.not_taken stream={} code={}", id, reply.code());
    }
  }

  /**
   * Saves one.
   *
   * @param json as the gateway has said it
   * @return the stream as it is then; empty if the gateway does not wait for it, or somebody else
   *     saves it
   */
  Optional<StreamView> save(JsonObject json, Owner owner) throws InterruptedException {
    lease(json.number("leaseMs"));
    var response = GatewayViews.saving(json);
    var life = new Life(response.stream(), response.createdMs());
    if (!now.add(life)) {
      TimeUnit.MILLISECONDS.sleep(RETRY_FIRST_MS); // it is asked again
      return Optional.empty();
    }
    try {
      return save(response, owner);
    } finally {
      now.remove(life);
    }
  }

  private Optional<StreamView> save(SavedResponse response, Owner owner)
      throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      log.info("save.called stream={} attempt={}", response.stream(), attempt);
      var call = savers.save(response).toCompletableFuture();
      if (!awaited(call, response, owner)) {
        return Optional.empty();
      }
      var failure = failureOf(call);
      if (failure == null) {
        return told(response, owner, "saved", "");
      }
      if (failure instanceof SaveException said && said.kind() == SaveException.Kind.REJECTED) {
        log.error("save.rejected stream={} cause=\"{}\"", response.stream(), said.getMessage());
        return told(response, owner, "rejected", String.valueOf(said.getMessage()));
      }
      long bound = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS << Math.min(attempt - 1, 8));
      long waitMs = ThreadLocalRandom.current().nextLong(bound + 1);
      log.warn(
          "save.failed stream={} attempt={} cause={} next_ms={}",
          response.stream(),
          attempt,
          failure.getClass().getSimpleName(),
          waitMs);
      if (!isStillOurs(response, owner, "failed", failure.getClass().getSimpleName())) {
        return Optional.empty();
      }
      TimeUnit.MILLISECONDS.sleep(Math.min(waitMs, renewMs));
    }
  }

  /** Waits for a saver; false once the response is not this process's to save any more. */
  private boolean awaited(CompletableFuture<Void> call, SavedResponse response, Owner owner)
      throws InterruptedException {
    while (true) {
      try {
        call.get(renewMs, TimeUnit.MILLISECONDS);
        return true;
      } catch (ExecutionException e) {
        return true;
      } catch (TimeoutException e) {
        if (!isStillOurs(response, owner, "saving", "")) {
          return false;
        }
      }
    }
  }

  private static @Nullable Throwable failureOf(CompletableFuture<Void> call) {
    try {
      call.join();
      return null;
    } catch (CompletionException e) {
      return e.getCause() == null ? e : e.getCause();
    }
  }

  private boolean isStillOurs(SavedResponse response, Owner owner, String result, String message)
      throws InterruptedException {
    var reply = client.insist(saved(response, owner, result, message));
    if (reply.isOk() || GatewayClient.isPassing(reply.status())) {
      return true;
    }
    log.warn("save.not_ours stream={} code={}", response.stream(), reply.code());
    return false;
  }

  private Optional<StreamView> told(
      SavedResponse response, Owner owner, String result, String message)
      throws InterruptedException {
    Reply reply = client.insist(saved(response, owner, result, message));
    if (!reply.isOk()) {
      log.warn("save.unheard stream={} code={}", response.stream(), reply.code());
      return Optional.empty();
    }
    return reply.json().object("stream").map(GatewayViews::stream);
  }

  private static Call saved(SavedResponse response, Owner owner, String result, String message) {
    var cut =
        message.length() <= MESSAGE_LENGTH_MAX ? message : message.substring(0, MESSAGE_LENGTH_MAX);
    return Call.post(
        "/api/streams/" + response.stream().value() + "/saved",
        owner,
        JsonObject.write(
            out -> {
              out.writeStringProperty("result", result);
              out.writeStringProperty("message", cut);
              out.writeStringProperty(
                  "created", Instant.ofEpochMilli(response.createdMs()).toString());
            }));
  }
}
