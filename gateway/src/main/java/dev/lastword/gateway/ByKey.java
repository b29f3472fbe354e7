package dev.lastword.gateway;

import dev.lastword.gateway.ApiKeys.ApiKey;
import dev.lastword.stream.Owner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owners are those whom this gateway has given keys. They are looked up here and shown to no
 * upstream. The file is looked at once a second while requests come, so that a key that is made or
 * revoked beside the running process counts from then on.
 */
final class ByKey implements Authentication {
  private static final Logger log = LoggerFactory.getLogger(ByKey.class);
  private static final String PREFIX = "k/";
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Path file;
  private final Presented.Places places;
  private final Executor io;
  private final LongSupplier nanoTime;
  private final AtomicLong lookAtNanos;
  private volatile List<ApiKey> keys = List.of();
  private volatile Object seen = "";

  /**
   * @param io looks at the file
   * @throws ConfigException if the file cannot be read
   */
  ByKey(Path data, Presented.Places places, Executor io, LongSupplier nanoTime) {
    this.file = data.resolve(ApiKeys.FILE);
    this.places = places;
    this.io = io;
    this.nanoTime = nanoTime;
    this.lookAtNanos = new AtomicLong(nanoTime.getAsLong() + LOOK_NANOS);
    try {
      look();
    } catch (IOException e) {
      throw new ConfigException("cannot use " + file + ": " + e.getMessage());
    }
    if (keys.stream().noneMatch(ApiKey::isGood)) {
      log.warn("access.no_keys hint=\"lastword key add --data {}\"", data);
    }
  }

  @Override
  public void identify(RequestHead head, Consumer<Identity> told) {
    long due = lookAtNanos.get();
    long now = nanoTime.getAsLong();
    if (now - due >= 0 && lookAtNanos.compareAndSet(due, now + LOOK_NANOS)) {
      io.execute(
          () -> {
            lookAgain();
            told.accept(judge(head));
          });
    } else {
      told.accept(judge(head));
    }
  }

  /** A file that cannot be read changes nothing: whoever could come can, and nobody else. */
  private void lookAgain() {
    try {
      look();
    } catch (IOException e) {
      log.error("access.keys_unreadable file={} cause={}", file, e.toString());
    }
  }

  private void look() throws IOException {
    var there = version();
    if (!there.equals(seen)) {
      keys = ApiKeys.read(file);
      seen = there;
    }
  }

  /** What is another one whenever the file was written. */
  private Object version() throws IOException {
    if (!Files.exists(file)) {
      return "none";
    }
    return List.of(Files.getLastModifiedTime(file), Files.size(file));
  }

  private Identity judge(RequestHead head) {
    var shown = Presented.of(head, places);
    if (shown.isEmpty()) {
      return new Identity.Nobody();
    }
    return ApiKeys.find(keys, shown.get().value())
        .<Identity>map(key -> new Identity.Known(new Asker(Owner.of(PREFIX + key.name()))))
        .orElseGet(
            () ->
                new Identity.Refused(
                    Owners.unauthorized("credentials_refused", "this is no key of this server")));
  }

  @Override
  public RequestHead relayed(RequestHead head, boolean withOthers) {
    return Presented.without(head, places);
  }
}
