package dev.lastword.cli;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds what a misspelt word was meant to be. */
public final class Spelling {
  private Spelling() {}

  /** The candidate that takes the fewest single letters to change; empty without candidates. */
  public static Optional<String> nearest(String word, Collection<String> candidates) {
    return candidates.stream().min(Comparator.comparingInt(candidate -> distance(word, candidate)));
  }

  /**
   * As {@link #nearest}, only if less than half of the word would have to change: a guess that is
   * worth saying.
   */
  public static Optional<String> similar(String word, Collection<String> candidates) {
    return nearest(word, candidates).filter(near -> 2 * distance(word, near) < near.length());
  }

  /** Levenshtein's distance. */
  private static int distance(String left, String right) {
    int[] row = new int[right.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= left.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= right.length(); j++) {
        int replaced = diagonal + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[right.length()];
  }
}
