package dev.lastword.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.FencingToken;
import dev.lastword.journal.Journal;
import dev.lastword.testing.Acks;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two who want to write one journal. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class FencingTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final String topic = "fencing-" + UUID.randomUUID();

  @Test
  void givenAnotherHasTakenOver_whenTheOlderAppends_thenItIsRefusedAndNobodyReadsIt()
      throws Exception {
    try (var older = TestBroker.open(topic)) {
      Acks.durable(older, 1);
      try (var newer = TestBroker.open(topic)) {
        assertThat(Acks.replayed(newer)).containsExactly(1L);

        assertThatThrownBy(() -> Acks.durable(older, 2))
            .hasMessageContaining(new Journal.Refusal.Fenced(new FencingToken(2)).toString());
        assertThat(older.health()).isEqualTo(Journal.Health.CLOSED);
        Acks.durable(newer, 3);
        assertThat(Acks.replayed(newer)).containsExactly(1L, 3L);
      }
    }
    try (var journal = TestBroker.open(topic)) {
      assertThat(journal.epoch()).isEqualTo(3);
      assertThat(Acks.replayed(journal)).containsExactly(1L, 3L);
    }
  }

  @Test
  void givenALoad_whenTakenOverAgainAndAgain_thenWhatWasAcknowledgedIsThereAndNothingComesLate()
      throws Exception {
    for (int round = 0; round < 8; round++) {
      var each = topic + round;
      try (var older = TestBroker.open(each)) {
        var load = Acks.untilRefused(older);
        await().atMost(LONG).until(() -> Acks.replayed(older).size() > 20);

        try (var newer = TestBroker.open(each)) {
          var replayed = Acks.replayed(newer);
          var acked = load.join();

          assertThat(replayed).startsWith(acked.toArray(new Long[0])).doesNotHaveDuplicates();
          assertThat(replayed.size()).isBetween(acked.size(), acked.size() + 4);
          assertThat(older.health())
              .as("no next segment is not a full disk")
              .isEqualTo(Journal.Health.CLOSED);
          assertThat(Acks.replayed(newer)).as("round %d", round).isEqualTo(replayed);
          Acks.durable(newer, 1_000_000);
        }
        try (var last = TestBroker.open(each)) {
          assertThat(Acks.replayed(last)).endsWith(1_000_000L).doesNotHaveDuplicates();
        }
      }
    }
  }

  @Test
  void givenAnotherHasTakenOver_whenTheOlderTrims_thenNothingIsRemoved() throws Exception {
    try (var older = TestBroker.open(topic)) {
      for (long i = 1; i <= 3_000; i++) {
        var told = Acks.append(older, i);
        if (i % 100 == 0) {
          told.join();
        }
      }
      try (var newer = TestBroker.open(topic)) {
        assertThat(older.trim(older.tail())).isZero();
        assertThat(older.health()).as("at once").isEqualTo(Journal.Health.CLOSED);
        assertThat(Acks.replayed(newer)).hasSize(3_000);
        assertThat(TestBroker.begin(topic)).isZero();
      }
    }
  }

  /** A flush that was under way when its writer died, and that a broker took late. */
  @Test
  void givenARecordOfAnEarlierOpeningComesLate_whenTheOwnerGoesOn_thenItIsVoid() throws Exception {
    try (var older = TestBroker.open(topic)) {
      Acks.durable(older, 1);
    }
    var late = TestBroker.records(topic).getLast();
    try (var newer = TestBroker.open(topic)) {
      Acks.durable(newer, 2);
      TestBroker.write(new ProducerRecord<>(topic, 0, late.key(), new byte[late.value().length]));

      Acks.durable(newer, 3);
      assertThat(newer.health()).isEqualTo(Journal.Health.OPEN);
      assertThat(Acks.replayed(newer)).containsExactly(1L, 2L, 3L);
    }
    try (var journal = TestBroker.open(topic)) {
      assertThat(Acks.replayed(journal)).containsExactly(1L, 2L, 3L);
    }
  }

  @Test
  void givenRecordsOfOthers_whenTheJournalGoesOn_thenTheyAreLeftOut() throws Exception {
    var text = "somebody's".getBytes(StandardCharsets.UTF_8);
    try (var journal = TestBroker.open(topic)) {
      Acks.durable(journal, 1);
      TestBroker.write(new ProducerRecord<>(topic, 0, text, text));
      TestBroker.write(new ProducerRecord<>(topic, 0, null, null));
      Acks.durable(journal, 2);
    }
    try (var journal = TestBroker.open(topic)) {
      assertThat(Acks.replayed(journal)).containsExactly(1L, 2L);
    }
  }

  @Test
  void givenARecordOfALaterVersion_whenOpened_thenItIsRefusedAndSaysSo() throws Exception {
    TestBroker.open(topic).close();
    var key = ByteBuffer.allocate(ChangeForm.KEY_BYTES).putInt(0x4c574a00).put((byte) 9).array();
    long offset = TestBroker.write(new ProducerRecord<>(topic, 0, key, new byte[0]));

    assertThatThrownBy(() -> TestBroker.open(topic))
        .hasMessageContaining("the record at offset %d is of version 9".formatted(offset));
  }

  @Test
  void givenManyOpenAtOnce_whenAllHave_thenEachHadAnEpochOfItsOwnAndOneIsLeft() throws Exception {
    TestBroker.open(topic).close();
    var opening =
        IntStream.range(0, 4)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> TestBroker.open(topic), task -> Thread.ofPlatform().start(task)))
            .toList();
    var journals =
        opening.stream().map(each -> each.handle((journal, refused) -> journal).join()).toList();
    try {
      var open = journals.stream().filter(each -> each != null).toList();
      assertThat(open).isNotEmpty();
      assertThat(new HashSet<>(open.stream().map(Journal::epoch).toList())).hasSameSizeAs(open);

      long newest = open.stream().mapToLong(Journal::epoch).max().orElseThrow();
      for (var each : open) {
        var told = Acks.append(each, each.epoch());
        boolean taken = told.handle((position, refused) -> refused == null).join();
        assertThat(taken).isEqualTo(each.epoch() == newest);
      }
      try (var journal = TestBroker.open(topic)) {
        assertThat(Acks.replayed(journal)).containsExactly(newest);
      }
    } finally {
      journals.stream().filter(each -> each != null).forEach(Journal::close);
    }
  }

  /** As after a disaster: what enough replicas had is gone. */
  @Test
  void givenTheTopicIsMadeAnew_whenAppended_thenNothingIsAcknowledged() throws Exception {
    try (var journal = TestBroker.open(topic)) {
      Acks.durable(journal, 1);
      try (var admin = TestBroker.admin()) {
        admin.deleteTopics(List.of(topic)).all().get(60, TimeUnit.SECONDS);
        await()
            .atMost(LONG)
            .ignoreExceptions()
            .until(
                () -> {
                  var anew = new NewTopic(topic, 1, (short) 1);
                  admin.createTopics(List.of(anew)).all().get(60, TimeUnit.SECONDS);
                  return true;
                });
      }
      assertThatThrownBy(() -> Acks.append(journal, 2).get(2, TimeUnit.MINUTES))
          .hasMessageContaining("Closed");
      assertThat(journal.health()).isEqualTo(Journal.Health.CLOSED);
    }
  }
}
