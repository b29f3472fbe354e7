package dev.lastword.archive.sqlite;

import static dev.lastword.testing.Deposits.batch;
import static dev.lastword.testing.Deposits.events;
import static dev.lastword.testing.Deposits.id;
import static dev.lastword.testing.Deposits.resting;
import static dev.lastword.testing.Deposits.unfinished;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.archive.Archive;
import dev.lastword.archive.Archive.Checkpoint;
import dev.lastword.archive.Archive.Deletion;
import dev.lastword.archive.Archive.Deposit;
import dev.lastword.archive.Archive.Query;
import dev.lastword.archive.Archive.Saving;
import dev.lastword.archive.ArchiveDamagedException;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.SseEvent;
import dev.lastword.testing.Deposits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is changed in the file is never taken for what was stored. */
final class ArchiveDamageTest {
  private static final Query ALL = new Query(null, null, null, null, null, 1_000);
  private static final int STREAMS = 8;

  @TempDir Path dir;
  private Path file;

  private final List<Deposit> deposits =
      IntStream.rangeClosed(1, STREAMS).mapToObj(ArchiveDamageTest::deposit).toList();

  private static Deposit deposit(int number) {
    var stream =
        resting(
            number,
            Map.of("model", "model-" + number, "conversation", "chat-" + number),
            Outcome.FAILED,
            events(1, "Hello " + number, "word-" + number))
            .stream();
    return new Deposit(
        stream,
        List.of(events(1, "Hello " + number, "word-" + number)),
        "{\"answer\":\"json-" + number + "\"}",
        "read-" + number);
  }

  @BeforeEach
  void store() {
    file = dir.resolve("archive.db");
    try (var archive = open()) {
      archive.store(batch(4711, deposits));
    }
  }

  private Archive open() {
    return SqliteArchive.open(file, SqliteArchive.Options.DEFAULT.withReserveBytes(0));
  }

  @ParameterizedTest
  @CsvSource({"word-3", "Hello 3"})
  void givenAChangedEvent_whenRead_thenItsStreamIsNamedAndOthersAreServed(String where)
      throws IOException {
    change(where);
    try (var archive = open()) {
      assertDamaged(() -> archive.read(id(3), 1));
      assertThat(archive.find(id(3))).isPresent();
      assertServedBut(3, archive);
    }
  }

  @ParameterizedTest
  @CsvSource({"json-3", "read-3"})
  void givenAChangedResponse_whenRead_thenItsStreamIsNamedAndOthersAreServed(String where)
      throws IOException {
    change(where);
    try (var archive = open()) {
      assertDamaged(() -> archive.response(id(3)));
      assertThat(archive.read(id(3), 1)).isPresent();
      assertServedBut(3, archive);
    }
  }

  @ParameterizedTest
  @CsvSource({"model-3", "e30.e30.receipt-3"})
  void givenAChangedRow_whenRead_thenItsStreamIsNamedAndListsGoOnWithoutIt(String where)
      throws IOException {
    change(where);
    try (var archive = open()) {
      assertDamaged(() -> archive.find(id(3)));
      assertDamaged(() -> archive.find(id(3), ""));
      assertThat(archive.find(id(3), "another")).isEmpty();
      assertThat(archive.known(List.of(id(2), id(3)))).containsOnlyKeys(id(2));
      assertThat(archive.list(new Query(null, null, null, null, null, 6)))
          .extracting(ArchivedStream::id)
          .containsExactly(id(8), id(7), id(6), id(5), id(4), id(2));
      assertServedBut(3, archive);
    }
  }

  /** It is not told for another answer's, as that of one whose id lives again would be. */
  @Test
  void givenARowWhosePlaceIsDamaged_whenItsEventsAreReadOn_thenThatIsSaid() throws SQLException {
    execute("UPDATE streams SET opened_at = 31 WHERE id = '" + id(3) + "'");
    try (var archive = open()) {
      assertDamaged(() -> archive.read(id(3), 30, 1));
      assertThat(archive.read(id(2), 20, 1)).isPresent();
      assertThat(archive.read(id(2), 21, 1)).isEmpty();
    }
  }

  @Test
  void givenARowFromBeforeReceiptsWereChecked_whenRead_thenItIsServed() throws SQLException {
    execute("UPDATE streams SET crc = 3715691910 WHERE id = '" + id(3) + "'");
    try (var archive = open()) {
      assertServed(deposits.get(2), archive);
    }
  }

  @Test
  void givenAChangedRow_whenTheJournalStillHasTheStream_thenItIsWholeAgain() throws IOException {
    change("model-3");
    try (var archive = open()) {
      archive.store(batch(4712, deposits.get(2)));

      assertServed(deposits.get(2), archive);
      assertThat(archive.list(ALL)).hasSize(STREAMS);
    }
  }

  @Test
  void givenAChangedRow_whenSomethingElseIsStoredOrItIsDeleted_thenNothingWaitsForIt()
      throws IOException {
    change("model-3");
    try (var archive = open()) {
      archive.store(Deposits.saving(4712, new Saving(id(3), 30), new Saving(id(2), 20)));
      assertThat(archive.find(id(2)).orElseThrow().saved()).isTrue();

      archive.store(Deposits.deletion(4713, new Deletion(id(3), 100)));
      assertThat(archive.find(id(3))).isEmpty();
      assertServedBut(3, archive);
    }
  }

  @Test
  void givenEventsThatAPersonDeleted_whenRead_thenTheyAreMissedLoudly() throws SQLException {
    execute("DELETE FROM events WHERE stream = '%s'".formatted(id(3)));
    try (var archive = open()) {
      assertDamaged(() -> archive.read(id(3), 1));
      assertThat(archive.read(id(3), 3)).isEmpty();
      assertServedBut(3, archive);
    }
  }

