package dev.lastword.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The journal on a real disk, with its real threads. */
class FileJournalTest {
  private static final FileJournal.Options SMALL = new FileJournal.Options(64 << 10, 4 << 10);
  private static final StreamId STREAM = new StreamId("aaaaaaaaaaaaaaaaaaaaaaaa");

  @TempDir Path directory;

  @Test
  void givenEntriesOfEachKind_whenReopened_thenTheyAreReplayedAndTheEpochHasRisen() {
    var entries =
        List.<Entry>of(
            new Entry.Opened(STREAM, Map.of("dialect", "openai-chat"), 1),
            new Entry.Appended(STREAM, 1, events("one", "two")),
            new Entry.Ending(STREAM, 3, events("three"), true, 2),
            new Entry.Saved(STREAM, 3),
            new Entry.Sealed(STREAM, 4, EncodedEvents.NONE, Outcome.COMPLETED, "", true, 4),
            new Entry.Late(STREAM, events("late")),
            new Entry.Deleted(STREAM, 5, false));
    try (var journal = FileJournal.open(directory, SMALL)) {
      assertThat(journal.epoch()).isEqualTo(1);
      entries.forEach(entry -> append(journal, entry));
    }
    try (var journal = FileJournal.open(directory, SMALL)) {
      assertThat(journal.epoch()).isEqualTo(2);
      assertThat(replayed(journal, 0)).isEqualTo(entries);
    }
  }

  @Test
  void givenMoreThanOneSegment_whenReopened_thenAllIsReplayedInOrder() {
    var entries = new ArrayList<Entry>();
    try (var journal = FileJournal.open(directory, SMALL)) {
      for (int i = 1; i <= 3_000; i++) {
        var entry = new Entry.Appended(STREAM, i, events("event " + i));
        entries.add(entry);
        journal.append(entry, journal.fence(), new Acknowledged());
      }
    }
    try (var journal = FileJournal.open(directory, SMALL)) {
      assertThat(replayed(journal, 0)).isEqualTo(entries);
    }
  }

  @Test
  void givenAnEntryLargerThanTheFirstSegments_whenReopened_thenItIsThere() {
    var entries =
        List.<Entry>of(
            new Entry.Appended(STREAM, 1, events("small")),
            new Entry.Appended(STREAM, 2, events("x".repeat(16 << 20))),
            new Entry.Appended(STREAM, 3, events("small")));
    try (var journal = FileJournal.open(directory, FileJournal.Options.DEFAULT)) {
      entries.forEach(entry -> append(journal, entry));
      assertThat(replayed(journal, 0)).isEqualTo(entries);
    }
    try (var journal = FileJournal.open(directory, FileJournal.Options.DEFAULT)) {
      assertThat(replayed(journal, 0)).isEqualTo(entries);
    }
  }

  @Test
  void givenManySegmentsUnderLoad_whenReopened_thenNothingIsMissing() throws Exception {
    int threads = 3;
    int each = 12_000;
    try (var journal = FileJournal.open(directory, SMALL)) {
      var appenders = new ArrayList<CompletableFuture<Void>>();
      for (int thread = 0; thread < threads; thread++) {
        var stream = new StreamId("load-load-load-load-" + thread);
        appenders.add(CompletableFuture.runAsync(() -> appendInBursts(journal, stream, each)));
      }
      appenders.forEach(CompletableFuture::join);
    }
    try (var journal = FileJournal.open(directory, SMALL)) {
      var next = new HashMap<StreamId, Long>();
      journal.replay(
          0,
          (entry, position, epoch, timeMs) -> {
            long seq = ((Entry.Appended) entry).firstSeq();
            assertThat(seq).isEqualTo(next.getOrDefault(entry.stream(), 1L));
            next.put(entry.stream(), seq + 1);
          });
      assertThat(next)
          .hasSize(threads)
          .allSatisfy((stream, seq) -> assertThat(seq).isEqualTo(each + 1));
      assertThat(journal.tail() >>> 32).as("segments").isGreaterThan(100);
    }
  }

  private static void appendInBursts(Journal journal, StreamId stream, int count) {
    for (int i = 1; i <= count; i++) {
      var ack = new Acknowledged();
      journal.append(new Entry.Appended(stream, i, events("x".repeat(150))), journal.fence(), ack);
      if (i % 500 == 0 || i == count) {
        ack.position.join();
      }
    }
  }

