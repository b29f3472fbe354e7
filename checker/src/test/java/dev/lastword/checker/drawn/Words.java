package dev.lastword.checker.drawn;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Text that is drawn. */
final class Words {
  private static final List<String> WORDS =
      List.of(
          "the",
          "a",
          "of",
          "END",
          "done",
          "river",
          "stone",
          "light",
          "is",
          "über",
          "mountain",
          "which",
          "and",
          "glass",
          "\\n\\n",
          "window",
          "sea",
          "once",
          "1984",
          "stop",
          "naïve",
          "it",
          "paper",
          "under",
          "winter",
          "\\\"so\\\"",
          "answer",
          "日本",
          "carries",
          "slowly",
          "isn't",
          "<b>1+1</b>",
          "&c.");
  private static final List<String> NAMES =
      List.of("zed", "quix", "frobs", "blip", "xylo", "gorp", "plugh", "wibble", "nerf", "vorpal");

  /** An answer that comes in fewer pieces has longer ones. */
  private static final int FEW = 4;

  private static final int WORDS_OF_FEW = 8;

  private Words() {}

  /** Pieces of an answer, each in the form in which it stands between the quotes of JSON. */
  static List<String> answer(Random random, int pieces, String run, boolean lineEnds) {
    var all = new ArrayList<String>();
    for (int i = 0; i < pieces; i++) {
      all.add(piece(random, pieces < FEW ? WORDS_OF_FEW : 1, lineEnds));
    }
    int at = random.nextInt(pieces);
    all.set(at, pieces < FEW ? all.get(at) + run + " " : run + " ");
    return all;
  }

  private static String piece(Random random, int words, boolean lineEnds) {
    var piece = new StringBuilder();
    for (int i = 0; i < words; i++) {
      var word = WORDS.get(random.nextInt(WORDS.size()));
      piece.append(word.contains("\\n") && !lineEnds ? "line" : word).append(' ');
    }
    return piece.toString();
  }

  static String name(Random random) {
    return NAMES.get(random.nextInt(NAMES.size())) + (char) ('a' + random.nextInt(26));
  }
}
