package dev.lastword.cluster.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.cluster.Shard;
import dev.lastword.journal.StreamId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In which shard an id is, by a server that is not always what it should be. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class ShardIdsTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final StreamId CHOSEN = new StreamId("chosen-by-a-client");
  private static final Shard HERE = new Shard(1);
  private static final String WAITING =
      "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'lastword cluster, ids'";

  private TestStore store;

  @BeforeEach
  void makeStore() throws Exception {
    store = new TestStore();
    try (var connection = store.connect()) {
      ShardTable.prepare(connection);
    }
  }

  @Test
  void givenAStandbyThatWasNotWaitedFor_whenAnIdIsClaimed_thenItIsNotTakenForClaimed()
      throws Exception {
    try (var ids = new ShardIds(store.server())) {
      assertThat(ids.find(CHOSEN).join()).isEmpty(); // over a connection that is kept
      standby("nobody");
      try {
        var claim = ids.claim(CHOSEN, HERE);
        await().atMost(LONG).until(() -> number("SELECT count(*) " + WAITING) == 1);
        number("SELECT count(pg_cancel_backend(pid)) " + WAITING);
        assertThatThrownBy(() -> claim.get(60, TimeUnit.SECONDS))
            .hasMessageContaining("committed with a warning");

        var again = ids.claim(CHOSEN, HERE);
        await().atMost(LONG).until(() -> number("SELECT count(*) " + WAITING) == 1);
        assertThat(again).as("the row is there, and the standby does not have it").isNotDone();
        standby("");
        assertThat(again.get(60, TimeUnit.SECONDS)).isEqualTo(HERE);
      } finally {
        standby("");
      }
    }
  }

  @Test
  void givenAConnectionThatHasGone_whenAsked_thenAnotherAnswers() throws Exception {
    try (var ids = new ShardIds(store.server())) {
      assertThat(ids.find(CHOSEN).join()).isEmpty();
      number(
          "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'lastword cluster, ids'");

      assertThat(ids.claim(CHOSEN, HERE).get(60, TimeUnit.SECONDS)).isEqualTo(HERE);
    }
  }

  /** Such as a row that holds no id. */
  @Test
  void givenAnAnswerThatNobodyUnderstands_whenAsked_thenItsConnectionIsGivenBack()
      throws Exception {
    try (var ids = new ShardIds(store.server())) {
      assertThat(ids.find(CHOSEN).join()).isEmpty(); // over a connection that is kept
      for (int i = 0; i < 2; i++) {
        var used = new AtomicReference<Connection>();
        var asked =
            ids.ask(
                connection -> {
                  used.set(connection);
                  throw new IllegalArgumentException("no id");
                });
        assertThatThrownBy(() -> asked.get(60, TimeUnit.SECONDS)).hasMessageContaining("no id");
        assertThat(used.get().isClosed()).isTrue();
      }
    }
  }

  @Test
  void givenAnIdThatIsElsewhereByNow_whenItIsAskedForAgain_thenItIsBelievedForAWhileOnly()
      throws Exception {
    var now = new AtomicLong();
    try (var ids = new ShardIds(store.server(), now::get)) {
      var found = new StreamId("found-and-not-claimed");
      store.run("INSERT INTO lastword_ids (id, shard) VALUES ('%s', 1)".formatted(found));
      assertThat(ids.find(found).join()).contains(HERE);
      assertThat(ids.claim(CHOSEN, HERE).join()).isEqualTo(HERE);
      store.run("UPDATE lastword_ids SET shard = 2");
      assertThat(ids.find(found).join()).contains(HERE);
      assertThat(ids.claim(CHOSEN, HERE).join()).isEqualTo(HERE);

      now.addAndGet(ShardIds.FOUND_KEPT.toNanos());
      assertThat(ids.find(found).join()).contains(new Shard(2));
      assertThat(ids.claim(CHOSEN, HERE).join()).isEqualTo(HERE);

      now.addAndGet(ShardIds.CLAIMED_KEPT.toNanos());
      assertThat(ids.claim(CHOSEN, HERE).join()).isEqualTo(new Shard(2));
    }
  }

  @Test
  void givenAnIdThatWasFound_whenItIsClaimed_thenThatIsWrittenDown() throws Exception {
    try (var ids = new ShardIds(store.server())) {
      store.run(
          "INSERT INTO lastword_ids VALUES ('%s', 1, clock_timestamp() - interval '3 days')"
              .formatted(CHOSEN));
      assertThat(ids.find(CHOSEN).join()).contains(HERE);
      assertThat(ids.claim(CHOSEN, new Shard(2)).join()).isEqualTo(HERE);
      assertThat(
              number(
                  "SELECT count(*) FROM lastword_ids WHERE claimed_at > clock_timestamp() - interval '1 hour'"))
          .isEqualTo(1);
    }
  }

  private void standby(String names) throws Exception {
    store.run("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
    store.run("SELECT pg_reload_conf()");
    await()
        .atMost(LONG)
        .until(
            () ->
                number(
                        "SELECT count(*) FROM pg_settings WHERE name = 'synchronous_standby_names' AND setting = '%s'"
                            .formatted(names))
                    == 1);
  }

  private long number(String query) throws SQLException {
    try (var connection = store.connect();
        var statement = connection.createStatement();
        var row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }
}