  @Test
  void givenAnOpenJournal_whenOpenedAgain_thenItIsRefusedUntilClosed() {
    try (var journal = FileJournal.open(directory, SMALL)) {
      assertThatThrownBy(() -> FileJournal.open(directory, SMALL))
          .isInstanceOf(JournalFailedException.class)
          .hasMessageContaining("already open in this process");
      assertThat(journal.health()).isEqualTo(Journal.Health.OPEN);
    }
    FileJournal.open(directory, SMALL).close();
  }

  @Test
  void givenANewDirectory_whenOpened_thenOnlyItsOwnerMayReadIt() throws Exception {
    var made = directory.resolve("a/b");
    FileJournal.open(made, SMALL).close();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
        .isEqualTo("rwx------");
    try (var files = Files.list(made)) {
      for (var file : files.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as(file.toString())
            .isEqualTo("rw-------");
      }
    }
  }

  @Test
  @Timeout(60)
  @EnabledOnOs(OS.LINUX)
  void givenASegmentIsPrepared_whenItIsEmpty_thenItsRoomIsTakenFromTheDisk() throws Exception {
    var next = "0000000002.prep";
    try (var journal = FileJournal.open(directory, FileJournal.Options.DEFAULT)) {
      assertThat(journal.health()).isEqualTo(Journal.Health.OPEN);
      while (!Files.exists(directory.resolve(next))) {
        Thread.sleep(1); // it is prepared in the background, and not once the journal is closed
      }
    }
    assertThat(kilobytesOf("0000000001.journal")).isGreaterThanOrEqualTo(4 << 10);
    assertThat(kilobytesOf(next)).isGreaterThanOrEqualTo(8 << 10);
  }

  /** What a file takes on the disk: not its length, but the blocks that are there for it. */
  private int kilobytesOf(String name) throws Exception {
    var process =
        new ProcessBuilder("du", "-k", directory.resolve(name).toString())
            .redirectErrorStream(true)
            .start();
    var printed = new String(process.getInputStream().readAllBytes(), UTF_8);
    return Integer.parseInt(printed.split("\\s", 2)[0]);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void givenTheProcessHasNoDescriptorLeft_whenSegmentsEnd_thenTheJournalStaysOpenAndHeals()
      throws Exception {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ExhaustingProcess.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .start();
    try (var printed = process.inputReader(UTF_8);
        var goOn = process.getOutputStream()) {
      assertThat(printed.lines().filter(line -> line.equals("loaded")).findFirst()).isPresent();
      limitDescriptors(process, 0);
      goOn.write('\n');
      goOn.flush();
      assertThat(printed.readLine()).isEqualTo("exhausted Full[outOfRoom=false] FULL");
      limitDescriptors(process, 256);
      goOn.write('\n');
      goOn.flush();
      assertThat(printed.readLine()).isEqualTo("healed durable OPEN");
      assertThat(process.waitFor()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  /** How many descriptors a process may have from now on; those that it has stay. */
  private static void limitDescriptors(Process process, int limit) throws Exception {
    var set =
        new ProcessBuilder(
                "prlimit", "--pid", Long.toString(process.pid()), "--nofile=" + limit + ":")
            .inheritIO()
            .start();
    assertThat(set.waitFor()).as("prlimit").isZero();
  }

  private static EncodedEvents events(String... data) {
    return EncodedEvents.of(List.of(data).stream().map(SseEvent::of).toList());
  }

  private static long append(Journal journal, Entry entry) {
    var ack = new Acknowledged();
    journal.append(entry, journal.fence(), ack);
    return ack.position.join();
  }

  private static List<Entry> replayed(Journal journal, long from) {
    var entries = new ArrayList<Entry>();
    journal.replay(from, (entry, position, epoch, timeMs) -> entries.add(entry));
    return entries;
  }

  static final class Acknowledged implements Journal.Ack {
    final CompletableFuture<Long> position = new CompletableFuture<>();

    @Override
    public void durable(long at, long epoch, long timeMs) {
      position.complete(at);
    }

    @Override
    public void refused(Journal.Refusal refusal) {
      position.completeExceptionally(new AssertionError(refusal));
    }
  }
}
