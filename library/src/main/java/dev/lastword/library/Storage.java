package dev.lastword.library;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Journal;

/** What a {@link Lastword} keeps its answers in: the files of a directory, or something else. */
public interface Storage {
  /**
   * Opens it, for this process alone. Called once, and again behind the {@code close} of both where
   * it {@linkplain #comesBack comes back}.
   *
   * @throws dev.lastword.journal.JournalFailedException if another process has it, or its journal
   *     cannot be read
   * @throws dev.lastword.archive.ArchiveFailedException if its archive cannot
   */
  Opened open();

  /**
   * Whether it may go and come back while this process lives, as a database does that restarts.
   * Then it is opened again by itself, and what was under way is decided as by the next process.
   */
  default boolean comesBack() {
    return false;
  }

  /** What was opened; whoever has it closes both, the journal first. */
  record Opened(Journal journal, Archive archive) {}
}
