package dev.lastword.archive.sqlite;

import static dev.lastword.testing.Deposits.batch;
import static dev.lastword.testing.Deposits.id;
import static dev.lastword.testing.Deposits.resting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.testing.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be wrong with the files. */
final class ArchiveFilesTest {
  @TempDir Path dir;

  private static Archive open(Path file) {
    return SqliteArchive.open(file, SqliteArchive.Options.DEFAULT.withReserveBytes(0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"archive.db", "archive.db-wal", "archive.db-shm"})
  void givenAFileThatIsRemovedWhileOpen_whenStored_thenNothingIsAndItIsSaid(String name)
      throws IOException {
    try (var archive = open(dir.resolve("archive.db"))) {
      archive.store(batch(1, resting(1)));
      await().until(ArchiveFilesTest::allReadersAreOpen);

      Files.delete(dir.resolve(name));

      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> archive.store(batch(2, resting(2))))
            .isInstanceOf(ArchiveFailedException.class)
            .hasMessageContaining(name + " was removed or replaced");
      }
      assertThat(archive.find(id(1))).isPresent();
    }
  }

  private static boolean allReadersAreOpen() {
    var readers =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("lastword-archive-reader"))
            .toList();
    return readers.size() == 4
        && readers.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING);
  }

  @Test
  void givenADatabaseThatIsReplacedWhileOpen_whenStored_thenTheOtherIsLeftAlone()
      throws IOException {
    open(dir.resolve("other.db")).close();
    try (var archive = open(dir.resolve("archive.db"))) {
      archive.store(batch(1, resting(1)));
      Files.delete(dir.resolve("archive.db"));
      Files.copy(dir.resolve("other.db"), dir.resolve("archive.db"));

      assertThatThrownBy(() -> archive.store(batch(2, resting(2))))
          .hasMessageContaining("archive.db was removed or replaced");
    }
    assertThat(dir.resolve("archive.db")).hasSameBinaryContentAs(dir.resolve("other.db"));
  }

  @Test
  void givenAnArchive_whenClosed_thenItIsOneFile() throws IOException {
    for (int i = 1; i <= 20; i++) {
      try (var archive = open(dir.resolve("archive.db"))) {
        archive.store(batch(i, resting(i)));
      }
      try (var files = Files.list(dir)) {
        assertThat(files).as("time %d", i).containsExactly(dir.resolve("archive.db"));
      }
    }
  }

  @Test
  void givenADirectoryInItsPlace_whenOpened_thenItIsSaid() throws IOException {
    Files.createDirectory(dir.resolve("archive.db"));

    assertThatThrownBy(() -> open(dir.resolve("archive.db")))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageEndingWith("archive.db: cannot open: it is a directory");
  }

  @Test
  void givenNoDirectory_whenOpened_thenItIsNamed() {
    assertThatThrownBy(() -> open(dir.resolve("no/archive.db")))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageContaining("no/archive.db: cannot open: there is no directory");
    assertThat(dir.resolve("no")).doesNotExist();
  }

  @Test
  void givenAFileThatIsNoDatabase_whenOpened_thenItIsRefusedAndLeftAlone() throws IOException {
    Files.writeString(dir.resolve("archive.db"), "no database".repeat(1_000));

    assertThatThrownBy(() -> open(dir.resolve("archive.db")))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageContaining("not a database");
    assertThat(dir.resolve("archive.db")).hasContent("no database".repeat(1_000));
  }

  @Test
  void givenAReadOnlyFileSystem_whenOpened_thenItIsSaid() throws Exception {
    try (var small = SmallDisk.tmpfs(dir.resolve("mount"), 4)) {
      open(small.path().resolve("archive.db")).close();
      small.remount("ro");

      assertThatThrownBy(() -> open(small.path().resolve("archive.db")))
          .isInstanceOf(ArchiveFailedException.class)
          .hasMessageContaining("archive.db: cannot open: its directory cannot be written");
    }
  }

  @Test
  void givenAFileThatItsUserMayNotWrite_whenOpened_thenItIsSaid() throws IOException {
    var file = dir.resolve("archive.db");
    open(file).close();
    assumeTrue(file.toFile().setReadOnly() && !Files.isWritable(file), "skipped: root may write");

    assertThatThrownBy(() -> open(file))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageContaining("archive.db: cannot open: it cannot be read and written");
  }
}
