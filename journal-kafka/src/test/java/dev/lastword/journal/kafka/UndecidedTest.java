package dev.lastword.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.DiskLostException;
import dev.lastword.journal.Journal;
import dev.lastword.testing.Acks;
import dev.lastword.testing.KafkaServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A flush of which nobody knows, and brokers that go and come back. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class UndecidedTest {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final String TOPIC = "undecided";
  private static final String HASTY = "&delivery.timeout.ms=4000&request.timeout.ms=2000";

  @TempDir Path dir;

  private Journal open(KafkaServer server, String more) {
    return KafkaJournal.open(TestBroker.place(server.address(), TOPIC, more), TestBroker.SMALL);
  }

  @Test
  void givenABrokerThatStandsStill_whenAppended_thenItIsUndecidedAndNothingComesLate()
      throws Exception {
    try (var server = KafkaServer.start(dir)) {
      try (var journal = open(server, HASTY)) {
        Acks.durable(journal, 1);
        server.halt();

        var told = Acks.append(journal, 2);
        assertThatThrownBy(() -> told.get(2, TimeUnit.MINUTES))
            .hasMessageContaining("nobody knows whether it was flushed");
        assertThat(journal.health()).isEqualTo(Journal.Health.CLOSED);
        assertThatThrownBy(() -> Acks.durable(journal, 3)).hasMessageContaining("Closed");
        server.goOn();
      }
      try (var journal = open(server, "")) {
        var replayed = Acks.replayed(journal);
        assertThat(replayed).startsWith(1L).hasSizeBetween(1, 2);
        Acks.durable(journal, 4);
        Acks.durable(journal, 5);
        assertThat(Acks.replayed(journal)).startsWith(replayed.toArray(new Long[0]));
        assertThat(Acks.replayed(journal)).endsWith(4L, 5L).hasSize(replayed.size() + 2);
      }
    }
  }

  /** Between flushes: nobody appends anything that would find out. */
  @Test
  void givenABrokerThatStandsStill_whenTrimmed_thenTheJournalIsClosedAlsoOnceItIsBack()
      throws Exception {
    try (var server = KafkaServer.start(dir);
        var journal = open(server, HASTY)) {
      for (long i = 1; journal.tail() >>> 32 < 3; i++) {
        assertThat(i).isLessThan(20_000);
        var told = Acks.append(journal, i);
        if (i % 100 == 0) {
          told.get(2, TimeUnit.MINUTES);
        }
      }
      server.halt();

      assertThat(journal.trim(journal.tail())).isZero();
      assertThat(journal.health()).isEqualTo(Journal.Health.CLOSED);
      server.goOn();
      assertThat(journal.health()).isEqualTo(Journal.Health.CLOSED);
      assertThatThrownBy(() -> Acks.durable(journal, 100_000)).hasMessageContaining("Closed");
    }
  }

  @Test
  void givenABrokerThatStandsStill_whenASegmentIsMade_thenThePlaceIsLostAlsoOnceItIsBack()
      throws Exception {
    try (var server = KafkaServer.start(dir);
        var disk = new KafkaDisk(TestBroker.place(server.address(), TOPIC, HASTY))) {
      disk.lock();
      disk.create("0000000001.prep").close();
      assertThat(disk.isLost()).isFalse();
      server.halt();

      assertThatThrownBy(() -> disk.create("0000000002.prep"))
          .isInstanceOf(DiskLostException.class)
          .hasMessageContaining("nobody knows");
      server.goOn();
      assertThat(disk.isLost()).isTrue();
      assertThatThrownBy(() -> disk.create("0000000002.prep"))
          .as("a full disk may have room again, and this never takes anything")
          .isInstanceOf(DiskLostException.class);
    }
  }

  @Test
  void givenTheAcknowledgementIsLost_whenReopened_thenTheEntryIsThereAndWasNeverAcknowledged()
      throws Exception {
    try (var server = KafkaServer.start(dir)) {
      try (var journal =
          KafkaJournal.open(TestBroker.place(server.proxied(), TOPIC, HASTY), TestBroker.SMALL)) {
        Acks.durable(journal, 1);
        long end = TestBroker.end(server.address(), TOPIC);
        server.proxy().mute();

        var told = Acks.append(journal, 2);
        await().atMost(LONG).until(() -> TestBroker.end(server.address(), TOPIC) == end + 1);
        assertThat(told).isNotDone();
        server.proxy().cut();

        assertThatThrownBy(() -> told.get(2, TimeUnit.MINUTES))
            .hasMessageContaining("nobody knows whether it was flushed");
      }
      try (var journal = open(server, "")) {
        assertThat(Acks.replayed(journal)).containsExactly(1L, 2L);
      }
    }
  }

  @Test
  void givenALoad_whenTheBrokerIsKilledAndStarted_thenTheJournalGoesOn() throws Exception {
    try (var server = KafkaServer.start(dir)) {
      List<Long> acked;
      var older = open(server, "");
      long epoch = older.epoch();
      try {
        var load = Acks.untilRefused(older);
        await().atMost(LONG).until(() -> Acks.replayed(older).size() > 20);
        server.kill();
        long tail = older.tail();
        server.restart();

        await().atMost(LONG).until(() -> older.tail() > tail + 100_000);
        assertThat(older.health()).isEqualTo(Journal.Health.OPEN);
        older.close();
        acked = load.join();
      } finally {
        older.close();
      }
      try (var journal = open(server, "")) {
        assertThat(Acks.replayed(journal)).isEqualTo(acked);
        assertThat(journal.epoch())
            .as("another leader's epochs begin behind all before")
            .isGreaterThan(epoch + 1_000);
      }
    }
  }

  @Test
  void givenALoad_whenTheBrokerIsGoneForGood_thenAllThatWasAcknowledgedIsThere() throws Exception {
    try (var server = KafkaServer.start(dir)) {
      List<Long> acked;
      try (var journal = open(server, HASTY)) {
        var load = Acks.untilRefused(journal);
        await().atMost(LONG).until(() -> Acks.replayed(journal).size() > 20);
        server.kill();
        acked = load.join();
        assertThat(journal.health()).isEqualTo(Journal.Health.CLOSED);
      }
      server.restart();
      try (var journal = open(server, "")) {
        var replayed = Acks.replayed(journal);
        assertThat(replayed).startsWith(acked.toArray(new Long[0])).doesNotHaveDuplicates();
        assertThat(replayed.size()).isBetween(acked.size(), acked.size() + 4);
        Acks.durable(journal, replayed.size() + 1L);
      }
    }
  }

  @Test
  void givenTwoReplicas_whenOneIsGone_thenNothingIsAcknowledgedUntilItIsBack() throws Exception {
    try (var first = KafkaServer.start(Files.createDirectory(dir.resolve("1")));
        var second = KafkaServer.join(first, Files.createDirectory(dir.resolve("2")), 2)) {
      makeTopicOfTwo(first);
      var place =
          KafkaPartition.parse(
              "kafka://%s,%s/%s".formatted(first.address(), second.address(), TOPIC), "", "");
      try (var journal = KafkaJournal.open(place, TestBroker.SMALL)) {
        Acks.durable(journal, 1);
        second.kill();

        var told = Acks.append(journal, 2);
        await().atMost(LONG).until(() -> TestBroker.inSync(first.address(), TOPIC) == 1);
        assertThat(told).isNotDone();
        second.restart();

        told.get(2, TimeUnit.MINUTES);
        assertThat(Acks.replayed(journal)).containsExactly(1L, 2L);
      }
    }
  }

  private static void makeTopicOfTwo(KafkaServer server) throws Exception {
    var settings = new HashMap<>(Topic.NEW);
    settings.put("min.insync.replicas", "2");
    var topic = new NewTopic(TOPIC, Map.of(0, List.of(1, 2))).configs(settings);
    try (var admin = Admin.create(Map.of("bootstrap.servers", server.address()))) {
      admin.createTopics(List.of(topic)).all().get(60, TimeUnit.SECONDS);
    }
  }
}
