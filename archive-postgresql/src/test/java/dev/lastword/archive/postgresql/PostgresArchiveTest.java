package dev.lastword.archive.postgresql;

import static dev.lastword.testing.Deposits.batch;
import static dev.lastword.testing.Deposits.deletion;
import static dev.lastword.testing.Deposits.events;
import static dev.lastword.testing.Deposits.id;
import static dev.lastword.testing.Deposits.resting;
import static dev.lastword.testing.Deposits.unfinished;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.archive.Archive;
import dev.lastword.archive.Archive.Checkpoint;
import dev.lastword.archive.Archive.Deletion;
import dev.lastword.archive.Archive.Query;
import dev.lastword.archive.ArchiveBusyException;
import dev.lastword.archive.ArchiveDamagedException;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchiveFencedException;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.UsageQuery;
import dev.lastword.journal.Outcome;
import dev.lastword.testing.ArchiveContract;
import dev.lastword.testing.Deposits;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the archive in PostgreSQL promises, and beyond the contract. */
@Timeout(120)
final class PostgresArchiveTest extends ArchiveContract {
  @Override
  protected Archive open(Path dir) {
    return TestServer.open(TestServer.schema(dir));
  }

  /** A table of this test's archive. */
  private String table(String name) {
    return TestServer.schema(dir) + ".lastword_" + name;
  }

  private void run(String sql) throws SQLException {
    TestServer.run(sql);
  }

  private long count(String table) throws SQLException {
    return TestServer.number("SELECT count(*) FROM " + table(table));
  }

  // --- what people do

  @Test
  void givenAPersonsStatement_whenRowsAreDeleted_thenTheirEventsGo_andTheyDoNotComeBack()
      throws SQLException {
    archive.store(batch(1, resting(1), resting(2), resting(3)));

    run("DELETE FROM " + table("streams") + " WHERE id <> '" + id(3).value() + "'");

    assertThat(TestServer.number("SELECT count(DISTINCT stream) FROM " + table("events")))
        .isEqualTo(1);
    archive.store(batch(2, resting(1), resting(2)));
    assertThat(archive.find(id(1))).isEmpty();
    assertThat(archive.list(ALL)).hasSize(1);
    assertThat(archive.known(List.of(id(2))).get(id(2)))
        .extracting(Archive.Known::tombstone)
        .isEqualTo(true);
  }

