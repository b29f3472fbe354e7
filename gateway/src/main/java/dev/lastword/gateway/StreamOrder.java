package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Optional;

/**
 * What a client orders of a stream, by the {@code Lastword-…} fields of its request and by its
 * {@code Idempotency-Key}.
 *
 * @param id the id that it chose
 * @param key under which it may ask again; not where it chose an id
 * @param conversation the conversation that the response belongs to
 * @param withIds whether the relayed events carry ids
 * @param onDisconnect what becomes of the response when its last reader has gone
 */
record StreamOrder(
    Optional<StreamId> id,
    Optional<IdempotencyKey> key,
    Optional<String> conversation,
    boolean withIds,
    OnDisconnect onDisconnect) {
  static final String STREAM = "lastword-stream";
  static final String CONVERSATION = "lastword-conversation";
  static final String EVENT_IDS = "lastword-event-ids";
  static final String ON_DISCONNECT = "lastword-on-disconnect";
  static final int CONVERSATION_LENGTH_MAX = 200;

  /** What {@link #isAnyConversation} is. */
  static final String ANY_CONVERSATION =
      "1 to " + CONVERSATION_LENGTH_MAX + " characters, none of them a control character";

  /** Says which field is wrong, and how it has to be. */
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1;
    private final String field;

    MalformedException(String field, String message) {
      super(message);
      this.field = field;
    }

    Problem problem() {
      return Problem.badField(field, String.valueOf(getMessage()));
    }
  }

  /**
   * Reads the order of a request.
   *
   * @param standard what becomes of responses whose client does not say
   * @param unattendedMs how long a response may be without a reader, whatever the client says
   */
  static StreamOrder of(RequestHead request, OnDisconnect standard, long unattendedMs)
      throws MalformedException {
    var headers = request.headers();
    boolean reads = request.is(HttpMethod.GET) || request.is(HttpMethod.HEAD);
    var id = id(headers);
    var key = IdempotencyKey.of(request);
    if (id.isPresent() && key.isPresent()) {
      throw new MalformedException(
          IdempotencyKey.FIELD, "a key or a chosen Lastword-Stream, not both");
    }
    return new StreamOrder(
        id,
        key,
        conversation(headers),
        withIds(headers),
        onDisconnect(headers, standard).within(unattendedMs).forRequest(!reads));
  }

  /** The same, for a stream of this id. */
  StreamOrder with(StreamId ofItsRun, boolean ids) {
    return new StreamOrder(Optional.of(ofItsRun), key, conversation, ids, onDisconnect);
  }

  /** The same, with ids on the relayed events. */
  StreamOrder identified() {
    return new StreamOrder(id, key, conversation, true, onDisconnect);
  }

  static Optional<StreamId> id(HttpHeaders headers) throws MalformedException {
    var value = headers.get(STREAM);
    if (value == null) {
      return Optional.empty();
    }
    var id = StreamId.parse(value);
    if (id.isEmpty() || headers.getAll(STREAM).size() > 1) {
      throw new MalformedException(
          "Lastword-Stream", "one id of 16 to 64 characters of A-Z a-z 0-9 _ -");
    }
    return id;
  }

  static Optional<String> conversation(HttpHeaders headers) throws MalformedException {
    var value = headers.get(CONVERSATION);
    if (value == null) {
      return Optional.empty();
    }
    if (!isConversation(value)) {
      throw new MalformedException(
          "Lastword-Conversation",
          "1 to " + CONVERSATION_LENGTH_MAX + " printable ASCII characters");
    }
    return Optional.of(value);
  }

  /** Whether a conversation may be called so where no field of HTTP has to hold its key. */
  static boolean isAnyConversation(String key) {
    return !key.isEmpty()
        && key.length() <= CONVERSATION_LENGTH_MAX
        && key.codePoints().noneMatch(c -> Character.isISOControl(c) || isHalf(c));
  }

  /** Half of a character, which no encoding can hold. */
  private static boolean isHalf(int codePoint) {
    return Character.getType(codePoint) == Character.SURROGATE;
  }

  static boolean isConversation(String key) {
    return !key.isEmpty()
        && key.length() <= CONVERSATION_LENGTH_MAX
        && key.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
  }

  private static boolean withIds(HttpHeaders headers) throws MalformedException {
    var value = headers.get(EVENT_IDS);
    if (value == null || value.equals("false")) {
      return false;
    }
    if (!value.equals("true")) {
      throw new MalformedException("Lastword-Event-Ids", "true or false");
    }
    return true;
  }

  private static OnDisconnect onDisconnect(HttpHeaders headers, OnDisconnect standard)
      throws MalformedException {
    var value = headers.get(ON_DISCONNECT);
    if (value == null) {
      return standard;
    }
    return OnDisconnect.parse(value)
        .orElseThrow(() -> new MalformedException("Lastword-On-Disconnect", OnDisconnect.FORM));
  }
}
