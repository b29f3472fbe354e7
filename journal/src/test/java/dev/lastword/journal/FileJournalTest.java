package dev.lastword.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
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
            new Entry.Deleted(STREAM, 5));
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
    journal.replay(from, (entry, position, epoch) -> entries.add(entry));
    return entries;
  }

  private static final class Acknowledged implements Journal.Ack {
    final CompletableFuture<Long> position = new CompletableFuture<>();

    @Override
    public void durable(long at) {
      position.complete(at);
    }

    @Override
    public void refused(Journal.Refusal refusal) {
      position.completeExceptionally(new AssertionError(refusal));
    }
  }
}
