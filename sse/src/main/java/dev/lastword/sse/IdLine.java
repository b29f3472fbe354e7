package dev.lastword.sse;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/** The line {@code id: <epoch>-<seq>} as bytes, counting upwards in place. */
final class IdLine {
  private static final int FIELD_BYTES = "id: ".length();

  private final int seqStart;
  private byte[] bytes;
  private int length;

  IdLine(long epoch, long seq) {
    requireNotNegative(epoch, seq);
    seqStart = FIELD_BYTES + digits(epoch) + 1;
    bytes = ("id: " + epoch + "-" + seq + "\n").getBytes(US_ASCII);
    length = bytes.length;
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** Turns the line into that of the next sequence number. */
  void increment() {
    int at = length - 2;
    while (at >= seqStart && bytes[at] == '9') {
      bytes[at--] = '0';
    }
    if (at >= seqStart) {
      bytes[at]++;
      return;
    }
    // All nines: a one in front, and the zeros and the line end move on.
    bytes = Arrays.copyOf(bytes, length + 1);
    bytes[seqStart] = '1';
    bytes[length - 1] = '0';
    bytes[length++] = '\n';
  }

  /** Bytes that {@code count} such lines take together. */
  static long lengthOf(int count, long epoch, long firstSeq) {
    requireNotNegative(epoch, firstSeq);
    long length = (long) count * (FIELD_BYTES + digits(epoch) + 2);
    long seq = firstSeq;
    long rest = count;
    while (rest > 0) {
      int digits = digits(seq);
      long alike = digits == 19 ? rest : Math.min(rest, powerOfTen(digits) - seq);
      length += alike * digits;
      seq += alike;
      rest -= alike;
    }
    return length;
  }

  private static void requireNotNegative(long epoch, long seq) {
    if (epoch < 0 || seq < 0) {
      throw new IllegalArgumentException("id " + epoch + "-" + seq + " has a negative part");
    }
  }

  private static int digits(long value) {
    int digits = 1;
    for (long rest = value; rest >= 10; rest /= 10) {
      digits++;
    }
    return digits;
  }

  private static long powerOfTen(int exponent) {
    long power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= 10;
    }
    return power;
  }
}
