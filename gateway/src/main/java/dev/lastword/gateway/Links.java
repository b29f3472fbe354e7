package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Links: addresses that carry one right on one stream for some time, for readers that cannot send
 * credentials, such as an {@code EventSource}. A link is of its stream and of that stream's owner:
 * who takes a deleted stream's id does not take its links. Thread-safe.
 */
final class Links {
  /** The parameter that a link's token stands in. */
  static final String PARAMETER = "token";

  private static final Logger log = LoggerFactory.getLogger(Links.class);
  private static final Pattern TOKEN =
      Pattern.compile("([\\w-]{8})\\.(read|cancel)\\.([0-9]{1,12})\\.([\\w-]{11})\\.([\\w-]{43})");
  private static final Pattern PATH =
      Pattern.compile("/(v1/stream|api/streams)/([\\w-]+)(?:/(response|cancel))?");
  private static final int TAG_BYTES = 8;
  private static final int MAC_BYTES = 32;

  private final Secrets secrets;
  private final LongSupplier nowMs;
  private final Executor io;
  private final AtomicBoolean rotating = new AtomicBoolean();

  /** What a link lets its holder do. */
  enum Right {
    /** Its events, its state, its response. */
    READ("read"),
    /** Stop it. */
    CANCEL("cancel");

    private final String word;

    Right(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }

    static Optional<Right> named(String word) {
      for (var right : values()) {
        if (right.word.equals(word)) {
          return Optional.of(right);
        }
      }
      return Optional.empty();
    }
  }

  /**
   * A link that this gateway has signed, for what it is asked for with.
   *
   * @param expired whether its time is over
   */
  record Claim(StreamId id, boolean expired, String keyId, String tag) {}

  /**
   * @param nowMs wall-clock time
   * @param io makes a new key when the old one has signed for long enough
   */
  Links(Secrets secrets, LongSupplier nowMs, Executor io) {
    this.secrets = secrets;
    this.nowMs = nowMs;
    this.io = io;
  }

  /**
   * The address that carries a right.
   *
   * @param owner whom the stream belongs to
   * @param seconds how long it is good
   */
  String url(StreamId id, String owner, Right right, long seconds) {
    var path =
        right == Right.READ ? "/v1/stream/" + id.value() : "/api/streams/" + id.value() + "/cancel";
    return path + "?" + PARAMETER + "=" + token(id, owner, right, seconds);
  }

  private String token(StreamId id, String owner, Right right, long seconds) {
    long now = nowMs.getAsLong();
    renew(now);
    var key = secrets.linkKey();
    var head =
        key.id() + "." + right.word() + "." + (now / 1_000 + seconds) + "." + tag(key, owner);
    return head + "." + mac(key, head, id);
  }

  private void renew(long now) {
    if (secrets.isRotationDue(now) && rotating.compareAndSet(false, true)) {
      io.execute(
          () -> {
            try {
              secrets.rotate(now);
            } catch (IOException e) { // the old one goes on; the next link tries again
              log.warn("access.rotation_failed cause={}", e.toString());
            } finally {
              rotating.set(false);
            }
          });
    }
  }

  private static String tag(Secrets.LinkKey key, String owner) {
    return Hmac.text(TAG_BYTES, key.bytes(), "link-owner", owner);
  }

  private static String mac(Secrets.LinkKey key, String head, StreamId id) {
    return Hmac.text(MAC_BYTES, key.bytes(), "link", head, id.value());
  }

  /**
   * The link that a request comes by: signed here, for this stream, with the right to do this.
   * Anything else is as if there were none; that costs the same whether the stream is there or not.
   */
  Optional<Claim> claim(RequestHead head) {
    if (!head.query().contains(PARAMETER + "=")) {
      return Optional.empty();
    }
    var path = PATH.matcher(head.path());
    var token = head.queryParameter(PARAMETER);
    if (token == null || !path.matches()) {
      return Optional.empty();
    }
    var parts = TOKEN.matcher(token);
    var id = StreamId.parse(path.group(2));
    if (!parts.matches() || id.isEmpty() || !allows(parts.group(2), head, path.group(3))) {
      return Optional.empty();
    }
    return secrets
        .linkKey(parts.group(1))
        .filter(key -> same(mac(key, token.substring(0, parts.end(4)), id.get()), parts.group(5)))
        .map(
            key ->
                new Claim(
                    id.get(),
                    Long.parseLong(parts.group(3)) * 1_000 <= nowMs.getAsLong(),
                    key.id(),
                    parts.group(4)));
  }

  private static boolean allows(String right, RequestHead head, @Nullable String what) {
    boolean cancels = "cancel".equals(what);
    return right.equals(Right.CANCEL.word())
        ? cancels && head.is(HttpMethod.POST)
        : !cancels && (head.is(HttpMethod.GET) || head.is(HttpMethod.HEAD));
  }

  /** Whether a link was made for this owner's stream. */
  boolean isOf(Claim claim, String owner) {
    return secrets
        .linkKey(claim.keyId())
        .filter(key -> same(tag(key, owner), claim.tag()))
        .isPresent();
  }

  private static boolean same(String one, String other) {
    return MessageDigest.isEqual(
        one.getBytes(StandardCharsets.US_ASCII), other.getBytes(StandardCharsets.US_ASCII));
  }
}
