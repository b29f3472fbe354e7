package dev.lastword.journal.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.journal.FencingToken;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.testing.Acks;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two who want to write one journal. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class FencingTest {
  private final String name = UUID.randomUUID().toString();

  @Test
  void givenAnOpenJournal_whenOpenedElsewhere_thenItIsRefusedAndNamesTheOwner() throws Exception {
    try (var journal = TestServer.open(name)) {
      assertThatThrownBy(() -> TestServer.open(name))
          .isInstanceOf(JournalFailedException.class)
          .hasMessageContaining(
              "journal %s is open in process %d".formatted(name, ProcessHandle.current().pid()))
          .hasMessageContaining("epoch 1");
      Acks.durable(journal, 1); // the owner has not noticed
    }
    TestServer.open(name).close();
  }

  @Test
  void givenAnotherHasTakenOver_whenTheOlderAppends_thenItIsRefusedAndNothingIsWritten()
      throws Exception {
    try (var older = TestServer.open(name)) {
      Acks.durable(older, 1);
      takeOver();
      long rows = rows();

      assertThatThrownBy(() -> Acks.durable(older, 2))
          .hasMessageContaining(new Journal.Refusal.Fenced(new FencingToken(2)).toString());
      assertThat(older.health()).isEqualTo(Journal.Health.CLOSED);
      assertThat(rows()).isEqualTo(rows);
    }
    try (var journal = TestServer.open(name)) {
      assertThat(journal.epoch()).isEqualTo(3);
      assertThat(Acks.replayed(journal)).containsExactly(1L);
    }
  }

  @Test
  void givenALoad_whenTakenOverAgainAndAgain_thenNothingIsWrittenLate() throws Exception {
    for (int round = 0; round < 12; round++) {
      try (var journal = TestServer.open(name)) {
        long before = rows();
        var acked = Acks.untilRefused(journal);
        while (rows() < before + 5) {
          Thread.onSpinWait();
        }

        takeOver();
        long rows = rows();
        acked.join();

        assertThat(rows()).as("rows after the take-over of round %d", round).isEqualTo(rows);
        assertThat(journal.health())
            .as("no next segment is not a full disk")
            .isEqualTo(Journal.Health.CLOSED);
      }
    }
  }

  @Test
  void givenAnotherHasTakenOver_whenTheOlderTrims_thenNothingIsRemoved() throws Exception {
    try (var older = TestServer.open(name)) {
      for (long i = 1; i <= 3_000; i++) {
        var told = Acks.append(older, i);
        if (i % 100 == 0) {
          told.join();
        }
      }
      takeOver();
      long rows = rows();

      assertThat(older.trim(older.tail())).isZero();
      assertThat(rows()).isEqualTo(rows);
      assertThat(older.health()).as("at once").isEqualTo(Journal.Health.CLOSED);
    }
  }

  @Test
  void givenAnOwnerThatStandsStillWithEveryLock_whenOpenedByRight_thenItIsPushedAside()
      throws Exception {
    try (var older = TestServer.open(name);
        var still = TestServer.connect();
        var statement = still.createStatement()) {
      Acks.durable(older, 1);
      still.setAutoCommit(false); // a transaction of the older's that has not ended
      statement.execute(
          "SELECT pg_advisory_xact_lock_shared('lastword_journals'::regclass::oid::int, journal)"
              + " FROM lastword_journals WHERE name = '%s'".formatted(name));

      try (var newer =
          PostgresJournal.open(
              new PostgresJournal.Options(
                  TestServer.at(TestServer.port()), name, Duration.ofSeconds(30), true),
              TestServer.SMALL)) {
        assertThat(Acks.replayed(newer)).containsExactly(1L);
        assertThatThrownBy(() -> Acks.durable(older, 2)).isNotNull();
        assertThat(older.health()).isEqualTo(Journal.Health.CLOSED);
        Acks.durable(newer, 2);
      }
    }
  }

  /** As an opening does that knows nothing of the other. */
  private void takeOver() throws SQLException {
    try (var connection = TestServer.connect();
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(
          "SELECT pg_advisory_xact_lock('lastword_journals'::regclass::oid::int, journal)"
              + " FROM lastword_journals WHERE name = '%s'".formatted(name));
      statement.execute(
          "UPDATE lastword_journals SET epoch = epoch + 1, owner = 'the other' WHERE name = '%s'"
              .formatted(name));
      connection.commit();
    }
  }

  private long rows() throws SQLException {
    return TestServer.number(
        ("SELECT count(*) FROM lastword_flushes JOIN lastword_segments USING (segment)"
                + " JOIN lastword_journals USING (journal)"
                + " WHERE lastword_journals.name = '%s'")
            .formatted(name));
  }
}
