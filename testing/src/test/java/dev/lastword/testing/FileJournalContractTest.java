package dev.lastword.testing;

import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FileJournalContractTest extends JournalContract {
  @TempDir Path directory;

  @Override
  protected Journal open() {
    return FileJournal.open(directory, new FileJournal.Options(64 << 10, 8 << 10));
  }

  /** Who has it open has its folder's lock. */
  @Override
  protected boolean opensTwice() {
    return false;
  }
}
