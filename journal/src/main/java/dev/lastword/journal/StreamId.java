package dev.lastword.journal;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;

/**
 * Names one stream: 16 to 64 of {@code A–Z a–z 0–9 _ -}.
 *
 * @param value the id as it stands in URLs, logs and the journal
 */
public record StreamId(String value) {
  /** Shortest id, in characters. */
  public static final int LENGTH_MIN = 16;

  /** Longest id, in characters. */
  public static final int LENGTH_MAX = 64;

  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * @throws IllegalArgumentException if the value is not an id
   */
  public StreamId {
    if (!wellFormed(value)) {
      throw new IllegalArgumentException(
          "stream id: %d to %d characters of A-Z a-z 0-9 _ -".formatted(LENGTH_MIN, LENGTH_MAX));
    }
  }

  /** The id that a peer sent, or empty if it is none. */
  public static Optional<StreamId> parse(String value) {
    return wellFormed(value) ? Optional.of(new StreamId(value)) : Optional.empty();
  }

  /** A new id of 144 random bits. */
  public static StreamId random() {
    var bits = new byte[18];
    RANDOM.nextBytes(bits);
    return new StreamId(Base64.getUrlEncoder().withoutPadding().encodeToString(bits));
  }

  private static boolean wellFormed(String value) {
    if (value.length() < LENGTH_MIN || value.length() > LENGTH_MAX) {
      return false;
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean allowed =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || c == '-';
      if (!allowed) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return value;
  }
}
