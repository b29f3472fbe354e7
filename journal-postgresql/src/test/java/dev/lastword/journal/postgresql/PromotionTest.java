package dev.lastword.journal.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.journal.FencedException;
import dev.lastword.testing.Acks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server whose place a standby takes. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class PromotionTest {
  private static final long SECOND_TIMELINE = 1L << 32;

  private final String name = UUID.randomUUID().toString();

  @Test
  @SuppressWarnings("try") // the primary dies before the test is over
  void givenAStandbyThatLacksAnOpening_whenItIsPromotedAndOpened_thenItsEpochIsNobodyElses(
      @TempDir Path folder) throws Exception {
    var data = folder.resolve("primary");
    try (var primary = Standby.server(data)) {
      try (var journal =
          PostgresJournal.open(TestServer.journal(name, primary.getPort()), TestServer.SMALL)) {
        Acks.durable(journal, 1);
        assertThat(journal.epoch()).isEqualTo(1);
      }
      try (var standby = Standby.of(primary, data, folder.resolve("standby"));
          var older = new PostgresDisk(ofBoth(primary.getPort(), standby.port()))) {
        standby.promote();
        older.lock(); // of the primary, which is not dead yet
        var lost = older.writer().ownership();
        assertThat(lost.epoch()).isEqualTo(2);
        primary.close();

        try (var newer =
                PostgresJournal.open(TestServer.journal(name, standby.port()), TestServer.SMALL);
            var connection = TestServer.at(standby.port()).connect("an older opening's");
            var late = new FlushWriter(connection, lost, name)) {
          assertThat(newer.epoch()).isEqualTo(SECOND_TIMELINE + 1);
          assertThat(Acks.replayed(newer)).containsExactly(1L);
          assertThatThrownBy(() -> late.write(1, 0, new byte[1]))
              .isInstanceOf(FencedException.class);
          assertThatThrownBy(() -> older.create("0000000009.prep"))
              .as("over a connection that is made anew, to the new primary")
              .isInstanceOf(FencedException.class);
          Acks.durable(newer, 2);
          assertThat(Acks.replayed(newer)).containsExactly(1L, 2L);
        }
      }
    }
  }

  private PostgresJournal.Options ofBoth(int primary, int standby) {
    return new PostgresJournal.Options(
        new PostgresServer(
            "jdbc:postgresql://localhost:%d,localhost:%d/postgres?targetServerType=primary"
                .formatted(primary, standby),
            "postgres",
            "postgres"),
        name,
        Duration.ofSeconds(30));
  }
}
