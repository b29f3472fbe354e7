package dev.lastword.archive.sqlite;

import static dev.lastword.testing.Deposits.batch;
import static dev.lastword.testing.Deposits.deletion;
import static dev.lastword.testing.Deposits.events;
import static dev.lastword.testing.Deposits.id;
import static dev.lastword.testing.Deposits.large;
import static dev.lastword.testing.Deposits.resting;
import static dev.lastword.testing.Deposits.unfinished;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.archive.Archive;
import dev.lastword.archive.Archive.Checkpoint;
import dev.lastword.archive.Archive.Deletion;
import dev.lastword.archive.Archive.Query;
import dev.lastword.archive.ArchiveFullException;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.DiskRoom;
import dev.lastword.testing.Deposits;
import dev.lastword.testing.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On a real file system that is small, and gets full. */
final class FullDiskTest {
  private static final Query ALL = new Query(null, null, null, null, null, 1_000);
  private static final int KIB = 1 << 10;
  private static final int EVENT_BYTES = 8 * KIB;

  @TempDir Path dir;

  private static Archive open(SmallDisk disk, long reserveBytes) {
    return SqliteArchive.open(
        file(disk), new SqliteArchive.Options(reserveBytes, Duration.ofSeconds(2)));
  }

  private static Archive open(SmallDisk disk, DiskRoom room) {
    return SqliteArchive.open(
        file(disk), new SqliteArchive.Options(0, Duration.ofSeconds(3)), room);
  }

  private static Path file(SmallDisk disk) {
    return disk.path().resolve("archive.db");
  }

  private static long reserve(SmallDisk disk) throws IOException {
    var file = disk.path().resolve("archive.db-reserve");
    return Files.exists(file) ? Files.size(file) : 0;
  }

  private SmallDisk disk(String type, int mebibytes) throws Exception {
    var mount = dir.resolve("mount");
    return switch (type) {
      case "ext4" -> SmallDisk.ext4(mount, mebibytes, 4_096);
      case "ext4 in small blocks" -> SmallDisk.ext4(mount, mebibytes, 1_024);
      default -> SmallDisk.tmpfs(mount, mebibytes);
    };
  }

