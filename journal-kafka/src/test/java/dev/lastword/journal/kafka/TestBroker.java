package dev.lastword.journal.kafka;

import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.testing.KafkaServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** One broker for the tests of the room; each has a topic of its own there. */
final class TestBroker {
  static final FileJournal.Options SMALL = new FileJournal.Options(64 << 10, 8 << 10);
  private static final KafkaServer SERVER = start();

  private TestBroker() {}

  private static KafkaServer start() {
    try {
      var dir = Files.createTempDirectory("lastword-kafka");
      var server = KafkaServer.start(dir);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, dir)));
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void stop(KafkaServer server, Path dir) {
    server.close();
    try (var files = Files.walk(dir)) {
      files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      // what is left is in the folder for temporary files
    }
  }

  static String address() {
    return SERVER.address();
  }

  static String secured() {
    return SERVER.secured();
  }

  static KafkaPartition place(String topic) {
    return place(address(), topic, "");
  }

  /**
   * A place on a broker that is alone.
   *
   * @param more parameters, each with an {@code &} before it
   */
  static KafkaPartition place(String address, String topic, String more) {
    return KafkaPartition.parse(
        "kafka://" + address + "/" + topic + "?min.insync.replicas=1" + more, "", "");
  }

  static Journal open(String topic) {
    return KafkaJournal.open(place(topic), SMALL);
  }

  static Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", address()));
  }

  static long begin(String topic) {
    try (var consumer = consumer(address())) {
      var partition = new TopicPartition(topic, 0);
      return consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }
  }

  static long end(String topic) {
    return end(address(), topic);
  }

  static long end(String address, String topic) {
    try (var consumer = consumer(address)) {
      var partition = new TopicPartition(topic, 0);
      return consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }
  }

  /** All records of a topic, as anybody may read them. */
  static List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    try (var consumer = consumer(address())) {
      var partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
      while (consumer.position(partition) < end) {
        records.addAll(consumer.poll(Duration.ofMillis(100)).records(partition));
      }
      return records;
    }
  }

  private static KafkaConsumer<byte[], byte[]> consumer(String address) {
    var properties = new Properties();
    properties.put("bootstrap.servers", address);
    properties.put("enable.auto.commit", false);
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** How many replicas of a topic's first partition have all that its leader has. */
  static int inSync(String address, String topic) throws Exception {
    try (var admin = Admin.create(Map.of("bootstrap.servers", address))) {
      var there =
          admin.describeTopics(List.of(topic)).allTopicNames().get(60, TimeUnit.SECONDS).get(topic);
      return there == null ? 0 : there.partitions().getFirst().isr().size();
    }
  }

  /** Writes a record as somebody does who does not look. */
  static long write(ProducerRecord<byte[], byte[]> record) throws Exception {
    var properties = new Properties();
    properties.put("bootstrap.servers", address());
    try (var producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      return producer.send(record).get(60, TimeUnit.SECONDS).offset();
    }
  }
}
