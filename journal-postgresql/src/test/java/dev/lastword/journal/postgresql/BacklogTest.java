package dev.lastword.journal.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.testing.Acks;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is behind a position of a journal in PostgreSQL. */
final class BacklogTest {
  private final String name = UUID.randomUUID().toString();

  private Backlog behind(long position) throws SQLException {
    try (var connection = TestServer.connect()) {
      return Backlog.behind(connection, name, position);
    }
  }

  @Test
  void givenAJournalWithoutEntries_whenAsked_thenNothingIsBehind() throws Exception {
    try (var journal = TestServer.open(name)) {
      assertThat(journal.epoch()).isEqualTo(1);
      assertThat(behind(0)).isEqualTo(new Backlog(0, Duration.ZERO));
    }
  }

  @Test
  void givenEntriesInSeveralSegments_whenAskedFromAnywhere_thenWhatIsBehindIsCountedAndNotOlder()
      throws Exception {
    int many = 1_000;
    try (var journal = TestServer.open(name)) {
      long before = System.currentTimeMillis();
      Acks.durable(journal, 1);
      long first = journal.tail();
      for (long i = 2; i <= many; i++) {
        Acks.durable(journal, i);
      }
      assertThat(journal.tail() >>> 32).as("segments").isGreaterThan(1);

      var rest = behind(first); // first: the clock goes on
      var all = behind(0);
      assertThat(all.bytes()).isGreaterThan(rest.bytes());
      assertThat(rest.bytes()).isGreaterThan(many * 72L); // each was flushed for itself
      assertThat(all.age()).isPositive().isGreaterThanOrEqualTo(rest.age());
      assertThat(all.age().toMillis()).isLessThanOrEqualTo(System.currentTimeMillis() - before + 1);
      assertThat(behind(journal.tail())).isEqualTo(new Backlog(0, Duration.ZERO));
    }
  }

  @Test
  void givenAnOpeningAndAClose_whenAsked_thenTheyAreNothingThatSomebodyHasToRead()
      throws Exception {
    long tail;
    try (var journal = TestServer.open(name)) {
      Acks.durable(journal, 1);
      tail = journal.tail();
    }
    TestServer.open(name).close();

    assertThat(behind(tail)).isEqualTo(new Backlog(0, Duration.ZERO));
  }
}
