package dev.lastword.archive.sqlite;

import static dev.lastword.testing.Deposits.batch;
import static dev.lastword.testing.Deposits.events;
import static dev.lastword.testing.Deposits.id;
import static dev.lastword.testing.Deposits.resting;
import static dev.lastword.testing.Deposits.unfinished;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.archive.Archive;
import dev.lastword.archive.Archive.Known;
import dev.lastword.archive.Archive.Query;
import dev.lastword.journal.Outcome;
import dev.lastword.testing.SmallDisk;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person does with the real {@code sqlite3}, beside an archive that is in use. */
final class ShellTest {
  private static final Query ALL = new Query(null, null, null, null, null, 1_000);

  @TempDir Path dir;
  private Archive archive;

  @BeforeEach
  void open() throws InterruptedException {
    assumeTrue(
        SmallDisk.run("sqlite3", "-version").startsWith("3."), "skipped: sqlite3 is not installed");
    archive =
        SqliteArchive.open(
            dir.resolve("archive.db"), SqliteArchive.Options.DEFAULT.withReserveBytes(0));
  }

  @AfterEach
  void close() {
    if (archive != null) {
      archive.close();
    }
  }

  private String shell(String... commands) throws InterruptedException {
    var command = new String[commands.length + 2];
    command[0] = "sqlite3";
    command[1] = dir.resolve("archive.db").toString();
    System.arraycopy(commands, 0, command, 2, commands.length);
    return SmallDisk.run(command);
  }

  @Test
  void givenAnAnswer_whenLookedAt_thenItIsRead() throws Exception {
    archive.store(
        batch(
            5,
            resting(
                1,
                Map.of("conversation", "c-1", "model", "m \"x\"", "dialect", "plain", "owner", "o"),
                Outcome.COMPLETED,
                events(1, "Grüße", "two\nlines"))));

    assertThat(
            shell(
                "SELECT id, conversation, model, dialect, path, owner, outcome, text FROM streams"))
        .isEqualTo("stream_0000000001|c-1|m \"x\"|plain||o|completed|text 1\n");
    assertThat(shell("SELECT wire FROM events"))
        .isEqualTo("data: Grüße\n\ndata: two\ndata: lines\n\n\n");
    assertThat(shell("SELECT typeof(wire), count, first_seq FROM events")).isEqualTo("text|2|1\n");
    assertThat(shell("PRAGMA integrity_check")).isEqualTo("ok\n");
  }

  @Test
  void givenAnAnswerThatAPersonDeletes_whenItComesFromTheJournalAgain_thenItStaysAway()
      throws Exception {
    archive.store(batch(1, resting(1), resting(2)));

    assertThat(shell("DELETE FROM streams WHERE id = '" + id(1) + "'")).isEmpty();

    assertThat(archive.find(id(1))).isEmpty();
    assertThat(archive.read(id(1), 1)).isEmpty();
    assertThat(shell("SELECT count(*) FROM events WHERE stream = '" + id(1) + "'"))
        .isEqualTo("0\n");
    assertThat(archive.known(List.of(id(1))))
        .isEqualTo(Map.of(id(1), new Known(10, 15, true, true)));
    archive.store(batch(2, resting(1)));
    archive.close();
    open();
    archive.store(batch(3, resting(1)));
    assertThat(archive.find(id(1))).isEmpty();
    assertThat(archive.find(id(2))).isPresent();

    archive.store(batch(4_000, resting(3)));
    assertThat(shell("SELECT count(*) FROM deleted")).isEqualTo("0\n");
  }

  @Test
  void givenAnOpenStreamThatAPersonDeletes_whenItGoesOn_thenNothingOfItIsKept() throws Exception {
    archive.store(batch(100, unfinished(1, 10, 20, 2, 0, events(1, "a", "b"))));

    shell("DELETE FROM streams");

    archive.store(batch(200, unfinished(1, 10, 30, 3, 0, events(3, "c"))));
    archive.store(batch(300, unfinished(1, 10, 40, 4, 0, events(4, "d"))));
    archive.store(batch(400, resting(1)));
    assertThat(archive.find(id(1))).isEmpty();
    archive.store(batch(500));
    assertThat(shell("SELECT count(*) FROM deleted")).isEqualTo("0\n");
    assertThat(shell("SELECT count(*) FROM events")).isEqualTo("0\n");
  }

  @Test
  void givenATombstoneOfAStreamThatWasOpen_whenTheProcessEnds_thenItGoesWithIt() throws Exception {
    archive.store(batch(100, unfinished(1, 10, 20, 2, 0, events(1, "a", "b"))));
    shell("DELETE FROM streams");
    archive.store(batch(200));
    assertThat(shell("SELECT count(*) FROM deleted")).isEqualTo("1\n");

    archive.close();
    open();

    await().until(() -> shell("SELECT count(*) FROM deleted").equals("0\n"));
  }

  @Test
  void givenAnArchiveInUse_whenVacuumed_thenItGoesOn() throws Exception {
    for (int i = 1; i <= 20; i++) {
      archive.store(batch(i, resting(i)));
    }

    assertThat(shell("DELETE FROM streams WHERE created_ms > 5000", "VACUUM")).isEmpty();

    archive.store(batch(30, resting(30)));
    assertThat(archive.list(ALL)).hasSize(6);
    assertThat(archive.read(id(3), 1)).isPresent();
    assertThat(shell("PRAGMA integrity_check")).isEqualTo("ok\n");
  }

  @Test
  void givenAnArchiveInUse_whenCopied_thenTheCopyIsAnArchive() throws Exception {
    archive.store(batch(1, resting(1), resting(2)));

    assertThat(shell(".backup " + dir.resolve("copy.db"))).isEmpty();

    archive.store(batch(2, resting(3)));
    try (var copy =
        SqliteArchive.open(
            dir.resolve("copy.db"), SqliteArchive.Options.DEFAULT.withReserveBytes(0))) {
      assertThat(copy.list(ALL)).hasSize(2);
      assertThat(copy.checkpoint().orElseThrow().position()).isEqualTo(1);
    }
  }

  @Test
  void givenNoCheckpointAnyMore_whenStoredAgain_thenWhatWasHereStays() throws Exception {
    archive.store(batch(50, resting(1), unfinished(2, 20, 30, 2, 0, events(1, "a", "b"))));
    archive.close();
    shell("DELETE FROM checkpoint");
    open();

    assertThat(archive.checkpoint()).isEmpty();
    archive.store(batch(60, resting(1), unfinished(2, 20, 40, 3, 0, events(1, "a", "b", "c"))));

    assertThat(archive.list(ALL)).hasSize(1);
    assertThat(archive.find(id(2)).orElseThrow().events()).isEqualTo(3);
  }
}