  @Test
  void givenARowInTheMiddleThatIsGone_whenReadOverIt_thenTheGapIsSaid() throws SQLException {
    try (var archive = open()) {
      for (int seq = 1; seq <= 3; seq++) {
        archive.store(batch(5_000, unfinished(99, 1, seq, seq, 0, events(seq, "event " + seq))));
      }
    }
    execute("DELETE FROM events WHERE stream = '%s' AND first_seq = 2".formatted(id(99)));
    try (var archive = open()) {
      assertThatThrownBy(() -> archive.read(id(99), 1)).isInstanceOf(ArchiveDamagedException.class);
      assertThatThrownBy(() -> archive.read(id(99), 2)).isInstanceOf(ArchiveDamagedException.class);
      assertThat(archive.read(id(99), 3)).contains(events(3, "event 3"));
    }
  }

  @Test
  void givenAChangedCheckpoint_whenRead_thenThereIsNone() throws SQLException {
    execute("UPDATE checkpoint SET position = position + 4");
    try (var archive = open()) {
      assertThat(archive.checkpoint()).isEmpty();

      archive.store(batch(4711));
      assertThat(archive.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 4711));
    }
  }

  @Test
  void givenAnIndexThatSaysAnAnswerIsOld_whenItsRowSaysOtherwise_thenItIsNotGivenUp()
      throws Exception {
    try (var archive = open()) {
      assertThat(archive.outlived(2_500, Long.MAX_VALUE, 10)).containsExactly(id(1), id(2));
    }
    execute(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = 'CREATE INDEX streams_by_end ON streams"
            + " (up_to, ended_ms, id, bytes) WHERE at_rest = 1' WHERE name = 'streams_by_end'");
    execute("REINDEX streams_by_end"); // filled with other numbers
    execute(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = 'CREATE INDEX streams_by_end ON streams"
            + " (complete_time_ms, ended_ms, id, bytes) WHERE at_rest = 1'"
            + " WHERE name = 'streams_by_end'");

    try (var archive = open()) {
      assertThat(archive.outlived(2_500, Long.MAX_VALUE, 10)).isEmpty();
      assertThat(archive.outlived(0, 0, 10)).isEmpty();
    }
  }

  /** Anywhere in the file: in pages' headers and indexes too. */
  @Test
  void givenAnyChangedBit_whenRead_thenNothingElseThanWhatWasStoredIsGiven() throws IOException {
    long seed = Long.getLong("lastword.seed", new Random().nextLong());
    var random = new Random(seed);
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < 150; i++) {
      byte[] changed = whole.clone();
      int at = random.nextInt(changed.length);
      changed[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, changed);
      Files.deleteIfExists(dir.resolve("archive.db-wal"));
      Files.deleteIfExists(dir.resolve("archive.db-shm"));
      checkWhatIsGiven("seed %d, byte %d".formatted(seed, at));
    }
  }

  private void checkWhatIsGiven(String as) {
    try (var archive = open()) {
      for (var deposit : deposits) {
        checkWhatIsGiven(archive, deposit, as);
      }
      assertThat(deposits.stream().map(Deposit::stream)).as(as).containsAll(archive.list(ALL));
    } catch (ArchiveFailedException e) {
      assertThat(e).as(as).hasMessageContaining("archive.db"); // it was said
    }
  }

  private static void checkWhatIsGiven(Archive archive, Deposit deposit, String as) {
    var id = deposit.stream().id();
    try {
      archive.find(id).ifPresent(given -> assertThat(given).as(as).isEqualTo(deposit.stream()));
    } catch (ArchiveFailedException e) {
      assertThat(e.getMessage()).as(as).containsAnyOf(id.value(), "archive.db");
    }
    try {
      archive
          .response(id)
          .ifPresent(given -> assertThat(given).as(as).isEqualTo(deposit.response()));
    } catch (ArchiveFailedException e) {
      assertThat(e.getMessage()).as(as).containsAnyOf(id.value(), "archive.db");
    }
    try {
      archive
          .read(id, 1)
          .ifPresent(given -> assertThat(given).as(as).isEqualTo(deposit.events().getFirst()));
    } catch (ArchiveFailedException e) {
      assertThat(e.getMessage()).as(as).containsAnyOf(id.value(), "archive.db");
    }
  }

  private void assertDamaged(Runnable reading) {
    assertThatThrownBy(reading::run)
        .isInstanceOfSatisfying(
            ArchiveDamagedException.class, e -> assertThat(e.stream()).isEqualTo(id(3)))
        .hasMessageContaining(id(3).value());
  }

  private void assertServedBut(int number, Archive archive) {
    for (var deposit : deposits) {
      if (!deposit.stream().id().equals(id(number))) {
        assertServed(deposit, archive);
      }
    }
  }

  private static void assertServed(Deposit deposit, Archive archive) {
    var id = deposit.stream().id();
    assertThat(archive.find(id).orElseThrow().attributes())
        .isEqualTo(deposit.stream().attributes());
    assertThat(archive.response(id).orElse("")).isEqualTo(deposit.response());
    assertThat(archive.read(id, 1).orElseThrow().events().decode())
        .extracting(SseEvent::data)
        .containsExactly("Hello " + id.value().substring(16), "word-" + id.value().substring(16));
  }

  /** Changes one character in the first place in the file where these are. */
  private void change(String where) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int at = new String(bytes, ISO_8859_1).indexOf(where);
    assertThat(at).isPositive();
    bytes[at] ^= 1;
    Files.write(file, bytes);
  }

  private void execute(String... sql) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      for (var each : sql) {
        statement.execute(each);
      }
    }
  }
}
