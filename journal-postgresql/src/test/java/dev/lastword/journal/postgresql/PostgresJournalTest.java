package dev.lastword.journal.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.testing.Acks;
import dev.lastword.testing.JournalContract;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the journal in PostgreSQL promises, beyond the contract as well. */
final class PostgresJournalTest extends JournalContract {
  private final String name = UUID.randomUUID().toString();

  @Override
  protected Journal open() {
    return TestServer.open(name);
  }

  /** The older's connections are ended: any other opening would wait for it to go. */
  @Override
  protected Journal takeOver() {
    return PostgresJournal.open(
        new PostgresJournal.Options(
            TestServer.at(TestServer.port()), name, Duration.ofSeconds(30), true),
        TestServer.SMALL);
  }

  @Test
  void givenAnAcknowledgedEntry_whenLookedAt_thenItIsARowOfItsEpoch() throws Exception {
    open().close();
    try (var journal = open()) {
      long rows = rows("epoch = 2");
      Acks.durable(journal, 1);

      assertThat(rows("epoch = 2")).isEqualTo(rows + 1);
      assertThat(
              TestServer.number("SELECT epoch FROM lastword_journals WHERE name = '" + name + "'"))
          .isEqualTo(journal.epoch());
    }
  }

  /** As a proxy does that closes what stands idle, or an administrator. */
  @Test
  void givenTheConnectionBesideTheWritersIsCut_whenTheSegmentEnds_thenEveryEntryIsDurable()
      throws Exception {
    try (var journal = open()) {
      Acks.durable(journal, 1);
      for (long i = 2; i <= 1_000; i++) {
        if (i % 200 == 0) {
          awaitPrepared();
          TestServer.run(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                  + " WHERE application_name = 'lastword journal, reading'");
        }
        Acks.durable(journal, i);
      }
      assertThat(journal.health()).isEqualTo(Journal.Health.OPEN);
    }
  }

