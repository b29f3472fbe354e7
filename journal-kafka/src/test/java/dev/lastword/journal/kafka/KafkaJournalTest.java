package dev.lastword.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import dev.lastword.testing.Acks;
import dev.lastword.testing.JournalContract;
import dev.lastword.testing.KafkaServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the journal in Kafka promises, beyond the contract as well. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class KafkaJournalTest extends JournalContract {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final String topic = "journal-" + UUID.randomUUID();

  @Override
  protected Journal open() {
    return TestBroker.open(topic);
  }

  @Test
  void givenAnAcknowledgedEntry_whenLookedAt_thenItIsOneRecordOfItsEpoch() throws Exception {
    open().close();
    try (var journal = open()) {
      long before = TestBroker.end(topic);
      Acks.durable(journal, 1);

      assertThat(TestBroker.end(topic)).isEqualTo(before + 1);
      assertThat(ChangeForm.read(TestBroker.records(topic).getLast()))
          .get()
          .isInstanceOf(Change.Written.class)
          .extracting(Change::epoch)
          .isEqualTo(journal.epoch())
          .isEqualTo(2L);
    }
  }

  @Test
  void givenATrim_whenLookedAt_thenTheRecordsAreGoneAndWhatIsNeededIsThere() throws Exception {
    try (var journal = open()) {
      appendMany(journal);
      assertThat(TestBroker.begin(topic)).isZero();

      assertThat(journal.trim(journal.tail())).isPositive();
      await().atMost(LONG).until(() -> TestBroker.begin(topic) > 0);
      Acks.durable(journal, 3_001);
    }
    for (long next = 3_002; next < 3_005; next++) {
      try (var journal = open()) {
        assertThat(journal.isTrimmed()).isTrue();
        assertThat(Acks.replayed(journal)).isSorted().contains(3_001L, next - 1);
        Acks.durable(journal, next);
      }
    }
  }

  private static void appendMany(Journal journal) {
    for (long i = 1; i <= 3_000; i++) {
      var told = Acks.append(journal, i);
      if (i % 100 == 0) {
        told.join();
      }
    }
  }

  @Test
  void givenEntriesOfManyMegabytes_whenReopened_thenTheyAreAsTheyWere() {
    var entries = List.of(entry(1, 900_000), entry(2, 5 << 20), entry(3, 100), entry(4, 16 << 20));
    var place = TestBroker.place(topic);
    try (var journal = KafkaJournal.open(place, FileJournal.Options.DEFAULT)) {
      for (var entry : entries) {
        long position = durable(journal, entry);
        assertThat(journal.read(position)).isEqualTo(entry);
      }
    }
    try (var journal = KafkaJournal.open(place, FileJournal.Options.DEFAULT)) {
      var replayed = new ArrayList<Entry>();
      journal.replay(0, (entry, position, epoch, timeMs) -> replayed.add(entry));
      assertThat(replayed).isEqualTo(entries);
    }
    assertThat(TestBroker.records(topic))
        .allSatisfy(record -> assertThat(record.value().length).isLessThanOrEqualTo(960 << 10));
  }

  private static Entry entry(long seq, int length) {
    return new Entry.Appended(
        Acks.STREAM, seq, EncodedEvents.of(List.of(SseEvent.of("x".repeat(length)))));
  }

  private static long durable(Journal journal, Entry entry) {
    var told = new CompletableFuture<Long>();
    journal.append(
        entry,
        journal.fence(),
        new Journal.Ack() {
          @Override
          public void durable(long position, long epoch, long timeMs) {
            told.complete(position);
          }

          @Override
          public void refused(Journal.Refusal refusal) {
            told.completeExceptionally(new AssertionError(refusal));
          }
        });
    return told.join();
  }

  @Test
  void givenAJournal_whenPrinted_thenItIsLikeAFolderAndItsOwnerStays() throws Exception {
    try (var journal = open()) {
      Acks.durable(journal, 1);
      var out = new StringBuilder();

      assertThat(KafkaJournal.print(TestBroker.place(topic), out, false)).isTrue();
      assertThat(out.toString())
          .contains("journal kafka://127.0.0.1:", topic, Acks.STREAM.value(), "sound")
          .doesNotContain("event 1");
      Acks.durable(journal, 2);
    }
  }

  @Test
  void givenNoTopic_whenPrinted_thenItSaysSoAndMakesNone() throws Exception {
    assertThatThrownBy(
            () -> KafkaJournal.print(TestBroker.place(topic), new StringBuilder(), false))
        .hasMessageContaining("there is no topic " + topic);
    try (var admin = TestBroker.admin()) {
      assertThat(admin.listTopics().names().get(60, TimeUnit.SECONDS)).doesNotContain(topic);
    }
  }

  @Test
  void givenJournalsInPartitionsOfOneTopic_whenBothAreOpen_thenNeitherSeesTheOther()
      throws Exception {
    var second = TestBroker.place(TestBroker.address(), topic, "&partition=1");
    try (var other = KafkaJournal.open(second, TestBroker.SMALL);
        var journal = open()) {
      Acks.durable(journal, 1);
      Acks.durable(other, 7);
      Acks.durable(journal, 2);

      assertThat(journal.id()).isNotEqualTo(other.id());
      assertThat(Acks.replayed(journal)).containsExactly(1L, 2L);
      assertThat(Acks.replayed(other)).containsExactly(7L);
    }
  }

  @Test
  void givenAThreadThatIsInterrupted_whenItTrims_thenTheJournalGoesOn() throws Exception {
    try (var journal = open()) {
      appendMany(journal);
      Thread.currentThread().interrupt();
      assertThat(journal.trim(journal.tail())).isPositive();
      assertThat(Thread.interrupted()).isTrue();
      Acks.durable(journal, 3_001);
      assertThat(journal.health()).isEqualTo(Journal.Health.OPEN);
    }
  }

  @Test
  void givenABrokerThatAsksForAPassword_whenOpened_thenTheRightOneIsNeeded() throws Exception {
    try (var journal = KafkaJournal.open(secured(KafkaServer.PASSWORD), TestBroker.SMALL)) {
      Acks.durable(journal, 1);
    }
    assertThatThrownBy(() -> KafkaJournal.open(secured("hidden"), TestBroker.SMALL))
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining("Authentication failed")
        .hasMessageNotContaining("hidden");
  }

  private KafkaPartition secured(String password) {
    return KafkaPartition.parse(
        "kafka://%s/%s?min.insync.replicas=1&security.protocol=SASL_PLAINTEXT&sasl.mechanism=PLAIN"
            .formatted(TestBroker.secured(), topic),
        KafkaServer.USER,
        password);
  }
}
