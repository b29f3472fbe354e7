package dev.lastword.journal.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.testing.Acks;
import dev.lastword.testing.JournalContract;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What the journal in PostgreSQL promises, beyond the contract as well. */
final class PostgresJournalTest extends JournalContract {
  private final String name = UUID.randomUUID().toString();

  @Override
  protected Journal open() {
    return TestServer.open(name);
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

  /** Rows of segments in use: the next one is prepared in the background, and has its header. */
  private long rows(String where) throws Exception {
    return TestServer.number(
        ("SELECT count(*) FROM lastword_flushes f JOIN lastword_segments s USING (segment)"
                + " JOIN lastword_journals j USING (journal) WHERE j.name = '%s'"
                + " AND s.name LIKE '%%.journal' AND f.%s")
            .formatted(name, where.equals("true") ? "epoch > 0" : where));
  }
}