  @Test
  void givenARowThatAPersonHolds_whenStored_thenItIsBusy_andReadersDoNotWait() throws Exception {
    archive.store(batch(1, resting(1)));
    try (var person = TestServer.connect();
        var statement = person.createStatement()) {
      person.setAutoCommit(false);
      statement.execute("DELETE FROM " + table("streams"));

      assertThatThrownBy(() -> archive.store(batch(2, resting(1), resting(2))))
          .isInstanceOf(ArchiveBusyException.class);
      assertThat(archive.find(id(1))).isPresent();

      person.rollback();
    }
    archive.store(batch(2, resting(1), resting(2)));
    assertThat(archive.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 2));
  }

  // --- damage

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE %sstreams SET reason = 'x'",
        "UPDATE %sstreams SET bytes = bytes + 1",
        "UPDATE %sstreams SET attributes = '{\"owner\":\"another\"}'",
        "UPDATE %sstreams SET saved = NOT saved",
        "UPDATE %sstreams SET epochs = '[]'",
        "UPDATE %sstreams SET receipt = 'e30.e30.another'",
      })
  void givenAChangedRow_whenAsked_thenItIsNotServed_andListsLeaveItOut(String change)
      throws SQLException {
    archive.store(batch(1, resting(1), resting(2)));

    run(
        change.formatted(TestServer.schema(dir) + ".lastword_")
            + " WHERE id = '"
            + id(1).value()
            + "'");

    assertThatThrownBy(() -> archive.find(id(1))).isInstanceOf(ArchiveDamagedException.class);
    assertThat(archive.list(ALL)).containsExactly(resting(2).stream());
    assertThat(archive.list(new Query(null, null, null, null, null, 1)))
        .containsExactly(resting(2).stream());
    assertThat(archive.known(List.of(id(1), id(2)))).containsOnlyKeys(id(2));
    archive.store(batch(2, resting(1)));
    assertStored(resting(1), "whoever deposits knows better");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE %sevents SET wire = overlay(wire placing 'x'::bytea from 8)",
        "UPDATE %sevents SET crc = crc + 1",
        "DELETE FROM %sevents",
        "UPDATE %sstreams SET response = response || ' '",
        "UPDATE %sstreams SET text = 'another'",
      })
  void givenAChangedAnswer_whenAsked_thenItIsNotServed(String change) throws SQLException {
    archive.store(batch(1, resting(1)));

    run(change.formatted(TestServer.schema(dir) + ".lastword_"));

    assertThatThrownBy(
            () -> {
              archive.read(id(1), 1);
              archive.response(id(1));
            })
        .isInstanceOf(ArchiveDamagedException.class)
        .hasMessageContaining(id(1).value());
    assertThat(archive.find(id(1))).isPresent();
  }

  @Test
  void givenADamagedCheckpoint_whenRead_thenItIsNone() throws SQLException {
    archive.store(batch(1, resting(1)));

    run("UPDATE " + table("checkpoint") + " SET position = 9");

    assertThat(archive.checkpoint()).isEmpty();
  }

  // --- texts of any kind

  @ParameterizedTest
  @ValueSource(strings = {"nul \0 nul", "\u2400", "\u24000", "\u2400\0", "\uFFFD", "ä😀\u2028"})
  void givenTextsThatPostgresqlDoesNotTake_whenStored_thenTheyReadBack_andEachIsItsOwn(
      String text) {
    var attributes =
        Map.of("owner", text, "conversation", text, "name", text, "path", text, text, text);
    var others = Map.of("owner", text + "0", "conversation", text, "name", text, "path", text);
    var stored = resting(1, attributes, Outcome.COMPLETED, events(1, text));
    archive.store(
        batch(
            1,
            stored,
            resting(2, others, Outcome.COMPLETED, events(1, "a")),
            resting(3, Map.of("owner", text.replace("\0", "\u2400")), Outcome.FAILED)));

    assertStored(stored, text);
    assertThat(archive.find(id(1), text)).contains(stored.stream());
    assertThat(archive.named(text, text, text)).contains(stored.stream());
    assertThat(archive.list(new Query(text, null, text, null, null, 10)))
        .containsExactly(stored.stream());
    assertThat(archive.usage(new UsageQuery(List.of(UsageQuery.By.OWNER), text, null, null, 10)))
        .extracting(sum -> sum.group().getFirst())
        .containsExactly(Optional.of(text));
  }

  @Test
  void givenNamesLongerThanAnIndexTakes_whenStored_thenEachIsFoundByAllOfIt() {
    var random = new Random(3); // what repeats would be compressed
    var beginning =
        random
            .ints(20_000, 0x4E00, 0x9FFF)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    for (int i = 1; i <= 2; i++) {
      var text = beginning + i;
      var attributes =
          Map.of("owner", text, "conversation", text, "name", text, "path", "/" + text);
      archive.store(batch(i, resting(i, attributes, Outcome.COMPLETED, events(1, "a"))));
    }

    for (int i = 1; i <= 2; i++) {
      var text = beginning + i;
      assertThat(archive.list(new Query(text, null, text, null, null, 10)))
          .extracting(ArchivedStream::id)
          .containsExactly(id(i));
      assertThat(archive.named(text, text, "/" + text).orElseThrow().id()).isEqualTo(id(i));
      assertThat(archive.bytes(text)).isPositive();
    }
    assertThat(archive.list(new Query("", null, null, null, null, 10))).isEmpty();
  }

  // --- who may write

  @Test
  void givenAnArchiveThatIsOpen_whenAnotherOpensIt_thenThatIsRefused_andSaysWhoHasIt() {
    assertThatThrownBy(() -> open(dir))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageContaining("it is open in process " + ProcessHandle.current().pid())
        .hasMessageContaining("stop that first");

    archive.store(batch(1, resting(1)));
    assertThat(archive.find(id(1))).isPresent();
  }

  @Test
  void givenAnArchiveThatIsOpen_whenAnotherOpensItByRight_thenTheOlderIsPushedAside()
      throws SQLException {
    archive.store(batch(1, resting(1)));
    var options =
        new PostgresArchive.Options(
            TestServer.server(TestServer.schema(dir), TestServer.port()),
            Duration.ofSeconds(30),
            true);
    try (var taker = PostgresArchive.open(options)) {
      taker.store(batch(2, resting(2)));

      assertThatThrownBy(() -> archive.store(batch(9, resting(3))))
          .isInstanceOf(ArchiveFailedException.class);
      assertThat(taker.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 2));
    }
  }

  @Test
  void givenAWriterThatLostItsConnection_whenAnotherTookTheArchiveOver_thenItStoresNothingMore()
      throws SQLException {
    archive.store(batch(1, resting(1)));
    endWriter();
    try (var taker = openPatiently()) {
      taker.store(batch(2, resting(2)));

      assertThatThrownBy(() -> archive.store(batch(9, resting(3))))
          .isInstanceOf(ArchiveFailedException.class);

      assertThat(taker.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 2));
      assertThat(taker.find(id(3))).isEmpty();
    }
    assertThatThrownBy(() -> archive.store(batch(9, resting(3))))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageContaining("it was taken over by process")
        .hasMessageContaining("fenced out");
    assertThat(count("streams")).isEqualTo(2);
  }

  /** The courtesy is only that: the epoch is what keeps the older one out. */
  @Test
  void givenAWriterWhoseEpochIsOver_whenItStores_thenNothingOfItIsThere() throws SQLException {
    archive.store(batch(1, resting(1)));

    run("UPDATE " + table("archive") + " SET epoch = epoch + 1");

    assertThatThrownBy(() -> archive.store(batch(9, resting(2))))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageContaining("fenced out");
    assertThat(count("streams")).isEqualTo(1);
    assertThat(archive.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 1));
  }

  @Test
  void givenADatabaseThatWentBack_whenStored_thenItIsRefusedUntilARestart() throws SQLException {
    archive.store(batch(1, resting(1)));
    var behind = TestServer.schema(dir) + ".behind";
    run("CREATE TABLE " + behind + " AS SELECT * FROM " + table("checkpoint"));
    archive.store(batch(2, resting(2)));

    run("DELETE FROM " + table("streams") + " WHERE id = '" + id(2).value() + "'");
    run("DELETE FROM " + table("deleted"));
    run(
        "UPDATE %s SET (position, crc) = (SELECT position, crc FROM %s)"
            .formatted(table("checkpoint"), behind));

    assertThatThrownBy(() -> archive.store(batch(3, resting(3))))
        .as("as one that another has opened: a node lets its shard go")
        .isInstanceOf(ArchiveFencedException.class)
        .hasMessageContaining("its checkpoint is 1 and was left at 2");
    assertThat(count("streams")).isEqualTo(1);

    reopen();
    assertThat(archive.checkpoint()).contains(new Checkpoint(Deposits.JOURNAL, 1));
    archive.store(batch(3, resting(2), resting(3)));
    assertThat(archive.list(ALL)).hasSize(3);
  }

  /** The server says that it committed, and means that its standby may not have it. */
  @Test
  void givenAStandbyThatIsGone_whenTheWaitIsCancelled_thenTheBatchIsNotTakenForStored()
      throws Exception {
    archive.store(batch(1, resting(1)));
    standby("nobody");
    try {
      var storing = CompletableFuture.runAsync(() -> archive.store(batch(2, resting(2))));
      await().until(() -> TestServer.number("SELECT count(*) " + WAITING) == 1);
      TestServer.number("SELECT count(pg_cancel_backend(pid)) " + WAITING);

      assertThatThrownBy(() -> storing.get(1, TimeUnit.MINUTES))
          .hasMessageContaining("committed with a warning");
    } finally {
      standby("");
    }

    failCommits();
    assertThatThrownBy(() -> archive.store(batch(3, resting(3)))).hasMessageContaining("not now");
    run("DROP TRIGGER failing ON " + table("checkpoint"));

    archive.store(batch(2, resting(2)));
    archive.store(batch(3, resting(3)));
    assertThat(archive.list(ALL)).hasSize(3);
    assertThat(count("ledger")).isEqualTo(3);
  }

  /** What a batch did is taken back at its very end. */
  private void failCommits() throws SQLException {
    var schema = TestServer.schema(dir);
    run(
        "CREATE FUNCTION %s.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$"
            .formatted(schema));
    run(
        "CREATE CONSTRAINT TRIGGER failing AFTER UPDATE ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION %s.fail()"
            .formatted(table("checkpoint"), schema));
  }

  private static final String WAITING =
      "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
          + " AND application_name = 'lastword archive'";

  private static void standby(String name) throws SQLException {
    TestServer.run("ALTER SYSTEM SET synchronous_standby_names = '" + name + "'");
    TestServer.run("SELECT pg_reload_conf()");
    await()
        .until(
            () ->
                TestServer.number(
                        "SELECT count(*) FROM pg_settings WHERE name ="
                            + " 'synchronous_standby_names' AND setting = '"
                            + name
                            + "'")
                    == 1);
  }

  private Archive openPatiently() {
    return await()
        .ignoreExceptionsInstanceOf(ArchiveFailedException.class)
        .until(() -> open(dir), opened -> true);
  }

  private void endWriter() throws SQLException {
    run(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            + " AND objid = 1 AND classid = '"
            + table("archive")
            + "'::regclass::oid");
  }

  @Test
  void givenEveryConnectionIsEnded_whenGoneOnWith_thenNobodyNotices() throws SQLException {
    archive.store(batch(1, resting(1)));
    for (int i = 2; i < 6; i++) {
      run(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE application_name LIKE 'lastword archive%'");

      archive.store(batch(i, resting(i)));
      assertThat(archive.list(ALL)).hasSize(i);
      assertThat(archive.find(id(i))).isPresent();
    }
    assertThat(TestServer.number("SELECT epoch FROM " + table("archive"))).isEqualTo(1);
  }

  // --- tables

  @Test
  void givenALaterVersionOfTheTables_whenOpened_thenItIsRefused() throws SQLException {
    archive.close();
    var versions = TestServer.schema(dir) + ".lastword_versions";
    run("UPDATE " + versions + " SET version = 2 WHERE part = 'archive'");

    assertThatThrownBy(() -> open(dir))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageContaining("tables of the archive have version 2, and 1 is the newest");

    run("UPDATE " + versions + " SET version = 1 WHERE part = 'archive'");
    archive = open(dir);
  }

  @Test
  void givenAnArchiveThatIsOpen_whenReadBesideIt_thenItIsAllThere() {
    archive.store(batch(1, resting(1), unfinished(2, 20, 30, 1, 0, events(1, "a"))));

    try (var reading =
        PostgresArchive.reading(TestServer.server(TestServer.schema(dir), TestServer.port()))) {
      assertThat(reading.find(id(1))).contains(resting(1).stream());
      assertThat(reading.events(id(2), 1)).contains(events(1, "a"));
      assertThat(reading.find(id(3))).isEmpty();
    }
  }

  @Test
  void givenManyStreams_whenAllAreDeletedAtOnce_thenNothingButTombstonesAndTheLedgerIsLeft()
      throws SQLException {
    int many = 1_000;
    archive.store(batch(1, IntStream.range(0, many).mapToObj(Deposits::resting).toList()));

    archive.store(
        deletion(
            100_000,
            IntStream.range(0, many)
                .mapToObj(n -> new Deletion(id(n), 50_000))
                .toArray(Deletion[]::new)));

    assertThat(count("streams")).isZero();
    assertThat(count("events")).isZero();
    assertThat(count("ledger")).isEqualTo(many);
    assertThat(archive.outlived(Long.MAX_VALUE, 0, many)).isEmpty();
  }

  @Test
  void givenAServerThatIsNotThere_whenOpened_thenItIsSaidWhichOne() {
    assertThatThrownBy(() -> PostgresArchive.open(TestServer.options("public", 1)))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageContaining("jdbc:postgresql://localhost:1/postgres: cannot open the archive");
  }
}
