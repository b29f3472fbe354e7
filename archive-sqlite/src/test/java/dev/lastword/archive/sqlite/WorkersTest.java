package dev.lastword.archive.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.sql.Session;
import dev.lastword.archive.sql.Workers;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class WorkersTest {
  private static final String ENDLESS =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

  private final Workers workers =
      new Workers(
          "test-worker",
          2,
          false,
          Duration.ofSeconds(1),
          SqliteFlavour.INSTANCE,
          () ->
              new Session(
                  DriverManager.getConnection("jdbc:sqlite::memory:"), SqliteFlavour.INSTANCE));

  @Test
  void givenAStatementThatDoesNotEnd_whenClosed_thenItIsInterrupted() throws Exception {
    var began = new CountDownLatch(1);
    var result =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return workers.call(
                    session -> {
                      began.countDown();
                      return session.number(ENDLESS);
                    });
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
    began.await();

    workers.close();

    assertThat(workers.awaitEnd(Duration.ofSeconds(4))).isTrue();
    assertThatThrownBy(result::get)
        .isInstanceOf(ExecutionException.class)
        .rootCause()
        .hasMessageContaining("interrupted");
  }

  @Test
  void givenWorkThatNothingEnds_whenClosed_thenTheWaitForItIsBounded() throws Exception {
    var began = new CountDownLatch(1);
    var end = new CountDownLatch(1);
    workers.later(
        session -> {
          began.countDown();
          try {
            end.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return "";
        });
    began.await();

    workers.close();

    assertThat(workers.awaitEnd(Duration.ofMillis(50))).isFalse();
    end.countDown();
    assertThat(workers.awaitEnd(Duration.ofSeconds(20))).isTrue();
  }

  @Test
  void givenClosedWorkers_whenCalled_thenTheyRefuse() {
    workers.close();

    assertThatThrownBy(() -> workers.call(session -> 1))
        .isInstanceOf(ArchiveFailedException.class)
        .hasMessageContaining("closed");
    assertThat(workers.awaitEnd(Duration.ofSeconds(20))).isTrue();
  }

  @Test
  void givenWorkThatFails_whenMoreComes_thenTheWorkerLives() throws SQLException {
    assertThatThrownBy(() -> workers.call(c -> c.number("nonsense")))
        .isInstanceOf(SQLException.class);
    assertThatThrownBy(
            () ->
                workers.call(
                    c -> {
                      throw new AssertionError("ours");
                    }))
        .isInstanceOf(AssertionError.class);

    assertThat(workers.<Long>call(c -> c.number("SELECT 7"))).isEqualTo(7);

    workers.close();
    assertThat(workers.awaitEnd(Duration.ofSeconds(20))).isTrue();
  }
}