  @Test
  void givenNoReserve_whenTheDiskIsFull_thenNothingIsStoredAndItWorksAgainWithRoom()
      throws Exception {
    try (var disk = SmallDisk.tmpfs(dir.resolve("mount"), 2);
        var archive = open(disk, 0)) {
      archive.store(batch(1, resting(1)));

      assertThatThrownBy(() -> archive.store(batch(3, resting(2), large(3, 4 << 20))))
          .isInstanceOf(ArchiveFullException.class)
          .hasMessageContaining("full");

      assertThat(archive.list(ALL)).containsExactly(resting(1).stream());
      assertThat(archive.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 1));
      disk.remount("size=32m");
      archive.store(batch(3, resting(2), large(3, 4 << 20)));
      assertThat(archive.list(ALL)).hasSize(3);
      assertThat(archive.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 3));
    }
  }

  @Test
  void givenRoomThatTheJournalCountsOn_whenStored_thenItIsLeftToTheJournal() throws Exception {
    var room = new DiskRoom();
    var journal = room.share();
    try (var disk = SmallDisk.tmpfs(dir.resolve("mount"), 16);
        var archive = open(disk, room)) {
      journal.hold(disk.usableBytes() - (4 << 20));

      assertThatThrownBy(() -> archive.store(batch(1, large(1, 4 << 20))))
          .isInstanceOf(ArchiveFullException.class);

      journal.hold(0);
      archive.store(batch(1, large(1, 4 << 20)));
      assertThat(archive.list(ALL)).hasSize(1);
    }
  }

  @Test
  void givenSomethingIsStored_whenTheJournalLooks_thenItLeavesWhatTheLogAndTheDatabaseTake()
      throws Exception {
    var room = new DiskRoom();
    var journal = room.share();
    try (var disk = SmallDisk.tmpfs(dir.resolve("mount"), 64);
        var archive = open(disk, room)) {
      archive.store(batch(1, resting(1)));
      try (var other = DriverManager.getConnection("jdbc:sqlite:" + file(disk));
          var sql = other.createStatement()) {
        // What is stored next waits, perhaps behind what is tidied up after the start.
        sql.execute("BEGIN IMMEDIATE");
        var storing = CompletableFuture.runAsync(() -> archive.store(batch(2, large(2, 4 << 20))));
        await().pollInterval(Duration.ofMillis(10)).until(() -> free(journal) <= -2 * (4L << 20));
        sql.execute("ROLLBACK");
        storing.join();
      }
      assertThat(free(journal)).isEqualTo(-Files.size(disk.path().resolve("archive.db-wal")));
    }
  }

  @Test
  void givenTheLogIsCutAfterADeletion_whenTheJournalLooks_thenItsRoomIsFreeAgain()
      throws Exception {
    var room = new DiskRoom();
    var journal = room.share();
    try (var disk = SmallDisk.tmpfs(dir.resolve("mount"), 7); // tight: what is deleted goes at once
        var archive = open(disk, room)) {
      archive.store(batch(1, large(1, 1 << 20)));
      archive.store(deletion(2, new Deletion(large(1, 1 << 20).stream().id(), Long.MAX_VALUE)));
      await().until(() -> Files.size(disk.path().resolve("archive.db-wal")) == 0);
      await().untilAsserted(() -> assertThat(free(journal)).isZero());
    }
  }

  @Test
  void givenALogThatAKilledProcessLeft_whenOpened_thenTheJournalLeavesRoomForIt() throws Exception {
    try (var killed = SqliteArchive.open(dir.resolve("archive.db"))) {
      killed.store(batch(1, large(1, 64 * KIB)));
      var left = Files.createDirectory(dir.resolve("left"));
      for (var name : List.of("archive.db", "archive.db-wal")) {
        Files.copy(dir.resolve(name), left.resolve(name));
      }
    }
    var room = new DiskRoom();
    var log = dir.resolve("left").resolve("archive.db-wal");
    assertThat(log).isNotEmptyFile();
    try (var archive =
        SqliteArchive.open(
            dir.resolve("left").resolve("archive.db"),
            new SqliteArchive.Options(0, Duration.ofSeconds(2)),
            room)) {
      assertThat(archive.list(ALL)).hasSize(1);
      assertThat(free(room.share())).isEqualTo(-Files.size(log)).isNegative();
    }
  }

  /** What would be free for the journal if nothing was. */
  private static long free(DiskRoom.Share journal) throws IOException {
    long left = journal.take(() -> 0, (free, held) -> free - held);
    journal.hold(0);
    return left;
  }

  @ParameterizedTest
  @CsvSource({"tmpfs, 16", "tmpfs, 64", "ext4, 16", "ext4, 64", "ext4 in small blocks, 16"})
  void givenAReserve_whenTheDiskIsFull_thenItIsUsedDeletionsGoAndItIsMadeAgain(
      String type, int mebibytes) throws Exception {
    try (var disk = disk(type, mebibytes);
        var archive = open(disk, 32 << 20)) {
      await().until(() -> reserve(disk) > (long) mebibytes * KIB * KIB / 40);
      long whole = reserve(disk);
      archive.store(batch(1, resting(1)));
      disk.fill("others");

      int stored = storeUntilFull(archive);
      assertThat(stored * 64L * KIB).isGreaterThan(whole / 4);
      assertThat(reserve(disk)).isBetween(1L, whole / 4);

      // Deletions go, one by one, and what they free is used again.
      archive.store(deletion(1_000, new Deletion(id(101), Long.MAX_VALUE)));
      assertThat(archive.find(id(101))).isEmpty();
      archive.store(batch(1_001, large(99, 32 * KIB)));
      assertThat(archive.find(id(99))).isPresent();

      Files.delete(disk.path().resolve("others"));
      archive.store(batch(1_002, resting(2)));
      await().until(() -> reserve(disk) == whole);
      assertThat(archive.list(ALL)).hasSize(stored - 1 + 3);
      for (int i = 102; i < 101 + stored; i++) {
        assertThat(archive.read(id(i), 1)).isPresent();
      }
    }
  }

  /** Streams 101, 102, … of 64 KiB each; returns how many. */
  private static int storeUntilFull(Archive archive) {
    for (int i = 0; ; i++) {
      try {
        archive.store(batch(100 + i, large(101 + i, 64 * KIB)));
      } catch (ArchiveFullException e) {
        return i;
      }
    }
  }

  /** As when the disk got full while the archive could not store: a person had it locked. */
  @ParameterizedTest
  @CsvSource({"tmpfs, 64", "ext4, 64", "ext4 in small blocks, 64"})
  void givenADiskThatTheJournalHasFilled_whenTheArchiveTakesIt_thenThereIsRoomAgain(
      String type, int mebibytes) throws Exception {
    try (var disk = disk(type, mebibytes);
        var archive = open(disk, 32 << 20)) {
      await().until(() -> reserve(disk) > 3 << 20);
      var segments = new ArrayList<Path>();
      for (int i = 0; i < 14; i++) {
        segments.add(Files.write(disk.path().resolve("segment-" + i), new byte[2 << 20]));
      }
      disk.fill("others");

      for (int i = 0; i < segments.size(); i++) {
        storeInPieces(archive, i, (2 << 20) / EVENT_BYTES);
        Files.delete(segments.get(i)); // what the checkpoint allows
      }

      assertThat(archive.unfinished()).hasSize(14);
      for (int i = 0; i < 14; i++) {
        assertThat(archive.read(id(i), (2 << 20) / EVENT_BYTES)).isPresent();
      }
      await().until(() -> reserve(disk) > 0);
    }
  }

  /** As the archiver does: less at once, when the disk is too full for more. */
  private static void storeInPieces(Archive archive, int number, int events) {
    int piece = events;
    for (int stored = 0; stored < events; ) {
      int next = Math.min(events, stored + piece);
      var data = new String[next - stored];
      Arrays.fill(data, "x".repeat(EVENT_BYTES - "data: \n\n".length()));
      try {
        archive.store(
            batch(number, unfinished(number, 1, next, next, 0, events(stored + 1, data))));
        stored = next;
      } catch (ArchiveFullException e) {
        piece /= 2;
        assertThat(piece).isPositive();
      }
    }
  }

  /** In small blocks it was a SIGBUS, in native code: the whole process was gone, at each start. */
  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "ext4", "ext4 in small blocks"})
  void givenAFullDisk_whenTheProcessStartsAgain_thenTheReserveLetsItOpen(String type)
      throws Exception {
    try (var disk = disk(type, 32)) {
      try (var archive = open(disk, 32 << 20)) {
        archive.store(batch(1, resting(1)));
        await().until(() -> reserve(disk) > 1 << 20);
      }
      disk.fill("others");

      try (var archive = open(disk, 32 << 20)) {
        assertThat(archive.list(ALL)).extracting(ArchivedStream::id).containsExactly(id(1));
        archive.store(deletion(2, new Deletion(id(1), 100)));
        assertThat(archive.list(ALL)).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "ext4", "ext4 in small blocks"})
  void givenAFullDisk_whenAPersonMakesRoomAndDeletes_thenTheArchiveTakesMoreByItself(String type)
      throws Exception {
    try (var disk = disk(type, 32);
        var archive = open(disk, 32 << 20)) {
      await().until(() -> reserve(disk) > 0);
      disk.fill("others");
      int stored = storeUntilFull(archive);
      assertThat(stored).isGreaterThan(5);

      Files.delete(disk.path().resolve("archive.db-reserve"));
      try (var shell = DriverManager.getConnection("jdbc:sqlite:" + file(disk));
          var statement = shell.createStatement()) {
        statement.execute("DELETE FROM streams WHERE id < '" + id(101 + stored / 2) + "'");
      }

      await()
          .ignoreExceptionsMatching(ArchiveFullException.class::isInstance)
          .until(
              () -> {
                archive.store(batch(1_000, large(1, 32 * KIB)));
                return archive.find(id(1)).isPresent();
              });
      assertThat(archive.list(ALL)).hasSize(stored - stored / 2 + 1);
    }
  }

  @Test
  void givenAFullDisk_whenOpenedTheFirstTime_thenItIsSaidInOneLine() throws Exception {
    try (var disk = SmallDisk.tmpfs(dir.resolve("mount"), 1)) {
      disk.fill("others");

      assertThatThrownBy(() -> open(disk, 32 << 20))
          .isInstanceOf(ArchiveFullException.class)
          .hasMessageContaining("archive.db: cannot open")
          .hasMessageContaining("full");
    }
  }

  @Test
  void givenVersion1OnADiskWithoutRoom_whenMigrated_thenItIsLeftAlone() throws Exception {
    try (var disk = SmallDisk.tmpfs(dir.resolve("mount"), 4)) {
      try (var version1 = getClass().getResourceAsStream("archive-v1.db")) {
        Files.copy(Objects.requireNonNull(version1), file(disk));
      }
      try (var shell = DriverManager.getConnection("jdbc:sqlite:" + file(disk));
          var statement = shell.createStatement()) {
        statement.execute("UPDATE streams SET text = printf('%.*c', 200000, 'x')");
      }
      Files.write(disk.path().resolve("others"), new byte[(int) disk.usableBytes() - 500 * KIB]);

      assertThatThrownBy(() -> open(disk, 0))
          .isInstanceOf(ArchiveFullException.class)
          .hasMessageContaining("nothing was changed");

      Files.delete(disk.path().resolve("others"));
      try (var archive = open(disk, 0)) {
        assertThat(archive.list(ALL)).hasSize(6);
      }
    }
  }

  @Test
  void givenManyDeletionsOnAFullDisk_whenTheyDoNotFitAtOnce_thenLessAtOnceGoes() throws Exception {
    try (var disk = SmallDisk.tmpfs(dir.resolve("mount"), 16);
        var archive = open(disk, 32 << 20)) {
      await().until(() -> reserve(disk) > 0);
      for (int i = 0; i < 20; i++) {
        archive.store(batch(i, resting(1_000 + i)));
      }
      disk.fill("others");
      storeUntilFull(archive);

      int gone = 0;
      for (int i = 0; i < 20; i++) {
        archive.store(deletion(2_000, new Deletion(id(1_000 + i), Long.MAX_VALUE)));
        gone++;
      }

      assertThat(gone).isEqualTo(20);
      assertThat(List.of(archive.find(id(1_000)), archive.find(id(1_019))))
          .allMatch(Optional::isEmpty);
    }
  }
}
