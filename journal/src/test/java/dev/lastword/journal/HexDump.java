package dev.lastword.journal;

import java.util.Arrays;
import java.util.Locale;

/** Bytes as {@code hexdump -C} prints them. */
final class HexDump {
  private static final int LINE_BYTES = 16;

  private HexDump() {}

  static String of(byte[] bytes) {
    var text = new StringBuilder();
    boolean starred = false;
    for (int at = 0; at < bytes.length; at += LINE_BYTES) {
      if (at > 0
          && Arrays.equals(
              bytes, at - LINE_BYTES, at, bytes, at, Math.min(bytes.length, at + LINE_BYTES))) {
        text.append(starred ? "" : "*\n");
        starred = true;
      } else {
        line(text, bytes, at);
        starred = false;
      }
    }
    return text.append(String.format(Locale.ROOT, "%08x\n", bytes.length)).toString();
  }

  private static void line(StringBuilder text, byte[] bytes, int at) {
    text.append(String.format(Locale.ROOT, "%08x", at));
    var printable = new StringBuilder();
    for (int i = at; i < at + LINE_BYTES; i++) {
      text.append(i % 8 == 0 ? "  " : " ").append(String.format(Locale.ROOT, "%02x", bytes[i]));
      printable.append(bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char) bytes[i] : '.');
    }
    text.append("  |").append(printable).append("|\n");
  }

  static byte[] parse(String dump) {
    var lines = dump.lines().toList();
    var bytes = new byte[Integer.parseInt(lines.getLast(), 16)];
    int at = 0;
    for (var line : lines) {
      if (line.equals("*")) {
        continue;
      }
      int next = Integer.parseInt(line.substring(0, 8), 16);
      while (at < next) { // starred: like the line before
        System.arraycopy(bytes, at - LINE_BYTES, bytes, at, LINE_BYTES);
        at += LINE_BYTES;
      }
      if (line.length() > 8) {
        var digits = line.substring(8, line.indexOf('|')).replace(" ", "");
        System.arraycopy(java.util.HexFormat.of().parseHex(digits), 0, bytes, at, LINE_BYTES);
        at += LINE_BYTES;
      }
    }
    return bytes;
  }
}
