package dev.lastword.gateway;

import dev.lastword.gateway.StreamOrder.MalformedException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What has become of a response that an application was to save.
 *
 * @param message why it is not saved, for the log
 * @param created when the stream was of which it is said; empty for whichever has the id
 */
record SavedOrder(Result result, String message, OptionalLong created) {
  static final int BODY_BYTES_MAX = 8_192;

  private static final int MESSAGE_LENGTH_MAX = 1_000;

  /** What it has come to. */
  enum Result {
    /** It is still being saved. */
    SAVING,
    SAVED,
    /** It will be tried again. */
    FAILED,
    /** It never will be. */
    REJECTED;

    static Optional<Result> of(String word) {
      return Arrays.stream(values())
          .filter(result -> result.name().toLowerCase(Locale.ROOT).equals(word))
          .findFirst();
    }
  }

  /**
   * Reads one.
   *
   * @param body empty for saved
   */
  static SavedOrder of(byte[] body) throws MalformedException {
    Map<String, String> members = Texts.of(body);
    Texts.allow(members, "result", "message", "created");
    var message = members.getOrDefault("message", "");
    if (message.length() > MESSAGE_LENGTH_MAX) {
      throw new MalformedException("message", "at most " + MESSAGE_LENGTH_MAX + " characters");
    }
    return new SavedOrder(
        Result.of(members.getOrDefault("result", "saved"))
            .orElseThrow(
                () -> new MalformedException("result", "saving, saved, failed or rejected")),
        message,
        created(members.get("created")));
  }

  private static OptionalLong created(@Nullable String time) throws MalformedException {
    try {
      return time == null
          ? OptionalLong.empty()
          : OptionalLong.of(Instant.parse(time).toEpochMilli());
    } catch (DateTimeParseException | ArithmeticException e) {
      throw new MalformedException("created", "the time that the response to save has there");
    }
  }
}
