package dev.lastword.journal.kafka;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the partition. One thread at a time does, blocked on the brokers meanwhile; what came along
 * with a record is kept for whoever reads on from there. Thread-safe.
 */
final class PartitionReader implements AutoCloseable {
  /** So long nothing may come although there is something: then the brokers count as gone. */
  private static final long SILENCE_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);

  private static final Logger log = LoggerFactory.getLogger(KafkaJournal.class);
  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration CLOSE = Duration.ofSeconds(5);

  private final ReentrantLock reading = new ReentrantLock();
  private final TopicPartition partition;
  private final Consumer<byte[], byte[]> consumer;

  /** What was fetched and not asked for yet, in order, up to where the consumer stands. */
  private final ArrayDeque<ConsumerRecord<byte[], byte[]>> ahead = new ArrayDeque<>();

  /** All that is ahead is here or behind. */
  private long at = -1;

  /** What was handed out last: a part of it may be asked for once more. */
  private @Nullable ReadRecord last;

  private boolean closed;

  /** Sees records go by, in order. */
  @FunctionalInterface
  interface Sink {
    void take(ReadRecord record) throws IOException;
  }

  /**
   * @param fetchBytes what is asked for at a time
   */
  PartitionReader(KafkaPartition place, int fetchBytes) throws IOException {
    this.partition = new TopicPartition(place.topic(), place.partition());
    this.consumer = Clients.consumer(place, fetchBytes);
    this.consumer.assign(List.of(partition));
  }

  /** The first offset that is kept. */
  long begin() throws IOException {
    return call(() -> consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L));
  }

  /** The offset behind the last record that enough replicas have. */
  long end() throws IOException {
    return call(() -> consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L));
  }

  /**
   * Reads all records from an offset to another, and waits until they are there.
   *
   * @throws IOException if they are not there in time, or not there any more, or as the sink says
   */
  void read(long from, long to, Sink sink) throws IOException {
    call(
        () -> {
          var again = last;
          if (again != null && again.offset() == from && from < to) {
            seek(from + 1);
            sink.take(again);
          } else {
            seek(from);
          }
          readTo(to, sink);
          return at;
        });
  }

  private void seek(long from) {
    boolean isAhead = from >= at && !ahead.isEmpty() && ahead.getLast().offset() >= from;
    if (isAhead) {
      while (ahead.getFirst().offset() < from) {
        ahead.removeFirst();
      }
    } else {
      ahead.clear();
      if (at < 0 || consumer.position(partition) != from) {
        consumer.seek(partition, from);
      }
    }
    at = from;
  }

  private void readTo(long to, Sink sink) throws IOException {
    long heard = System.nanoTime();
    while (at < to) {
      var record = ahead.pollFirst();
      if (record != null && record.offset() >= to) {
        ahead.addFirst(record);
        at = to;
      } else if (record != null) {
        at = record.offset() + 1;
        var next = read(record);
        last = next;
        sink.take(next);
      } else if (consumer.position(partition) >= to) {
        at = to; // the last places have no records: marks of somebody's transactions
      } else if (System.nanoTime() - heard > SILENCE_NANOS_MAX) {
        throw new IOException(
            "nothing came from offset %d on, and there is something up to %d"
                .formatted(consumer.position(partition), to));
      } else {
        var records = consumer.poll(POLL).records(partition);
        if (!records.isEmpty()) {
          ahead.addAll(records);
          heard = System.nanoTime();
        }
      }
    }
  }

  private static ReadRecord read(ConsumerRecord<byte[], byte[]> record) throws IOException {
    return new ReadRecord(
        record.offset(),
        record.leaderEpoch().orElse(0),
        record.timestamp(),
        ChangeForm.read(record));
  }

  /** Does something with the consumer. */
  @FunctionalInterface
  private interface Work<T> {
    T run() throws IOException;
  }

  private <T> T call(Work<T> work) throws IOException {
    reading.lock();
    try {
      if (closed) {
        throw new IOException("the journal is closed");
      }
      return work.run();
    } catch (InterruptException e) {
      forget();
      var interrupted = new InterruptedIOException("interrupted while reading");
      interrupted.initCause(e);
      throw interrupted;
    } catch (KafkaException e) {
      forget();
      throw new IOException(Clients.reason(e), e);
    } finally {
      reading.unlock();
    }
  }

  private void forget() {
    ahead.clear();
    at = -1;
    last = null;
  }

  @Override
  public void close() {
    reading.lock();
    try {
      if (!closed) {
        closed = true;
        ahead.clear();
        consumer.close(CloseOptions.timeout(CLOSE));
      }
    } catch (KafkaException e) {
      log.warn("journal.connection_not_closed cause={}", Clients.reason(e));
    } finally {
      reading.unlock();
    }
  }
}
