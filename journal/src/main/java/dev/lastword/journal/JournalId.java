package dev.lastword.journal;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * Tells one journal from every other: 128 random bits, in the header of each of its segments.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
public record JournalId(long high, long low) {
  private static final HexFormat HEX = HexFormat.of();

  /** A new one; never all zeros, which stands for none. */
  public static JournalId random(RandomGenerator random) {
    return new JournalId(random.nextLong() | 1L << 63, random.nextLong());
  }

  /**
   * Reads what {@link #toString} wrote.
   *
   * @throws IllegalArgumentException if it is no 32 hexadecimal digits
   */
  public static JournalId parse(String text) {
    if (text.length() != 32) {
      throw new IllegalArgumentException("a journal's id has 32 digits, this has " + text.length());
    }
    return new JournalId(
        HexFormat.fromHexDigitsToLong(text, 0, 16), HexFormat.fromHexDigitsToLong(text, 16, 32));
  }

  /** 32 hexadecimal digits, in lower case. */
  @Override
  public String toString() {
    return HEX.toHexDigits(high) + HEX.toHexDigits(low);
  }
}
