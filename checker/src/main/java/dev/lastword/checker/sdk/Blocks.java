package dev.lastword.checker.sdk;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;

/** A stream's lines, in the blocks that blank lines end. */
final class Blocks {
  /**
   * The lines up to a blank line; none for a blank line behind another.
   *
   * @param lines without their ends
   * @param utf8 whether all of them are UTF-8
   */
  record Block(List<String> lines, boolean utf8) {
    /** The value of the last field of this name, or null without one. */
    String last(String name) {
      return lines.stream()
          .filter(line -> isField(line, name))
          .map(Blocks::value)
          .reduce("", (before, after) -> after);
    }

    boolean has(String name) {
      return lines.stream().anyMatch(line -> isField(line, name));
    }

    /** Its data as every parser joins it. */
    String data() {
      return String.join(
          "\n", lines.stream().filter(line -> isField(line, "data")).map(Blocks::value).toList());
    }
  }

  private Blocks() {}

  /** The blocks that are ended; what stands behind the last blank line is no event to anybody. */
  static List<Block> of(byte[] bytes) {
    var blocks = new ArrayList<Block>();
    var lines = new ArrayList<String>();
    boolean utf8 = true;
    for (var raw : new String(bytes, ISO_8859_1).split("\r\n|\r|\n", -1)) {
      if (raw.isEmpty()) {
        blocks.add(new Block(List.copyOf(lines), utf8));
        lines.clear();
        utf8 = true;
      } else {
        var line = raw.getBytes(ISO_8859_1);
        lines.add(new String(line, UTF_8));
        utf8 &= isUtf8(line);
      }
    }
    blocks.removeLast(); // the text behind the last line end is no line
    return blocks;
  }

  private static boolean isUtf8(byte[] line) {
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(line));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static boolean isField(String line, String name) {
    return line.startsWith(name)
        && (line.length() == name.length() || line.charAt(name.length()) == ':');
  }

  private static String value(String line) {
    int colon = line.indexOf(':');
    var value = colon < 0 ? "" : line.substring(colon + 1);
    return value.startsWith(" ") ? value.substring(1) : value;
  }
}
