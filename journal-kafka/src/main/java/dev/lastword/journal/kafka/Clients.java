package dev.lastword.journal.kafka;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's clients, as a journal needs them. */
final class Clients {
  /** So long a write is tried, over whatever happens to brokers: then nobody knows any more. */
  private static final int DELIVERY_MS_STANDARD = 60_000;

  private static final int DELIVERY_MS_MIN = 1_000;
  private static final int DELIVERY_MS_MAX = 600_000;
  private static final int REQUEST_MS_MAX = 20_000;
  private static final int CALL_MS_STANDARD = 30_000;
  private static final String DELIVERY = "delivery.timeout.ms";
  private static final String REQUEST = "request.timeout.ms";

  private Clients() {}

  /**
   * How long a write is tried.
   *
   * @throws IOException if the properties say something else than that
   */
  static int deliveryMs(KafkaPartition place) throws IOException {
    var text = place.client().getOrDefault(DELIVERY, String.valueOf(DELIVERY_MS_STANDARD));
    int ms;
    try {
      ms = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IOException("'%s' is no whole number".formatted(DELIVERY), e);
    }
    if (ms < DELIVERY_MS_MIN || ms > DELIVERY_MS_MAX) {
      throw new IOException(
          "'%s' is %d: %d to %d".formatted(DELIVERY, ms, DELIVERY_MS_MIN, DELIVERY_MS_MAX));
    }
    return ms;
  }

  /**
   * Writes records in the order in which they are handed over, each once, whatever it has to try
   * again. What it says is written is on so many replicas as the topic asks for.
   */
  static Producer<byte[], byte[]> producer(KafkaPartition place) throws IOException {
    var its = common(place);
    int deliveryMs = deliveryMs(place);
    its.put(DELIVERY, deliveryMs);
    its.putIfAbsent(REQUEST, Math.min(REQUEST_MS_MAX, deliveryMs));
    its.put("acks", "all");
    its.put("enable.idempotence", true);
    its.put("max.in.flight.requests.per.connection", 1);
    its.put("retries", Integer.MAX_VALUE);
    its.put("linger.ms", 0); // who flushes waits
    its.put("max.block.ms", deliveryMs);
    its.put("compression.type", "none");
    its.put("max.request.size", Topic.MESSAGE_BYTES_MIN);
    return made(
        () -> new KafkaProducer<>(its, new ByteArraySerializer(), new ByteArraySerializer()));
  }

  /**
   * Reads from wherever it is told to, and commits nothing.
   *
   * @param fetchBytes what it asks for at a time; a larger record comes all the same
   */
  static Consumer<byte[], byte[]> consumer(KafkaPartition place, int fetchBytes)
      throws IOException {
    var its = common(place);
    its.remove(DELIVERY);
    its.put("auto.offset.reset", "none"); // where a record is gone nothing else stands for it
    its.put("enable.auto.commit", false);
    its.put("allow.auto.create.topics", false);
    its.put("max.partition.fetch.bytes", fetchBytes);
    its.put("max.poll.records", Integer.MAX_VALUE);
    return made(
        () -> new KafkaConsumer<>(its, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
  }

  static Admin admin(KafkaPartition place) throws IOException {
    var its = common(place);
    its.remove(DELIVERY);
    return made(() -> Admin.create(its));
  }

  private static Map<String, Object> common(KafkaPartition place) {
    var its = new HashMap<String, Object>(place.client());
    its.put("bootstrap.servers", place.brokers());
    its.putIfAbsent("client.id", "lastword-journal");
    if (!its.containsKey(REQUEST)) { // it must not be longer than a call
      its.putIfAbsent("default.api.timeout.ms", CALL_MS_STANDARD);
    }
    its.put("enable.metrics.push", false);
    its.put("metric.reporters", "");
    return its;
  }

  /** Makes a client. */
  @FunctionalInterface
  private interface Making<T> {
    T make();
  }

  /** What is wrong with its properties stands in the cause, and that is what a person needs. */
  private static <T> T made(Making<T> making) throws IOException {
    try {
      return making.make();
    } catch (KafkaException e) {
      throw new IOException(reason(e), e);
    }
  }

  /** The message of the exception that began it. */
  static String reason(Throwable e) {
    var first = e;
    for (var cause = e.getCause(); cause != null; cause = cause.getCause()) {
      first = cause;
    }
    return first.getMessage() == null ? first.getClass().getSimpleName() : first.getMessage();
  }
}
