package dev.lastword.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The last things that happened in a world. Texts are put together only when somebody asks. */
final class Trace {
  private static final int LENGTH = 48;

  private final Object[][] ring = new Object[LENGTH][];
  private long count;

  /** Notes one thing: its words, joined by spaces when read. */
  void add(Object... words) {
    ring[(int) (count++ % LENGTH)] = words;
  }

  List<String> last() {
    var lines = new ArrayList<String>();
    for (long i = Math.max(0, count - LENGTH); i < count; i++) {
      var words = ring[(int) (i % LENGTH)];
      lines.add(String.join(" ", Arrays.stream(words).map(String::valueOf).toList()));
    }
    return lines;
  }
}
