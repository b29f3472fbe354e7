package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// The shape of an event that the source sends and the readers expect: an OpenAI chat completion
/// chunk of a fixed size, whose text begins with stream, sequence number and time of sending as
/// hexadecimal digits. As with OpenAI, nothing but the text differs from chunk to chunk.
///
/// Both sides share it, so a reader checks every byte of an event with two comparisons and reads
/// three numbers.
final class EventTemplate {
  private static final String HEAD =
      "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"bench\","
          + "\"system_fingerprint\":\"fp_1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"";
  private static final String DELTA = " ";
  private static final String TAIL = "\"},\"finish_reason\":null}]}";
  private static final String FINISH = "\"},\"finish_reason\":\"stop\"}]}";
  private static final int KEY_AT = HEAD.length();
  private static final int SEQUENCE_AT = KEY_AT + 9;
  private static final int STAMP_AT = SEQUENCE_AT + 9;
  private static final String NO_DIGITS = "00000000-00000000-0000000000000000";
  private static final int DIGITS = NO_DIGITS.length();
  private static final byte[] HEX = "0123456789abcdef".getBytes(US_ASCII);
  private static final byte[] VALUE = values();

  /// Length of the shortest data line, the field's name included.
  static final int BYTES_MIN = HEAD.length() + DIGITS + DELTA.length() + TAIL.length() + 1;

  /// The line that is the terminal event.
  static final byte[] DONE = "data: [DONE]".getBytes(US_ASCII);

  private final byte[] event;
  private final byte[] finish = (HEAD + NO_DIGITS + FINISH).getBytes(US_ASCII);
  private final ByteBuffer eventChunk;
  private final ByteBuffer endChunks;
  private final int eventAt;
  private final int finishAt;

  /// @param bytes length of an event's data line, at least [#BYTES_MIN]
  EventTemplate(int bytes) {
    if (bytes < BYTES_MIN) {
      throw new IllegalArgumentException(
          "an event has at least " + BYTES_MIN + " bytes, not " + bytes);
    }
    event = (HEAD + NO_DIGITS + DELTA + filler(bytes - BYTES_MIN + 1) + TAIL).getBytes(US_ASCII);
    eventAt = chunkHead(event.length).length();
    eventChunk = direct(chunk(event));
    finishAt = chunkHead(finish.length).length();
    endChunks = direct(chunk(finish) + chunk(DONE) + "0\r\n\r\n");
  }

  /// Length of an event's data line without its line end.
  int eventBytes() {
    return event.length;
  }

  /// Length of the ending event's data line without its line end.
  int finishBytes() {
    return finish.length;
  }

  /// One event as a chunk of a body, in a buffer that the next call writes over.
  ByteBuffer event(int key, int sequence, long stamp) {
    return stamped(eventChunk, eventAt, key, sequence, stamp);
  }

  /// The ending event, the terminal event and the end of the body, in a buffer that the next call
  /// writes over.
  ByteBuffer ending(int key, int sequence, long stamp) {
    return stamped(endChunks, finishAt, key, sequence, stamp);
  }

  /// Whether an event's data line starts at `from`; the caller has seen to the length.
  boolean isEvent(byte[] bytes, int from) {
    return equalsButDigits(event, bytes, from);
  }

  /// Whether the ending event's data line starts at `from`; the caller has seen to the length.
  boolean isFinish(byte[] bytes, int from) {
    return equalsButDigits(finish, bytes, from);
  }

  static int key(byte[] bytes, int from) {
    return (int) hexadecimal(bytes, from + KEY_AT, 8);
  }

  static int sequence(byte[] bytes, int from) {
    return (int) hexadecimal(bytes, from + SEQUENCE_AT, 8);
  }

  static long stamp(byte[] bytes, int from) {
    return hexadecimal(bytes, from + STAMP_AT, 16);
  }

  private static boolean equalsButDigits(byte[] template, byte[] bytes, int from) {
    int tail = KEY_AT + DIGITS;
    return Arrays.equals(template, 0, KEY_AT, bytes, from, from + KEY_AT)
        && Arrays.equals(
            template, tail, template.length, bytes, from + tail, from + template.length);
  }

  private static ByteBuffer stamped(
      ByteBuffer chunk, int lineAt, int key, int sequence, long stamp) {
    digits(chunk, lineAt + KEY_AT, key, 8);
    digits(chunk, lineAt + SEQUENCE_AT, sequence, 8);
    digits(chunk, lineAt + STAMP_AT, stamp, 16);
    return chunk;
  }

  private static void digits(ByteBuffer to, int at, long value, int count) {
    long rest = value;
    for (int i = at + count - 1; i >= at; i--) {
      to.put(i, HEX[(int) rest & 0xf]);
      rest >>>= 4;
    }
  }

  private static ByteBuffer direct(String text) {
    var bytes = text.getBytes(US_ASCII);
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  private static long hexadecimal(byte[] bytes, int at, int count) {
    long value = 0;
    for (int i = 0; i < count; i++) {
      value = value << 4 | VALUE[bytes[at + i] & 0x7f];
    }
    return value;
  }

  private static byte[] values() {
    var values = new byte[128];
    for (byte i = 0; i < HEX.length; i++) {
      values[HEX[i]] = i;
    }
    return values;
  }

  private static String chunk(byte[] line) {
    return chunkHead(line.length) + new String(line, US_ASCII) + "\n\n\r\n";
  }

  private static String chunkHead(int lineBytes) {
    return Integer.toHexString(lineBytes + 2) + "\r\n";
  }

  private static String filler(int length) {
    return "lorem ipsum dolor sit amet ".repeat(length / 27 + 1).substring(0, length);
  }
}
