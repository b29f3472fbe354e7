package dev.lastword.journal.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.testing.Acks;
import dev.lastword.testing.CuttingProxy;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Flushes of which nobody can say whether they were committed. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class UndecidedTest {
  private static final Duration LONG = Duration.ofMinutes(2);

  private final String name = UUID.randomUUID().toString();

  @Test
  void givenAConnectionKilledBeforeTheCommit_whenReopened_thenTheEntryIsNotThere()
      throws Exception {
    try (var journal = TestServer.open(name);
        var connection = TestServer.connect();
        var statement = connection.createStatement()) {
      Acks.durable(journal, 1);
      statement.execute(
          "SELECT pg_advisory_lock('lastword_journals'::regclass::oid::int, journal)"
              + " FROM lastword_journals WHERE name = '%s'".formatted(name));
      var told = Acks.append(journal, 2);
      await()
          .atMost(LONG)
          .until(
              () ->
                  TestServer.number(
                          "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = "
                              + TestServer.writerOf(name))
                      == 1);

      TestServer.run("SELECT pg_terminate_backend(" + TestServer.writerOf(name) + ")");

      assertThatThrownBy(() -> told.get(2, TimeUnit.MINUTES))
          .hasMessageContaining("nobody knows whether it was flushed");
      assertThat(journal.health()).isEqualTo(Journal.Health.CLOSED);
    }
    try (var journal = TestServer.open(name)) {
      assertThat(Acks.replayed(journal)).containsExactly(1L);
    }
  }

  @Test
  void givenConnectionsKilledUnderLoad_whenReopened_thenAllThatWasAcknowledgedIsThere()
      throws Exception {
    for (int round = 0; round < 8; round++) {
      var each = name + round;
      List<Long> acked;
      try (var journal = TestServer.open(each)) {
        var load = Acks.untilRefused(journal);
        await().atMost(LONG).until(() -> Acks.replayed(journal).size() > 20);
        TestServer.run("SELECT pg_terminate_backend(" + TestServer.writerOf(each) + ")");
        acked = load.join();
      }
      assertReplayBegins(TestServer.journal(each), acked);
    }
  }

  @Test
  void givenTheAcknowledgementIsLost_whenReopened_thenTheEntryIsThereAndWasNeverAcknowledged()
      throws Exception {
    try (var proxy = new CuttingProxy(TestServer.port());
        var journal =
            PostgresJournal.open(TestServer.journal(name, proxy.port()), TestServer.SMALL)) {
      Acks.durable(journal, 1);
      long rows = rows();
      proxy.mute();

      var told = Acks.append(journal, 2);
      await().atMost(LONG).until(() -> rows() == rows + 1);
      assertThat(told).isNotDone();
      proxy.cut();

      assertThatThrownBy(() -> told.get(2, TimeUnit.MINUTES))
          .hasMessageContaining("nobody knows whether it was flushed");
    }
    try (var journal = TestServer.open(name)) {
      assertThat(Acks.replayed(journal)).containsExactly(1L, 2L);
    }
  }

  @Test
  void givenTheStandbyIsGone_whenTheWaitIsCancelled_thenTheCommitIsNotTakenForOne()
      throws Exception {
    try (var journal = TestServer.open(name)) {
      Acks.durable(journal, 1);
      standby("nobody");
      try {
        var told = Acks.append(journal, 2);
        await()
            .atMost(LONG)
            .until(
                () ->
                    TestServer.number(
                            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                                + " AND pid = "
                                + TestServer.writerOf(name))
                        == 1);
        assertThat(told).isNotDone();

        TestServer.run("SELECT pg_cancel_backend(" + TestServer.writerOf(name) + ")");

        assertThatThrownBy(() -> told.get(2, TimeUnit.MINUTES))
            .hasMessageContaining("committed with a warning")
            .hasMessageContaining("synchronous replication");
        assertThat(journal.health()).isEqualTo(Journal.Health.CLOSED);
      } finally {
        standby("");
      }
    }
    try (var journal = TestServer.open(name)) {
      assertThat(Acks.replayed(journal)).containsExactly(1L, 2L);
    }
  }

  @Test
  void givenANameOfWhoseCommitNobodyHeard_whenItIsGivenAgain_thenItIsDone() throws Exception {
    try (var disk = new PostgresDisk(TestServer.journal(name))) {
      disk.lock();
      disk.create("0000000001.prep").close();
      standby("nobody");
      try {
        var naming =
            CompletableFuture.runAsync(
                () -> {
                  try {
                    disk.rename("0000000001.prep", "0000000001.journal");
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
        await()
            .atMost(LONG)
            .until(
                () ->
                    TestServer.number(
                            "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity"
                                + " WHERE wait_event = 'SyncRep'"
                                + " AND application_name = 'lastword journal, reading'")
                        == 1);
        assertThatThrownBy(() -> naming.get(2, TimeUnit.MINUTES))
            .hasMessageContaining("committed with a warning");
      } finally {
        standby("");
      }

      disk.rename("0000000001.prep", "0000000001.journal");

      assertThat(disk.list()).containsExactly("0000000001.journal");
      assertThatThrownBy(() -> disk.rename("0000000002.prep", "0000000002.journal"))
          .isInstanceOf(NoSuchFileException.class);
    }
  }

  private static void standby(String names) throws Exception {
    TestServer.run("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
    TestServer.run("SELECT pg_reload_conf()");
    await()
        .atMost(LONG)
        .until(
            () ->
                TestServer.number(
                        "SELECT count(*) FROM pg_settings WHERE name = 'synchronous_standby_names'"
                            + " AND setting = '"
                            + names
                            + "'")
                    == 1);
  }

  @Test
  void givenALoad_whenTheServerIsRestarted_thenAllThatWasAcknowledgedIsThere(@TempDir Path folder)
      throws Exception {
    List<Long> acked;
    var first = server(folder);
    try (var journal =
        PostgresJournal.open(TestServer.journal(name, first.getPort()), TestServer.SMALL)) {
      var load = Acks.untilRefused(journal);
      await().atMost(LONG).until(() -> Acks.replayed(journal).size() > 20);
      first.close();
      acked = load.join();
      assertThat(journal.health()).isEqualTo(Journal.Health.CLOSED);
    }
    try (var server = server(folder)) {
      assertReplayBegins(TestServer.journal(name, server.getPort()), acked);
    }
  }

  private static EmbeddedPostgres server(Path folder) throws Exception {
    return EmbeddedPostgres.builder()
        .setDataDirectory(folder.resolve("data"))
        .setCleanDataDirectory(false)
        .setServerConfig("synchronous_commit", "off") // whoever needs it on says so
        .start();
  }

  /**
   * What was acknowledged is there in its order; behind it perhaps some of the last that were not.
   */
  private static void assertReplayBegins(PostgresJournal.Options options, List<Long> acked)
      throws Exception {
    var opened = new AtomicReference<Journal>();
    await()
        .atMost(LONG)
        .ignoreExceptionsMatching(JournalFailedException.class::isInstance)
        .until(
            () -> {
              opened.set(PostgresJournal.open(options, new FileJournal.Options(64 << 10, 8 << 10)));
              return true;
            });
    try (var journal = opened.get()) {
      var replayed = Acks.replayed(journal);
      assertThat(replayed.subList(0, acked.size())).isEqualTo(acked);
      assertThat(replayed.size()).isBetween(acked.size(), acked.size() + 4);
      assertThat(replayed).isSorted().doesNotHaveDuplicates();
      Acks.durable(journal, replayed.size() + 1L);
    }
  }

  /** Rows of segments in use: the next one is prepared in the background, and has its header. */
  private long rows() throws Exception {
    return TestServer.number(
        ("SELECT count(*) FROM lastword_flushes JOIN lastword_segments USING (segment)"
                + " JOIN lastword_journals USING (journal)"
                + " WHERE lastword_journals.name = '%s'"
                + " AND lastword_segments.name LIKE '%%.journal'")
            .formatted(name));
  }
}
