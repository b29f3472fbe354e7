package dev.lastword.journal.kafka;

import dev.lastword.testing.KafkaServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What a flush costs as a transaction, and what as a batch of an idempotent producer: no test, a
 * program for docs/decisions/0024. Its argument is how many brokers there are, each of which has
 * every record.
 */
final class FlushCost {
  private static final int WARM = 1_500;
  private static final int FLUSHES = 3_000;
  private static final int ROUNDS = 3;
  private static final int[] BYTES = {1_000, 64_000};

  private FlushCost() {}

  public static void main(String[] arguments) throws Exception {
    int brokers = Integer.parseInt(arguments[0]);
    var dir = Files.createTempDirectory("flush-cost");
    try (var first = KafkaServer.start(Files.createDirectory(dir.resolve("1")))) {
      if (brokers > 1) {
        try (var second = KafkaServer.join(first, Files.createDirectory(dir.resolve("2")), 2)) {
          measure(first.address() + "," + second.address(), List.of(1, 2));
        }
      } else {
        measure(first.address(), List.of(1));
      }
    } finally {
      remove(dir);
    }
  }

  private static void remove(Path dir) throws IOException {
    try (var files = Files.walk(dir)) {
      files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
    }
  }

  private static void measure(String brokers, List<Integer> replicas) throws Exception {
    var settings = new HashMap<>(Topic.NEW);
    settings.put("min.insync.replicas", String.valueOf(replicas.size()));
    try (var admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      admin
          .createTopics(List.of(new NewTopic("cost", Map.of(0, replicas)).configs(settings)))
          .all()
          .get();
    }
    for (int bytes : BYTES) {
      for (int round = 0; round < ROUNDS; round++) {
        try (var producer = producer(brokers, false)) {
          run("batch", replicas.size(), bytes, () -> batch(producer, bytes));
        }
        try (var producer = producer(brokers, true)) {
          producer.initTransactions();
          run("transaction", replicas.size(), bytes, () -> transaction(producer, bytes));
        }
      }
    }
  }

  private interface Flush {
    void run() throws Exception;
  }

  private static void batch(Producer<byte[], byte[]> producer, int bytes) throws Exception {
    producer.send(new ProducerRecord<>("cost", 0, new byte[32], new byte[bytes])).get();
  }

  private static void transaction(Producer<byte[], byte[]> producer, int bytes) {
    producer.beginTransaction();
    var _ = producer.send(new ProducerRecord<>("cost", 0, new byte[32], new byte[bytes]));
    producer.commitTransaction();
  }

  private static void run(String what, int replicas, int bytes, Flush flush) throws Exception {
    for (int i = 0; i < WARM; i++) {
      flush.run();
    }
    var nanos = new long[FLUSHES];
    long began = System.nanoTime();
    for (int i = 0; i < FLUSHES; i++) {
      long at = System.nanoTime();
      flush.run();
      nanos[i] = System.nanoTime() - at;
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    Arrays.sort(nanos);
    System.out.printf(
        "%-12s replicas=%d bytes=%d p50=%.2f ms p99=%.2f ms flushes/s=%.0f%n",
        what,
        replicas,
        bytes,
        nanos[FLUSHES / 2] / 1e6,
        nanos[FLUSHES * 99 / 100] / 1e6,
        FLUSHES / seconds);
  }

  private static Producer<byte[], byte[]> producer(String brokers, boolean transactional) {
    var its = new HashMap<String, Object>();
    its.put("bootstrap.servers", brokers);
    its.put("acks", "all");
    its.put("enable.idempotence", true);
    its.put("linger.ms", 0);
    if (transactional) {
      its.put("transactional.id", "lastword-journal-0");
    }
    return new KafkaProducer<>(its, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
