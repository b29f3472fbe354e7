package dev.lastword.stream;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** When readers are told an ending that save hooks have to acknowledge. */
public enum SavePolicy {
  /** Once every hook has acknowledged, however long that takes: fail closed. */
  WITHHOLD,
  /** The same, but no later than {@link StreamOptions.Saving#patience}; the hooks are called on. */
  PUBLISH,
  /** Once the answer is in the journal; the hooks are called behind the readers' backs. */
  JOURNAL;

  /** Its name in the configuration, and in the journal. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The policy of this name, if there is one. */
  public static Optional<SavePolicy> of(String word) {
    return Arrays.stream(values()).filter(policy -> policy.word().equals(word)).findFirst();
  }
}
