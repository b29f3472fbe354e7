package dev.lastword.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.Journal;
import dev.lastword.testing.Acks;
import dev.lastword.testing.KafkaServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A person makes a replica the leader that was behind: what only the other had is gone. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class LostRecordsTest {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final String TOPIC = "lost";

  @TempDir Path dir;

  /** The controller, which has no replica. */
  private KafkaServer first;

  private KafkaServer second;
  private KafkaServer third;

  @BeforeEach
  void start() throws Exception {
    first = KafkaServer.start(Files.createDirectory(dir.resolve("1")));
    second = KafkaServer.join(first, Files.createDirectory(dir.resolve("2")), 2);
    third = KafkaServer.join(first, Files.createDirectory(dir.resolve("3")), 3);
    var topic = new NewTopic(TOPIC, Map.of(0, List.of(2, 3))).configs(new HashMap<>(Topic.NEW));
    try (var admin = admin()) {
      admin.createTopics(List.of(topic)).all().get(60, TimeUnit.SECONDS);
    }
  }

  @AfterEach
  void stop() {
    third.close();
    second.close();
    first.close();
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", first.address()));
  }

  private Journal open() {
    var all = String.join(",", first.address(), second.address(), third.address());
    return KafkaJournal.open(TestBroker.place(all, TOPIC, ""), TestBroker.SMALL);
  }

  @Test
  void givenALeaderThatWasBehind_whenTheJournalGoesOn_thenTheLossIsNoticedAndNoEpochComesTwice()
      throws Exception {
    open().close();
    awaitInSync(2);
    third.kill();
    awaitInSync(1);
    try (var journal = open()) { // its opening is on the second alone
      for (long i = 1; i <= 20; i++) {
        Acks.durable(journal, i);
      }
      second.kill();
      third.restart();
      elect();

      assertThatThrownBy(() -> Acks.append(journal, 21).get(2, TimeUnit.MINUTES))
          .hasMessageContaining("Closed");
      assertThat(journal.health()).isEqualTo(Journal.Health.CLOSED);

      try (var anew = open()) {
        assertThat(anew.id()).isEqualTo(journal.id());
        assertThat(Acks.replayed(anew)).isEmpty();
        assertThat(anew.epoch()).isGreaterThan(journal.epoch());
        Acks.durable(anew, 100);
        assertThat(Acks.replayed(anew)).containsExactly(100L);
      }
    }
  }

  private void elect() throws Exception {
    await()
        .atMost(LONG)
        .ignoreExceptions()
        .until(
            () -> {
              try (var admin = admin()) {
                admin
                    .electLeaders(ElectionType.UNCLEAN, Set.of(new TopicPartition(TOPIC, 0)))
                    .all()
                    .get(60, TimeUnit.SECONDS);
                return true;
              }
            });
  }

  private void awaitInSync(int replicas) {
    await().atMost(LONG).until(() -> TestBroker.inSync(first.address(), TOPIC) == replicas);
  }
}
