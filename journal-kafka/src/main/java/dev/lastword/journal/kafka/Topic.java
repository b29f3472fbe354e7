package dev.lastword.journal.kafka;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The topic: made if it is not there, and refused where its settings would lose what it holds. */
final class Topic implements AutoCloseable {
  /** What a record with the largest part of a flush takes, and some room. */
  static final int MESSAGE_BYTES_MIN = 1_000_000;

  private static final Logger log = LoggerFactory.getLogger(KafkaJournal.class);
  private static final long CALL_SECONDS_MAX = 60;
  private static final long LOOK_MS = 100;
  private static final long CLOSE_SECONDS_MAX = 5;

  /** A topic of ours: nothing goes but what the journal lets go of, and no clock decides. */
  static final Map<String, String> NEW =
      Map.of(
          "cleanup.policy", "delete",
          "retention.ms", "-1",
          "retention.bytes", "-1",
          "unclean.leader.election.enable", "false",
          "message.timestamp.type", "LogAppendTime",
          "compression.type", "producer",
          "max.message.bytes", "1048588",
          "segment.bytes", "67108864");

  private final KafkaPartition place;
  private final Admin admin;

  Topic(KafkaPartition place) throws IOException {
    this.place = place;
    this.admin = Clients.admin(place);
  }

  /**
   * Makes the topic if it is not there, and looks whether the journal is safe in it.
   *
   * @throws IOException if it is not, with the names of the settings
   */
  void prepare() throws IOException {
    var there = description();
    if (there.isEmpty()) {
      make();
      there = await();
    }
    requirePartition(there.get());
    requireSettings(there.get());
  }

  /**
   * Looks whether the topic has the partition.
   *
   * @throws IOException if it has not
   */
  void requireThere() throws IOException {
    requirePartition(
        description().orElseThrow(() -> new IOException("there is no topic " + place.topic())));
  }

  private Optional<TopicDescription> description() throws IOException {
    try {
      return Optional.ofNullable(
          result(admin.describeTopics(List.of(place.topic())).allTopicNames()).get(place.topic()));
    } catch (IOException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** One replica more than have to have a record may be away, but where one broker is enough. */
  private void make() throws IOException {
    int replicas = place.insyncMin() == 1 ? 1 : place.insyncMin() + 1;
    var settings = new TreeMap<>(NEW);
    settings.put("min.insync.replicas", String.valueOf(place.insyncMin()));
    var topic =
        new NewTopic(place.topic(), place.partition() + 1, (short) replicas).configs(settings);
    try {
      result(admin.createTopics(List.of(topic)).all());
      log.info(
          "journal.topic_made topic={} partitions={} replicas={}",
          place.topic(),
          place.partition() + 1,
          replicas);
    } catch (IOException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw new IOException(
            "cannot make the topic %s with %d replicas: %s"
                .formatted(place.topic(), replicas, e.getMessage()),
            e);
      }
    }
  }

  /** Brokers learn of a new topic one after the other. */
  private Optional<TopicDescription> await() throws IOException {
    long began = System.nanoTime();
    var there = description();
    while (there.isEmpty()) {
      if (System.nanoTime() - began > TimeUnit.SECONDS.toNanos(CALL_SECONDS_MAX)) {
        throw new IOException("the topic %s was made, and is not there".formatted(place.topic()));
      }
      pause();
      there = description();
    }
    return there;
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(LOOK_MS);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private void requirePartition(TopicDescription there) throws IOException {
    int partitions = there.partitions().size();
    if (place.partition() >= partitions) {
      throw new IOException(
          "topic %s has %d partitions, and no partition %d: they are counted from 0"
              .formatted(place.topic(), partitions, place.partition()));
    }
  }

  private void requireSettings(TopicDescription there) throws IOException {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, place.topic());
    var settings = result(admin.describeConfigs(List.of(resource)).all()).get(resource);
    if (settings == null) {
      throw new IOException("the brokers do not tell the settings of topic " + place.topic());
    }
    var faults = new ArrayList<String>();
    require(settings, "cleanup.policy", Set.of("delete"), "compaction would drop", faults);
    require(settings, "retention.ms", Set.of("-1"), "Kafka would delete", faults);
    require(settings, "retention.bytes", Set.of("-1"), "Kafka would delete", faults);
    require(
        settings,
        "unclean.leader.election.enable",
        Set.of("false"),
        "a replica that is behind would drop",
        faults);
    require(
        settings,
        "message.timestamp.type",
        Set.of("LogAppendTime"),
        "a clock that is wrong would refuse",
        faults);
    require(
        settings,
        "compression.type",
        Set.of("producer", "uncompressed", "gzip"),
        "this client could not read",
        faults);
    requireAtLeast(settings, "max.message.bytes", MESSAGE_BYTES_MIN, "", faults);
    requireAtLeast(
        settings,
        "min.insync.replicas",
        place.insyncMin(),
        "; where one broker is enough say min.insync.replicas=1 in the url",
        faults);
    int replicas = there.partitions().get(place.partition()).replicas().size();
    if (replicas < place.insyncMin()) {
      faults.add(
          "partition %d has %d replicas: at least %d have to have a record, and one more should be"
              .formatted(place.partition(), replicas, place.insyncMin()));
    }
    if (!faults.isEmpty()) {
      throw new IOException("topic %s: %s".formatted(place.topic(), String.join("; ", faults)));
    }
  }

  private static void require(
      Config settings, String name, Set<String> good, String why, List<String> faults) {
    var value = value(settings, name);
    if (!good.contains(value)) {
      faults.add(
          "'%s' is %s and has to be %s: %s what the journal needs"
              .formatted(name, value, String.join(" or ", good.stream().sorted().toList()), why));
    }
  }

  private static void requireAtLeast(
      Config settings, String name, int min, String advice, List<String> faults) {
    var value = value(settings, name);
    try {
      if (Long.parseLong(value) >= min) {
        return;
      }
    } catch (NumberFormatException e) {
      // said below, as a number that is too small
    }
    faults.add("'%s' is %s and has to be at least %d%s".formatted(name, value, min, advice));
  }

  private static String value(Config settings, String name) {
    var entry = settings.get(name);
    return entry == null || entry.value() == null ? "not known" : entry.value();
  }

  /** Lets go of the records before an offset, in the background; what stays goes the next time. */
  void removeBelow(long offset) {
    var partition = new TopicPartition(place.topic(), place.partition());
    try {
      var unused =
          admin
              .deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(offset)))
              .all()
              .whenComplete(
                  (done, failure) -> {
                    if (failure != null) {
                      warn(offset, failure);
                    }
                  });
    } catch (KafkaException | IllegalStateException e) {
      warn(offset, e);
    }
  }

  private void warn(long offset, Throwable e) {
    log.warn(
        "journal.records_not_deleted journal={} below={} cause={}",
        place,
        offset,
        Clients.reason(e));
  }

  /** Waits for an answer; what a broker refuses is the cause. */
  private static <T> T result(KafkaFuture<T> future) throws IOException {
    try {
      return future.get(CALL_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      var cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(Clients.reason(cause), cause);
    } catch (TimeoutException e) {
      throw new IOException("no broker has answered in " + CALL_SECONDS_MAX + " s", e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static InterruptedIOException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    var interrupted = new InterruptedIOException("interrupted while waiting for a broker");
    interrupted.initCause(e);
    return interrupted;
  }

  @Override
  public void close() {
    try {
      admin.close(Duration.ofSeconds(CLOSE_SECONDS_MAX));
    } catch (KafkaException e) {
      log.warn("journal.connection_not_closed cause={}", Clients.reason(e));
    }
  }
}