  private void awaitPrepared() {
    await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () ->
                TestServer.number(
                        ("SELECT count(*) FROM lastword_segments JOIN lastword_journals"
                                + " USING (journal) WHERE lastword_journals.name = '%s'"
                                + " AND lastword_segments.name NOT LIKE '%%.journal'")
                            .formatted(name))
                    == 1);
  }

  @Test
  void givenATrim_whenLookedAt_thenTheRowsAreGone() throws Exception {
    try (var journal = open()) {
      for (long i = 1; i <= 3_000; i++) {
        var told = Acks.append(journal, i);
        if (i % 100 == 0) {
          told.join();
        }
      }
      long before = rows("true");

      assertThat(journal.trim(journal.tail())).isPositive();
      assertThat(rows("true")).isLessThan(before);
      assertThat(
              TestServer.number(
                  "SELECT count(*) FROM lastword_flushes f WHERE NOT EXISTS"
                      + " (SELECT FROM lastword_segments s WHERE s.segment = f.segment)"))
          .isZero();
    }
  }

  @Test
  void givenAnEntryLargerThanTheFirstSegments_whenReopened_thenItIsThere() throws Exception {
    try (var journal =
        PostgresJournal.open(TestServer.journal(name), FileJournal.Options.DEFAULT)) {
      Acks.durable(journal, 1);
      Acks.durable(journal, 2);
      assertThat(TestServer.number("SELECT max(capacity) FROM lastword_segments"))
          .isGreaterThanOrEqualTo(4 << 20);
    }
    try (var journal =
        PostgresJournal.open(TestServer.journal(name), FileJournal.Options.DEFAULT)) {
      assertThat(Acks.replayed(journal)).containsExactly(1L, 2L);
    }
  }

  @Test
  void givenAJournal_whenPrinted_thenItIsLikeAFolder() throws Exception {
    try (var journal = open()) {
      Acks.durable(journal, 1);
      var out = new StringBuilder();

      assertThat(PostgresJournal.print(TestServer.journal(name), out, false)).isTrue();
      assertThat(out.toString())
          .contains("journal jdbc:postgresql://localhost", Acks.STREAM.value(), "sound")
          .doesNotContain("event 1");
    }
  }

  @Test
  void givenNoJournal_whenPrinted_thenItSaysSo() throws Exception {
    open().close();
    assertThatThrownBy(
            () -> PostgresJournal.print(TestServer.journal("none"), new StringBuilder(), false))
        .hasMessageContaining("no segment of a journal")
        .hasMessageContaining("none");
  }

  @Test
  void givenTablesOfALaterVersion_whenOpened_thenItIsRefusedAndSaysSo() throws Exception {
    open().close();
    TestServer.run("UPDATE lastword_versions SET version = 99 WHERE part = 'journal'");
    try {
      assertThatThrownBy(this::open)
          .isInstanceOf(JournalFailedException.class)
          .hasMessageContaining("have version 99");
    } finally {
      TestServer.run("UPDATE lastword_versions SET version = 1 WHERE part = 'journal'");
    }
  }

  @Test
  void givenAUrlWithAPassword_whenPrinted_thenItIsNotInIt() {
    assertThat(
            new PostgresServer("jdbc:postgresql://db1,db2/lastword?user=u&password=p", "u", "p")
                .toString())
        .isEqualTo("jdbc:postgresql://db1,db2/lastword");
    assertThatThrownBy(() -> new PostgresServer("jdbc:mariadb://db", "", ""))
        .hasMessageContaining("jdbc:postgresql:");
  }

  /** As the driver does, which writes what it does not understand to its log. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://db",
        "jdbc:postgresql:/",
        "jdbc:postgresql://db?user=u&password=hidden",
        "jdbc:postgresql://u:hidden@db/lastword",
        "jdbc:postgresql://db:65536/lastword?password=hidden",
        "jdbc:postgresql://db:0/lastword?password=hidden",
        "jdbc:postgresql://db:/lastword?password=hidden",
        "jdbc:postgresql://db1,db2:x/lastword?password=hidden",
        "jdbc:postgresql://db/lastword?password=hidden%2",
        "jdbc:postgresql://db/last%zzword?password=hidden",
      })
  void givenAUrlThatTheDriverDoesNotUnderstand_whenGiven_thenItIsRefusedWithoutIt(String url) {
    assertThatThrownBy(() -> DriverManager.getDriver(url)).isInstanceOf(SQLException.class);
    assertThatThrownBy(() -> new PostgresServer(url, "u", "p"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("//host")
        .hasMessageNotContaining("hidden");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql:lastword",
        "jdbc:postgresql:",
        "jdbc:postgresql:///lastword",
        "jdbc:postgresql://db/",
        "jdbc:postgresql://db/last%20word?password=a%26b",
        "jdbc:postgresql://db1:65535,db2:1,db_3/lastword?targetServerType=primary&ssl",
        "jdbc:postgresql://[::1]:5432,[fe80::1]/lastword",
      })
  void givenAUrlThatTheDriverUnderstands_whenGiven_thenItIsTaken(String url) throws Exception {
    assertThat(DriverManager.getDriver(url)).isNotNull();
    assertThat(new PostgresServer(url, "u", "p").url()).isEqualTo(url);
  }

  /** Such as one whose process was stopped: the system goes on accepting for it. */
  @Test
  @Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void givenAServerThatAcceptsAndSaysNothing_whenConnected_thenTheNextOneIsAsked()
      throws Exception {
    try (var silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      var both =
          new PostgresServer(
              "jdbc:postgresql://127.0.0.1:%d,localhost:%d/postgres?sslmode=disable"
                  .formatted(silent.getLocalPort(), TestServer.port()),
              "postgres",
              "postgres");
      try (var connection = both.connect("lastword test")) {
        assertThat(connection.getNetworkTimeout()).isEqualTo(PostgresServer.SILENCE_MAX_MS);
      }
    }
  }

  /** As PostgreSQL does from 15 on where the system's library is another than it was. */
  @Test
  void givenADatabaseThatGreetsWithAWarning_whenOpened_thenThatIsNoneOfTheCommit()
      throws Exception {
    open().close();
    TestServer.run(
        "UPDATE pg_database SET datcollversion = 'none' WHERE datname = current_database()");
    try {
      try (var person = TestServer.connect()) {
        assertThat(String.valueOf(person.getWarnings()))
            .as("it does")
            .contains("collation version");
      }
      try (var journal = open()) {
        Acks.durable(journal, 1);
      }
      try (var connection = TestServer.at(TestServer.port()).connect("lastword test")) {
        assertThat((Throwable) connection.getWarnings()).as("for all who connect").isNull();
      }
    } finally {
      TestServer.run(
          "UPDATE pg_database SET datcollversion = pg_database_collation_actual_version(oid)"
              + " WHERE datname = current_database()");
    }
  }

  @Test
  void givenAnEpochThatCannotBeRaised_whenOpened_thenItSaysWhy() throws Exception {
    open().close();
    refusing("UPDATE ON lastword_journals", "53300");
    try {
      assertThatThrownBy(this::open)
          .isInstanceOf(JournalFailedException.class)
          .hasMessageContaining("refused by the test")
          .hasMessageNotContaining("ROLLBACK"); // what became of giving the connection back
    } finally {
      TestServer.run("DROP FUNCTION refuse CASCADE");
    }
  }

  /** From 53300, too many connections, nobody concludes that old answers have to go. */
  @ParameterizedTest
  @CsvSource({"53100, true", "53300, false", "28P01, false", "42501, false"})
  void givenNoNextSegment_whenItIsForWantOfRoom_thenThatAloneIsAFullDisk(String state, boolean full)
      throws Exception {
    try (var journal = open()) {
      awaitPrepared();
      refusing("INSERT ON lastword_segments", state);
      try {
        for (long i = 1; journal.health() == Journal.Health.OPEN; i++) {
          assertThat(i).isLessThan(10_000);
          Acks.append(journal, i)
              .handle((position, refused) -> refused == null)
              .get(60, TimeUnit.SECONDS);
        }
        assertThat(journal.health()).isEqualTo(Journal.Health.FULL);
        assertThat(journal.isOutOfRoom()).isEqualTo(full);
      } finally {
        TestServer.run("DROP FUNCTION refuse CASCADE");
      }
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> journal.health() == Journal.Health.OPEN && !journal.isOutOfRoom());
    }
  }

  private static void refusing(String what, String state) throws SQLException {
    TestServer.run(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'refused by the test' USING ERRCODE = '%s'; END $$;
        CREATE TRIGGER refuse BEFORE %s FOR EACH ROW EXECUTE FUNCTION refuse()
        """
            .formatted(state, what));
  }

  /** Rows of segments in use: the next one is prepared in the background, and has its header. */
  private long rows(String where) throws Exception {
    return TestServer.number(
        ("SELECT count(*) FROM lastword_flushes f JOIN lastword_segments s USING (segment)"
                + " JOIN lastword_journals j USING (journal) WHERE j.name = '%s'"
                + " AND s.name LIKE '%%.journal' AND f.%s")
            .formatted(name, where.equals("true") ? "epoch > 0" : where));
  }
}
