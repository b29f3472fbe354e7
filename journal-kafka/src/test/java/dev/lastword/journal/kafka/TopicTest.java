package dev.lastword.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.journal.JournalFailedException;
import dev.lastword.testing.Acks;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Topics that a journal is safe in, and others. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class TopicTest {
  private final String topic = "topic-" + UUID.randomUUID();

  private void make(int partitions, Map<String, String> settings) throws Exception {
    try (var admin = TestBroker.admin()) {
      admin
          .createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(settings)))
          .all()
          .get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void givenNoTopic_whenOpened_thenItIsMadeSoThatNothingIsLost() throws Exception {
    TestBroker.open(topic).close();

    try (var admin = TestBroker.admin()) {
      var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
      var made = admin.describeConfigs(List.of(resource)).all().get(60, TimeUnit.SECONDS);
      assertThat(made.values().iterator().next().entries())
          .filteredOn(entry -> Topic.NEW.containsKey(entry.name()))
          .hasSameSizeAs(Topic.NEW.entrySet())
          .allSatisfy(entry -> assertThat(entry.value()).isEqualTo(Topic.NEW.get(entry.name())));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "cleanup.policy | compact | 'cleanup.policy' is compact and has to be delete",
        "cleanup.policy | compact,delete | 'cleanup.policy' is compact,delete and has to be delete",
        "retention.ms | 604800000 | 'retention.ms' is 604800000 and has to be -1",
        "retention.bytes | 1073741824 | 'retention.bytes' is 1073741824 and has to be -1",
        "unclean.leader.election.enable | true | 'unclean.leader.election.enable' is true",
        "message.timestamp.type | CreateTime | 'message.timestamp.type' is CreateTime",
        "compression.type | lz4 | 'compression.type' is lz4",
        "max.message.bytes | 500000 | 'max.message.bytes' is 500000 and has to be at least 1000000",
      })
  void givenASettingThatWouldLose_whenOpened_thenItIsRefusedByName(
      String name, String value, String message) throws Exception {
    var settings = new HashMap<>(Topic.NEW);
    settings.put(name, value);
    make(1, settings);

    assertThatThrownBy(() -> TestBroker.open(topic))
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining("topic " + topic)
        .hasMessageContaining(message);
    assertThat(TestBroker.end(topic)).isZero();
  }

  @Test
  void givenATopicOfTheBrokersDefaults_whenOpened_thenAllThatIsWrongIsSaidAtOnce()
      throws Exception {
    make(1, Map.of());

    assertThatThrownBy(() -> TestBroker.open(topic))
        .hasMessageContaining("'retention.ms' is 604800000")
        .hasMessageContaining("'message.timestamp.type' is CreateTime");
  }

  @Test
  void givenOneReplica_whenTwoAreAskedFor_thenItIsRefusedAndSaysHowOneIsEnough() throws Exception {
    make(1, Topic.NEW);
    var place = KafkaPartition.parse("kafka://" + TestBroker.address() + "/" + topic, "", "");

    assertThatThrownBy(() -> KafkaJournal.open(place, TestBroker.SMALL))
        .hasMessageContaining("'min.insync.replicas' is 1 and has to be at least 2")
        .hasMessageContaining("say min.insync.replicas=1 in the url")
        .hasMessageContaining("partition 0 has 1 replicas");
  }

  @Test
  void givenOneBroker_whenATopicForThreeIsToBeMade_thenItSaysSo() {
    var place = KafkaPartition.parse("kafka://" + TestBroker.address() + "/" + topic, "", "");

    assertThatThrownBy(() -> KafkaJournal.open(place, TestBroker.SMALL))
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining("cannot make the topic " + topic + " with 3 replicas");
  }

  @Test
  void givenAPartitionThatIsNotThere_whenOpened_thenItIsRefused() throws Exception {
    make(2, Topic.NEW);
    var place = TestBroker.place(TestBroker.address(), topic, "&partition=2");

    assertThatThrownBy(() -> KafkaJournal.open(place, TestBroker.SMALL))
        .hasMessageContaining("has 2 partitions, and no partition 2");
  }

  @Test
  void givenATopicMadeByAPerson_whenItIsSafe_thenItIsTaken() throws Exception {
    var settings = new HashMap<>(Topic.NEW);
    settings.put("max.message.bytes", "20000000");
    settings.put("compression.type", "gzip");
    make(3, settings);

    var place = TestBroker.place(TestBroker.address(), topic, "&partition=2");
    try (var journal = KafkaJournal.open(place, TestBroker.SMALL)) {
      Acks.durable(journal, 1);
      assertThat(Acks.replayed(journal)).containsExactly(1L);
    }
  }

  @Test
  void givenNoBroker_whenOpened_thenItSaysSo() {
    var place =
        TestBroker.place(
            "127.0.0.1:1", topic, "&default.api.timeout.ms=3000&request.timeout.ms=1000");

    assertThatThrownBy(() -> KafkaJournal.open(place, TestBroker.SMALL))
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining("cannot open the journal in kafka://127.0.0.1:1/" + topic);
  }

  @Test
  void givenPropertiesThatAreWrong_whenOpened_thenItSaysWhich() {
    var late = TestBroker.place(TestBroker.address(), topic, "&delivery.timeout.ms=10");
    assertThatThrownBy(() -> KafkaJournal.open(late, TestBroker.SMALL))
        .hasMessageContaining("'delivery.timeout.ms' is 10: 1000 to 600000");

    var unknown = TestBroker.place(TestBroker.address(), topic, "&security.protocol=SMOKE");
    assertThatThrownBy(() -> KafkaJournal.open(unknown, TestBroker.SMALL))
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining("SMOKE");
  }
}
